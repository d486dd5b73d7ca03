package campaign_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
)

// TestAListKeepsNothingOfTheTextsThatWereLookedFor, whether an account has few campaigns or
// so many that their count is remembered.
func TestAListKeepsNothingOfTheTextsThatWereLookedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		search := func(i int) {
			text := fmt.Sprint(i, strings.Repeat("x", 50_000))
			w.get("list", url.Values{"criteria[text]": {text}}.Encode(), api.CodeOK, nil)
		}
		for _, many := range []int64{10_000, 0} {
			w.campaigns.TakeForMany(many)
			search(0) // what is made once
			before := heap()
			for i := range 200 {
				search(1 + i)
			}
			if kept := heap() - before; kept > 4<<20 {
				t.Errorf("%d bytes are kept where %d campaigns are many", kept, many)
			}
			runtime.KeepAlive(w)
		}
	})
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool holds survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
