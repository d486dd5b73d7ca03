package webhook

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ofOne is how many webhooks an account has: w is account w/ofOne's.
const ofOne = 20

// lineModel is a line with a note of what it was given and gave.
type lineModel struct {
	*line
	t          rapid.TB
	events     int64
	waiting    map[*delivery]bool // added
	underWay   []*delivery        // given, the first one first
	ofReceiver map[int64]int      // of those under way
	ofAccount  map[int64]int
}

func newLineModel(t rapid.TB) *lineModel {
	return &lineModel{line: newLine(), t: t, waiting: map[*delivery]bool{}, ofReceiver: map[int64]int{}, ofAccount: map[int64]int{}}
}

func (m *lineModel) make(webhook int64, n int) []*delivery {
	all := make([]*delivery, n)
	for i := range all {
		m.events++
		all[i] = &delivery{webhookID: webhook}
		all[i].ID, all[i].AccountID = m.events, webhook/ofOne
	}
	return all
}

// come adds events as a transaction does: those that memory has room for.
func (m *lineModel) come(webhook int64, n int) {
	held := m.admit(m.make(webhook, n), 7)
	if r := m.receivers[webhook]; len(held) > 0 && r.active+r.waiting.len()+len(held) > depth*r.limit {
		m.t.Fatalf("%d events of receiver %d in memory, which may have %d attempts at once", r.active+r.waiting.len()+len(held), webhook, r.limit)
	}
	m.take(held)
}

// take adds events whatever room there is.
func (m *lineModel) take(all []*delivery) {
	m.add(all)
	for _, d := range all {
		m.waiting[d] = true
	}
}

// give takes up to n events out, and tells how many there were.
func (m *lineModel) give(n int) (given int) {
	for ; given < n; given++ {
		d := m.next()
		if d == nil {
			break
		}
		if !m.waiting[d] {
			m.t.Fatalf("event %d was not there, or was given before", d.ID)
		}
		delete(m.waiting, d)
		m.underWay = append(m.underWay, d)
		m.ofReceiver[d.webhookID]++
		m.ofAccount[d.AccountID]++
		m.bounded(d)
	}
	return given
}

// end ends the attempt that has been under way longest.
func (m *lineModel) end(as health) (hungry bool) {
	d := m.underWay[0]
	m.underWay = m.underWay[1:]
	m.ofReceiver[d.webhookID]--
	m.ofAccount[d.AccountID]--
	return m.done(d, as)
}

func (m *lineModel) bounded(d *delivery) {
	if m.ofReceiver[d.webhookID] > receiverMost || m.ofAccount[d.AccountID] > ofAccount || len(m.underWay) > attemptsAtOnce {
		m.t.Fatalf("%d attempts at once of receiver %d, %d of its account, %d in all",
			m.ofReceiver[d.webhookID], d.webhookID, m.ofAccount[d.AccountID], len(m.underWay))
	}
	if held, active := m.counts(); active != len(m.underWay) || held != active+len(m.waiting) {
		m.t.Fatalf("counts %d events, %d under way; want %d and %d", held, active, len(m.underWay)+len(m.waiting), len(m.underWay))
	}
}

func TestTheLineKeepsItsBoundsAndGivesEachEventOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newLineModel(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"events come":          func(rt *rapid.T) { m.come(drawWebhook(rt), rapid.IntRange(1, 2000).Draw(rt, "events")) },
			"events are claimed":   func(rt *rapid.T) { m.take(m.make(drawWebhook(rt), rapid.IntRange(1, 300).Draw(rt, "events"))) },
			"attempts begin":       func(rt *rapid.T) { m.give(rapid.IntRange(1, 1500).Draw(rt, "attempts")) },
			"the line is tidied":   func(*rapid.T) { m.tidy(nil, func(id int64) bool { return id%2 == 0 }) },
			"attempts are over":    func(rt *rapid.T) { m.endSome(rt, well) },
			"attempts were late":   func(rt *rapid.T) { m.endSome(rt, late) },
			"attempts have failed": func(rt *rapid.T) { m.endSome(rt, failing) },
			"attempts were none":   func(rt *rapid.T) { m.endSome(rt, unknown) },
		})
		for m.give(attemptsAtOnce); len(m.underWay) > 0; m.give(attemptsAtOnce) {
			m.end(unknown)
		}
		if len(m.waiting) > 0 {
			rt.Fatalf("%d events were never given", len(m.waiting))
		}
	})
}

func drawWebhook(rt *rapid.T) int64 { return rapid.Int64Range(0, 10*ofOne-1).Draw(rt, "webhook") }

func (m *lineModel) endSome(rt *rapid.T, as health) {
	for range rapid.IntRange(0, len(m.underWay)).Draw(rt, "attempts") {
		m.end(as)
	}
}

// TestTheLineFillsItsBounds and no more, when there are events enough.
func TestTheLineFillsItsBounds(t *testing.T) {
	m := newLineModel(t)
	for webhook, want := range []int{receiverBegins, 2 * receiverBegins} {
		m.come(int64(webhook), 2*depth*receiverBegins)
		if m.give(attemptsAtOnce); len(m.underWay) != want {
			t.Fatalf("%d new receivers have %d attempts at once, want %d", webhook+1, len(m.underWay), want)
		}
	}
	for a, want := range []int{ofAccount, 2 * ofAccount, 3 * ofAccount} {
		for receiver := range int64(ofOne) {
			m.come(int64(a)*ofOne+receiver, 2*depth*receiverBegins)
		}
		if m.give(attemptsAtOnce); len(m.underWay) != want {
			t.Fatalf("%d accounts have %d attempts at once, want %d", a+1, len(m.underWay), want)
		}
	}
	for webhook := range int64(attemptsAtOnce) {
		m.come(webhook, 2*depth*receiverBegins)
	}
	if m.give(2 * attemptsAtOnce); len(m.underWay) != attemptsAtOnce {
		t.Fatalf("%d attempts at once, want %d", len(m.underWay), attemptsAtOnce)
	}
}

