package delivery

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const (
	enq = message.Enqueued
	acc = message.Accepted
	pdl = message.PartlyDelivered
	del = message.Delivered
	und = message.Undelivered
	rej = message.Rejected
	exp = message.Expired
)

func TestAMessagesStatusFollowsFromItsSegments(t *testing.T) {
	for _, c := range []struct {
		segments []message.Status
		want     message.Status
	}{
		{[]message.Status{enq}, enq},
		{[]message.Status{acc}, acc},
		{[]message.Status{und}, und},
		{[]message.Status{enq, enq}, enq},
		{[]message.Status{enq, acc}, acc},
		{[]message.Status{rej, enq}, enq},
		{[]message.Status{rej, acc}, acc},
		{[]message.Status{und, enq}, acc},
		{[]message.Status{del, enq}, pdl},
		{[]message.Status{acc, del}, pdl},
		{[]message.Status{del, rej, und}, pdl},
		{[]message.Status{del, del}, del},
		{[]message.Status{und, rej}, und},
		{[]message.Status{rej, und}, rej},
	} {
		if got := overall(c.segments); got != c.want {
			t.Errorf("%v: %s, want %s", c.segments, got, c.want)
		}
	}
}

func TestWhatTheEndOfValidityDecides(t *testing.T) {
	const waits = message.Status(-1)
	for _, c := range []struct {
		name            string
		segments        []message.Status
		live            bool
		at, after, past message.Status // before the end, after it, after the grace
	}{
		{"never sent", []message.Status{enq}, false, waits, exp, exp},
		{"an answer may come", []message.Status{enq}, true, waits, waits, exp},
		{"no receipt", []message.Status{acc}, false, waits, waits, exp},
		{"no receipt of one part", []message.Status{acc, und}, false, waits, waits, exp},
		{"the first part arrived", []message.Status{del, acc}, false, waits, del, del},
		{"the first part failed", []message.Status{und, del}, false, waits, und, und},
		{"no report of the first part", []message.Status{acc, del}, false, waits, waits, exp},
	} {
		const end, grace = 1_000_000, time.Minute
		for now, want := range map[int64]message.Status{end - 1: c.at, end: c.after, end + 59_999: c.after, end + 60_000: c.past} {
			got, ok := overdue(c.segments, c.live, end, now, grace)
			if !ok {
				got = waits
			}
			if got != want {
				t.Errorf("%s, %d ms after the end: %s, want %s", c.name, now-end, got, want)
			}
		}
	}
}

func TestIdsAreTheSameHoweverTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64().Draw(t, "n")
		dec, hex := strconv.FormatUint(n, 10), strconv.FormatUint(n, 16)
		disguise := func(id string) string {
			id = strings.Repeat("0", rapid.IntRange(0, 5).Draw(t, "zeros")) + id
			if rapid.Bool().Draw(t, "upper") {
				id = strings.ToUpper(id)
			}
			return " " + id
		}
		for answer, reports := range map[string][]string{dec: {dec, hex}, hex: {hex, dec}} {
			key := fold(disguise(answer))
			if fold(key) != key {
				t.Errorf("%q folds on to %q", key, fold(key))
			}
			for _, report := range reports {
				found := false
				for _, ref := range refs(disguise(report)) {
					found = found || ref == key
				}
				if !found {
					t.Errorf("a receipt for %q does not find %q", report, answer)
				}
			}
		}
	})
}

func TestARefIsFirstOfAllItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		if all := refs(id); all[0] != fold(id) || len(all) > 3 {
			t.Errorf("refs(%q) = %q", id, all)
		}
	})
}

func TestSameNumber(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"77010000100", "77010000100", true},
		{"+7 701 000-01-00", "77010000100", true},
		{"7010000100", "77010000100", true},
		{"0000100", "77010000100", true},
		{"000100", "77010000100", false}, // too short to tell
		{"77010000101", "77010000100", false},
		{"87010000100", "77010000100", false},
		{"1234", "1234", true}, // a short code
		{"1234", "51234", false},
		{"", "77010000100", true}, // said nothing, contradicts nothing
	} {
		if sameNumber(c.a, c.b) != c.want || sameNumber(c.b, c.a) != c.want {
			t.Errorf("sameNumber(%q, %q) is not %t", c.a, c.b, c.want)
		}
	}
}

