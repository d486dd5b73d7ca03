package main

import (
	"net/http"
	"net/http/pprof"
	"time"
)

// newProfiler serves Go's profiler on an address of its own, which is for operators
// and not for callers.
func newProfiler(addr string) *side {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return newSide("http.debug_listen", addr, newWebServer(mux, 10*time.Second, time.Minute, quiet()))
}
