package link_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestAListKeepsNothingOfTheTextsThatWereLookedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		testkit.Keeps(t, 4<<20, 300, func(i int) {
			query := fmt.Sprint(i, strings.Repeat("x", 15_000))
			w.call(key, "list", url.Values{"criteria[query]": {query}}.Encode(), api.CodeOK, `{"items":[],"totalItemCount":"0"}`)
		})
	})
}

// TestACodeKeepsNothingOfItsRequestAlive, whether it is a link's, a recipient's with its
// clicks, or nobody's.
func TestACodeKeepsNothingOfItsRequestAlive(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.account("Asia/Almaty")
		links, personal := w.many(1)
		long := "?" + strings.Repeat("x", 1<<20)
		testkit.Keeps(t, 4<<20, 20, func(i int) {
			w.leads(links[i].Code+long, links[i].FullLink)
			w.leads(personal[i].Code+long, links[0].FullLink)
			w.leads(w.sealed(fmt.Sprintf("AAAA%02d", i))+long, "")
		})
	})
}
