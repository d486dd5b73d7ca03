package testkit

import (
	"runtime"
	"testing"
)

// Keeps wants the process to hold hardly more, in bytes, after work was done so many times
// than after the first.
func Keeps(t testing.TB, atMost int64, times int, work func(i int)) {
	t.Helper()
	work(0) // what is made once
	before := heap()
	for i := range times {
		work(1 + i)
	}
	if kept := heap() - before; kept > atMost {
		t.Errorf("%d bytes are kept, want %d at most", kept, atMost)
	}
	runtime.KeepAlive(work)
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool holds survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
