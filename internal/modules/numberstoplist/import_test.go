package numberstoplist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestAnImportTakesNumbersAndRangesWithComments(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		const file = "\ufeffNumber,comment\r\n+7 (701) 000-00-01,first\r\n\r\n77010000001,again\r\n77020000000-77020000009\r\n77010000002,\"a, \"\"b\"\"\"\r\n"
		for _, want := range []int{3, 0} {
			lines, added, err := w.stops.Import(t.Context(), a.id, strings.NewReader(file))
			if err != nil || lines != 4 || added != want {
				t.Errorf("%d lines, %d added, %v; want 4 and %d", lines, added, err, want)
			}
		}
		var got []string
		w.ok(w.stops.Each(t.Context(), a.id, func(e *numberstoplist.Entry) error {
			got = append(got, e.Numbers.String()+":"+e.Comment)
			return nil
		}))
		if want := `[77010000001:again 77010000002:a, "b" 77020000000-77020000009:]`; fmt.Sprint(got) != want {
			t.Errorf("on the list: %s, want %s", got, want)
		}
		if !w.stops.Stopped(a.id, "77020000009") || w.stops.Stopped(a.id+1, "77020000009") {
			t.Error("the import is not in memory, or in another account's list")
		}
	})
}

func TestAnImportWithABadLineNamesItAndChangesNothing(t *testing.T) {
	w := newWorld(t, testkit.NewDatabase(t, "sqlite"))
	for file, says := range map[string]string{
		"":                                     "there are no numbers in the file",
		"number\n":                             "there are no numbers in the file",
		"77010000001\n\nabc\n":                 `line 3: number "abc"`,
		"77010000001\nnumber\n":                `line 2: number "number"`,
		"77010000001\n77010000003-77010000002": "line 2: number \"77010000003-77010000002\": the range ends",
		"77010000001,a,b\n":                    "line 1: must be a number and, behind a comma, a comment",
		"77010000001\n77010000002,\"x\n":       "line 2: ",
		"77010000001\n77010000002," + strings.Repeat("я", 256): "line 2: the comment must be",
		"77010000001\n77010000002,\xff":                        "line 2: the comment must be",
	} {
		_, _, err := w.stops.Import(t.Context(), 1, strings.NewReader(file))
		if err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%.40q: %v, want %s", file, err, says)
		}
	}
	if w.stops.Stopped(1, "77010000001") {
		t.Error("something was changed")
	}
}
