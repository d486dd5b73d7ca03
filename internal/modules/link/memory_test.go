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

// TestACodeKeepsNothingOfItsRequestAlive, whether it is a link's, a recipient's with its
// clicks, or nobody's.
func TestACodeKeepsNothingOfItsRequestAlive(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.account("Asia/Almaty")
		links, personal := w.many(1)
		long := "?" + strings.Repeat("x", 1<<20)
		w.keeps(4<<20, func(i int) {
			w.leads(links[i].Code+long, links[i].FullLink)
			w.leads(personal[i].Code+long, links[0].FullLink)
			w.leads(w.sealed(fmt.Sprintf("AAAA%02d", i))+long, "")
		}, 20)
	})
}