// TestAnAccountIsNotDelayedByAnothersEvents, however many they are.
func TestAnAccountIsNotDelayedByAnothersEvents(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newLineModel(rt)
		busy := rapid.IntRange(1, 8).Draw(rt, "busy accounts")
		for a := range busy {
			for receiver := range rapid.Int64Range(1, 10).Draw(rt, "receivers") {
				m.take(m.make(int64(a)*ofOne+receiver, 1000))
			}
		}
		m.give(rapid.IntRange(0, 100).Draw(rt, "under way"))
		late := m.make(int64(busy)*ofOne, 1)
		m.take(late)
		for pops := 1; m.waiting[late[0]]; pops++ {
			if pops > busy+1 {
				rt.Fatalf("the event waits for more than %d others", busy)
			}
			if m.give(1) == 0 {
				rt.Fatal("nothing is given")
			}
			m.end(well)
		}
	})
}

func TestAFailingReceiversShareShrinksAndGrowsAgain(t *testing.T) {
	m := newLineModel(t)
	m.take(m.make(1, 2000))
	var shares []int
	for range 4 {
		shares = append(shares, m.give(attemptsAtOnce))
		for len(m.underWay) > 0 {
			m.end(failing)
		}
	}
	if !slices.Equal(shares, []int{receiverBegins, receiverLeast, receiverLeast, receiverLeast}) {
		t.Errorf("failing, it has %v attempts at once", shares)
	}
	m.give(attemptsAtOnce)
	m.end(unknown)
	if m.give(attemptsAtOnce); len(m.underWay) != receiverLeast {
		t.Errorf("an attempt that told nothing made it %d", len(m.underWay))
	}
	for want := receiverLeast + 1; want <= receiverMost+3; want++ {
		m.end(well)
		if m.give(attemptsAtOnce); len(m.underWay) != min(want, receiverMost) {
			t.Fatalf("after one more success it has %d attempts at once, want %d", len(m.underWay), min(want, receiverMost))
		}
	}
	for range receiverMost {
		m.end(late)
	}
	if m.give(attemptsAtOnce); len(m.underWay) != receiverBegins {
		t.Errorf("answering late, it has %d attempts at once", len(m.underWay))
	}
}

// TestWhatSpilledIsFollowedByTheRest: while rows wait in the database nothing overtakes
// them, and afterwards memory serves again.
func TestWhatSpilledIsFollowedByTheRest(t *testing.T) {
	m := newLineModel(t)
	m.come(1, depth*receiverBegins+1)
	m.give(1)
	hungry := m.end(well)
	if held := m.admit(m.make(1, 1), 7); hungry || len(held) > 0 {
		t.Errorf("hungry %v at the first free place, %d held before those in the database", hungry, len(held))
	}
	for !hungry {
		m.give(1)
		hungry = m.end(unknown)
	}
	if room := m.wants(0, 1); room < depth*receiverBegins/2 {
		t.Errorf("hungry with room for %d", room)
	}
	for want, waiting := range []int64{1, 2} { // its own rows, then another's
		m.tidy(map[int64]bool{waiting: true}, func(int64) bool { return true })
		if held := m.admit(m.make(1, 1), 7); len(held) != want {
			t.Errorf("rows of %d wait in the database: %d held", waiting, len(held))
		}
	}
}

// TestAClosedLineGivesNothingAndLeavesEverything, what a claim or a commit that had
// begun before brings in afterwards included.
func TestAClosedLineGivesNothingAndLeavesEverything(t *testing.T) {
	m := newLineModel(t)
	m.take(m.make(1, 30))
	m.take(m.make(ofOne, 3))
	m.give(5)
	m.close()
	m.take(m.make(ofOne, 4))
	if held := m.admit(m.make(1, 1), 7); len(held) > 0 || m.give(1) > 0 || m.wants(0, 1) > 0 {
		t.Error("a closed line goes on")
	}
	for chunk := range m.leave(10) {
		if len(chunk) > 10 {
			t.Errorf("a chunk of %d", len(chunk))
		}
		for _, d := range chunk {
			delete(m.waiting, d)
		}
	}
	if held, active := m.counts(); len(m.waiting) > 0 || held != 5 || active != 5 {
		t.Errorf("%d events left behind, %d in memory, %d under way", len(m.waiting), held, active)
	}
}

// TestTheMemoryOfAQueueIsUsedAgain: it stays within twice what was ever in it at once.
func TestTheMemoryOfAQueueIsUsedAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var f fifo[int]
		pushed, popped, most := 0, 0, 0
		for range rapid.IntRange(1, 40).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 50).Draw(rt, "pushes") {
				f.push(pushed)
				pushed++
			}
			most = max(most, f.len())
			for range rapid.IntRange(0, f.len()).Draw(rt, "pops") {
				if got := f.pop(); got != popped {
					rt.Fatalf("got %d, want %d", got, popped)
				}
				popped++
			}
		}
		if f.len() != pushed-popped || cap(f.items) > 4*most+8 {
			rt.Fatalf("%d items in memory for %d, never more than %d", f.len(), cap(f.items), most)
		}
	})
}