// In any stretch of time no more goes than the rate allows, a bucketful and one
// message on top; and who waits as long as he is told may go.
func TestPaceKeepsTheRateOverAnyCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := float64(rapid.IntRange(1, 2000).Draw(t, "rate"))
		p, start := pace{rate: rate}, time.Unix(1_700_000_000, 0)
		now, taken, longest := start, 0, 0
		for range rapid.IntRange(1, 100).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200_000).Draw(t, "µs")) * time.Microsecond)
			late := time.Duration(rapid.IntRange(0, 1000).Draw(t, "read before")) * time.Microsecond
			n := rapid.IntRange(1, 10).Draw(t, "segments")
			if p.take(n, now.Add(-late)) {
				taken, longest = taken+n, max(longest, n)
			} else if wait := p.wait(n) + time.Microsecond; rapid.Bool().Draw(t, "waits") {
				if now = now.Add(wait); !p.take(n, now) {
					t.Fatalf("waited %s for %d segments, in vain", wait, n)
				}
				taken, longest = taken+n, max(longest, n)
			}
			if most := rate*now.Sub(start).Seconds() + p.burst() + float64(longest) + 0.01; float64(taken) > most {
				t.Fatalf("%d segments in %s at %g a second", taken, now.Sub(start), rate)
			}
		}
	})
}

func TestNoRateIsNoLimit(t *testing.T) {
	var p pace
	for range 1000 {
		if !p.take(100, time.Unix(0, 0)) {
			t.Fatal("held back without a rate")
		}
	}
}

// Nothing is lost or doubled, an account's messages keep their order, and between
// two messages of an account that has more waiting no other account goes twice.
func TestAccountsTakeTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q turns
		var next int64
		waiting, last := map[int64][]int64{}, map[int64]int{}
		lastPop := map[int64]int{} // of each account, since it has been waiting without a break
		for step := range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "push") {
				next++
				m := &message.Message{ID: next, AccountID: rapid.Int64Range(1, 4).Draw(t, "account")}
				if len(waiting[m.AccountID]) == 0 {
					lastPop[m.AccountID] = step
				}
				waiting[m.AccountID] = append(waiting[m.AccountID], m.ID)
				q.push(m)
				continue
			}
			m := q.peek()
			if m == nil {
				if len(flat(waiting)) != 0 {
					t.Fatal("a queue that is not empty shows nothing")
				}
				continue
			}
			if q.pop() != m || waiting[m.AccountID][0] != m.ID {
				t.Fatalf("%d came out of its turn", m.ID)
			}
			for account, ids := range waiting {
				if account != m.AccountID && len(ids) > 0 && last[m.AccountID] > lastPop[account] {
					t.Fatalf("account %d went twice while %d waited", m.AccountID, account)
				}
			}
			waiting[m.AccountID] = waiting[m.AccountID][1:]
			last[m.AccountID], lastPop[m.AccountID] = step, step
		}
		if q.count != len(flat(waiting)) {
			t.Fatalf("%d are counted, %d wait", q.count, len(flat(waiting)))
		}
	})
}

func flat(m map[int64][]int64) (all []int64) {
	for _, ids := range m {
		all = append(all, ids...)
	}
	return all
}

func TestSingleMessagesGoBeforeBulk(t *testing.T) {
	var w waiting
	for id := int64(1); id <= 6; id++ {
		m := &message.Message{ID: id, AccountID: 1, CampaignID: id}
		if id%2 == 0 {
			m.CampaignID = 100
		}
		w.of(m).push(m)
	}
	var order []int64
	for q := w.next(); q != nil; q = w.next() {
		order = append(order, q.pop().ID)
	}
	for i, want := range []int64{1, 3, 5, 2, 4, 6} {
		if order[i] != want {
			t.Fatalf("order %v", order)
		}
	}
}

func TestRoutesFit(t *testing.T) {
	m := &message.Message{Country: "KZ", Operator: "Beeline", Sender: "Shop", AccountID: 7}
	for _, c := range []struct {
		name  string
		route Route
		want  bool
	}{
		{"everything", Route{}, true},
		{"country", Route{Countries: []string{"RU", "KZ"}}, true},
		{"another country", Route{Countries: []string{"RU"}}, false},
		{"operator", Route{Operators: []string{"Beeline"}}, true},
		{"another operator", Route{Operators: []string{"Tele2"}}, false},
		{"sender", Route{Senders: []string{"Shop"}}, true},
		{"another sender", Route{Senders: []string{"Bank"}}, false},
		{"account", Route{Accounts: []int64{7}}, true},
		{"another account", Route{Accounts: []int64{8}}, false},
		{"all must fit", Route{Countries: []string{"KZ"}, Accounts: []int64{8}}, false},
	} {
		if got := c.route.fits(m); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestReceiptsWaitForTheAnswersUnderWay(t *testing.T) {
	var u answersUnderWay
	var calls []string
	after := func(name string, refs ...string) { u.after(refs, func() { calls = append(calls, name) }) }
	u.begin("a")
	u.begin("a") // two segments under one id
	after("at once", "b")
	after("both", "x", "a")
	u.end("a")
	if len(calls) != 1 || !u.any([]string{"a"}) {
		t.Fatalf("%v after one of two answers", calls)
	}
	if u.end("a"); len(calls) != 2 || calls[1] != "both" || u.any([]string{"a"}) {
		t.Fatalf("%v after both answers", calls)
	}
	after("late", "a")
	if len(calls) != 3 {
		t.Fatal("what comes after the commit waits")
	}
}
