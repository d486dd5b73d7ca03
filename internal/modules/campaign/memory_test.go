package campaign_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestAListKeepsNothingOfTheTextsThatWereLookedFor, whether an account has few campaigns or
// so many that their count is remembered.
func TestAListKeepsNothingOfTheTextsThatWereLookedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, many := range []int64{10_000, 0} {
			w.campaigns.TakeForMany(many)
			testkit.Keeps(t, 4<<20, 200, func(i int) {
				text := fmt.Sprint(i, strings.Repeat("x", 50_000))
				w.get("list", url.Values{"criteria[text]": {text}}.Encode(), api.CodeOK, nil)
			})
		}
	})
}
