package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profiler serves Go's profiler on an address of its own, which is for operators
// and not for callers.
type profiler struct {
	addr string
	http http.Server
	done chan struct{}
}

func newProfiler(addr string) *profiler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &profiler{addr: addr, http: http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, done: make(chan struct{})}
}

// Start listens.
func (p *profiler) Start(context.Context) error {
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fmt.Errorf("http.debug_listen: %w", err)
	}
	go func() {
		defer close(p.done)
		_ = p.http.Serve(listener) // ends with ErrServerClosed
	}()
	return nil
}

// Stop ends it, profiles under way included.
func (p *profiler) Stop(context.Context) error {
	err := p.http.Close()
	<-p.done
	return err
}
