package link_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
)

// keeps wants the process to be hardly larger after work than before.
func (w *world) keeps(atMost int64, work func(i int), times int) {
	w.t.Helper()
	work(0) // what is made once
	before := heap()
	for i := range times {
		work(1 + i)
	}
	if kept := heap() - before; kept > atMost {
		w.t.Errorf("%d bytes are kept, want %d at most", kept, atMost)
	}
	runtime.KeepAlive(w)
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool holds survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestAListKeepsNothingOfTheTextsThatWereLookedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		w.keeps(4<<20, func(i int) {
			query := fmt.Sprint(i, strings.Repeat("x", 15_000))
			w.call(key, "list", url.Values{"criteria[query]": {query}}.Encode(), api.CodeOK, `{"items":[],"totalItemCount":"0"}`)
		}, 300)
	})
}
