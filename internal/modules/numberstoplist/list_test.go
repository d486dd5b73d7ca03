package numberstoplist_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
)

// naive is an entry of which a test knows what lists do with it.
type naive struct {
	from, to  int64
	id        int // the order it came in
	createdMs int64
	comment   string
}

func (n naive) number() string { return numberstoplist.Range{From: n.from, To: n.to}.String() }

func (n naive) has(part, comment string) bool {
	whole, _ := strconv.ParseInt(part, 10, 64)
	from, to := strconv.FormatInt(n.from, 10), strconv.FormatInt(n.to, 10)
	return (strings.Contains(from, part) || strings.Contains(to, part) || n.from <= whole && whole <= n.to) &&
		strings.Contains(strings.ToLower(n.comment), strings.ToLower(comment))
}

// many puts so many entries on an account's list and on Global's.
func (w *world) many(a account, n int) (all []naive) {
	w.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	taken := map[string]bool{}
	for len(all) < n {
		chunk := map[int64][]string{}
		for range numberstoplist.ImportChunk {
			e := naive{from: 77_000_000_000 + random.Int64N(1_000_000), comment: []string{"", "Ёлка %", "Shop"}[random.IntN(3)]}
			if e.to = e.from; random.IntN(4) == 0 {
				e.to += 1 + random.Int64N(50)
			}
			if taken[e.number()] {
				continue
			}
			taken[e.number()] = true
			e.createdMs = w.clock.Now().UnixMilli()
			owner := []int64{a.id, numberstoplist.Global}[random.IntN(2)]
			chunk[owner] = append(chunk[owner], e.number()+","+e.comment)
			all = append(all, e)
		}
		for owner, lines := range chunk {
			w.put(owner, lines...)
		}
		w.clock.Advance(time.Minute)
	}
	return all
}

// TestAListHasTheEntriesAskedForInOrder over all pages, whether few are found or many.
func TestAListHasTheEntriesAskedForInOrder(t *testing.T) {
	byNumber := func(a, b naive) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) }
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		all := w.many(a, 3*numberstoplist.MostFew)
		for _, tt := range []struct{ part, comment string }{
			{}, {part: "7"}, {part: "7700012"}, {part: "77000123456"}, {part: "99999999999999999999"}, {comment: "shop"}, {comment: "ёлка %"},
			{comment: "_"}, {part: "1", comment: "SHOP"}, {part: "0", comment: "shop"},
		} {
			var want []naive
			for _, e := range all {
				if e.has(tt.part, tt.comment) {
					want = append(want, e)
				}
			}
			slices.SortFunc(want, byNumber)
			form := fmt.Sprintf("criteria[number]=%s&criteria[comment]=%s&pagination[pageSize]=100", tt.part, strings.ReplaceAll(tt.comment, "%", "%25"))
			w.pages(a, form+"&sort[number]=ASC", want)
			slices.Reverse(want)
			w.pages(a, form+"&sort[number]=DESC", want)
			slices.SortStableFunc(want, func(a, b naive) int { return cmp.Compare(a.createdMs, b.createdMs) })
			w.pages(a, form+"&sort[createTs]=ASC&sort[number]=DESC", want)
		}
	})
}

// pages reads the last page of a list, as one who jumps there, then the first ones in
// order, and one past the end.
func (w *world) pages(a account, form string, want []naive) {
	w.t.Helper()
	const size = 100
	pages := (len(want) + size - 1) / size
	for _, page := range []int{max(pages-1, 0), 0, 1, 2, 3, pages} {
		var numbers []string
		for _, e := range want[min(page*size, len(want)):min((page+1)*size, len(want))] {
			numbers = append(numbers, e.number())
		}
		got, total := w.listed(a, fmt.Sprintf("%s&pagination[currentPage]=%d", form, page))
		if !slices.Equal(got, numbers) || total != fmt.Sprint(len(want)) {
			w.t.Fatalf("%s, page %d: %d entries of %s, want %d of %d\n%v\n%v", form, page, len(got), total, len(numbers), len(want), got, numbers)
		}
	}
}

func TestWhatIsCreatedOrDeletedIsInTheNextList(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		for i := range 5 {
			number := fmt.Sprint(77010000000 + i)
			id := strings.Trim(string(w.call(a, "create", "comment=a note&number="+number, 0, "")), `"`)
			for _, form := range []string{"", "criteria[number]=" + number[3:], "criteria[comment]=note"} {
				if numbers, total := w.listed(a, form); fmt.Sprint(numbers) != "["+number+"]" || total != "1" {
					t.Errorf("created %s, %q finds %v of %s", number, form, numbers, total)
				}
			}
			w.call(a, "delete", "id="+id, 0, "true")
			for _, form := range []string{"", "criteria[number]=" + number[3:], "criteria[comment]=note"} {
				if numbers, total := w.listed(a, form); len(numbers) > 0 || total != "0" {
					t.Errorf("deleted %s, %q finds %v of %s", number, form, numbers, total)
				}
			}
		}
	})
}

func TestARangeIsFoundAsItIsListed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.put(a.id, "77010000000-77019999999", "77010000000", "77010000000-77010000005")
		for value, want := range map[string]int{"77010000000-77019999999": 1, "77010000000": 3, "77010000003": 2, "999999": 1, "-": 0, "x": 0} {
			if numbers, _ := w.listed(a, "criteria[number]="+value); len(numbers) != want {
				t.Errorf("%s finds %v", value, numbers)
			}
		}
	})
}
