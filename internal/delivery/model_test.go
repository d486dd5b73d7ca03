package delivery_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var modelRuns = flag.Int("model", 3, "random runs of what can happen to messages, on each engine")

// TestWhateverHappensThePromisesHold runs random sequences of all that callers,
// carriers, time and crashes do, and looks after each step. Goroutines meet
// differently each time, so a run that fails cannot be made shorter: it is logged.
func TestWhateverHappensThePromisesHold(t *testing.T) {
	for _, engine := range testkit.Engines {
		t.Run(engine, func(t *testing.T) {
			ran := 0
			rapid.Check(t, func(rt *rapid.T) {
				if ran++; ran > *modelRuns || t.Failed() {
					return
				}
				m := newModel(t, rt, testkit.NewMigrated(t, engine))
				rt.Repeat(m.actions())
				m.finish()
			})
		})
	}
}

const modelWindow = 4

// model is a world of which everything is remembered that must not change.
type model struct {
	*world
	c        *wire
	ids      map[string]int64 // message by its recipient, each has its own
	statuses map[int64]message.Status
	open     []submitted // came in and have no answer yet
	taken    []taken
	intents  map[part]int // that a segment came in by
}

// part is a segment.
type part struct {
	id  int64
	seg int
}

// taken is a segment that the carrier has, under an id.
type taken struct {
	submitted
	ref string
}

func newModel(t *testing.T, rt *rapid.T, url string) *model {
	doubt := rapid.SampledFrom([]delivery.Doubt{delivery.Resend, delivery.Wait, delivery.Fail}).Draw(rt, "doubt")
	c := newWire(t)
	w := newWorld(t, url, c.carries(modelWindow, doubt), quickly, func(c *delivery.Config, _ *smsc.Config) { c.Held = 3 })
	return &model{world: w, c: c, ids: map[string]int64{}, statuses: map[int64]message.Status{}, intents: map[part]int{}}
}

// actions are the steps, each logged, and the look after each.
func (m *model) actions() map[string]func(*rapid.T) {
	logged := map[string]func(*rapid.T){}
	for name, act := range m.steps() {
		logged[name] = func(rt *rapid.T) { m.t.Log("step:", name); act(rt) }
	}
	logged[""] = func(rt *rapid.T) {
		if rapid.Bool().Draw(rt, "settled") {
			m.settle()
		}
		m.look()
	}
	return logged
}

func (m *model) steps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"accept": func(rt *rapid.T) {
			to := number(len(m.ids), 0)
			content := rapid.SampledFrom([]string{"hello", "hello", long}).Draw(rt, "text")
			m.ids[to] = m.send(to, content, rapid.SampledFrom([]func(*message.Message){single, bulk}).Draw(rt, "class"))
		},
		"take":       func(rt *rapid.T) { m.take(m.anyOpen(rt)) },
		"refuse":     func(rt *rapid.T) { m.c.respond(m.anyOpen(rt), "", smpp.StatusInvDstAddr) },
		"throttle":   func(rt *rapid.T) { m.again(m.anyOpen(rt), smpp.StatusThrottled) },
		"be unwell":  func(rt *rapid.T) { m.again(m.anyOpen(rt), smpp.StatusSysErr) },
		"report":     func(rt *rapid.T) { m.report(rt, m.anyTaken(rt)) },
		"report all": func(*rapid.T) { m.reportAll() },
		"report before the answer": func(rt *rapid.T) {
			s := m.anyOpen(rt)
			m.report(rt, taken{s, fmt.Sprint("id-", m.c.ids+1)})
			m.take(s)
		},
		"report another handset": func(rt *rapid.T) {
			s := m.anyTaken(rt)
			s.SubmitSM = &smpp.SubmitSM{Message: s.Message}
			s.Dest.Addr = number(9999, 0)
			m.report(rt, s)
		},
		"cut":     func(*rapid.T) { m.lose(); m.c.open() },
		"crash":   func(*rapid.T) { m.lose(); m.crash(); m.revive() },
		"restart": func(*rapid.T) { m.lose(); m.unbound(); m.end(m.life, 10*time.Second); m.revive() },
		"let time pass": func(rt *rapid.T) {
			m.clock.Advance(time.Duration(rapid.IntRange(1, 12).Draw(rt, "hours")) * time.Hour)
			m.expireOnce()
		},
	}
}

// settle lets come in what is on its way, for a moment.
func (m *model) settle() {
	limit, tick := time.NewTimer(100*time.Millisecond), time.NewTicker(time.Millisecond)
	defer limit.Stop()
	defer tick.Stop()
	for {
		if used, _ := delivery.SlotsInUse(m.delivery); used == len(m.open)+len(m.c.submits) {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return
		}
	}
}

func (m *model) anyOpen(rt *rapid.T) submitted {
	if len(m.open) == 0 {
		rt.Skip("nothing waits for an answer")
	}
	i := rapid.IntRange(0, len(m.open)-1).Draw(rt, "open")
	s := m.open[i]
	m.open = slices.Delete(m.open, i, i+1)
	return s
}

func (m *model) anyTaken(rt *rapid.T) taken {
	if len(m.taken) == 0 {
		rt.Skip("nothing was taken")
	}
	return m.taken[rapid.IntRange(0, len(m.taken)-1).Draw(rt, "taken")]
}

func (m *model) take(s submitted) {
	ref := m.c.nextID()
	m.taken = append(m.taken, taken{s, ref})
	m.c.respond(s, ref, smpp.StatusOK)
}

// again refuses a segment for now: it may come in once more by the same intent.
func (m *model) again(s submitted, status smpp.Status) {
	m.intents[m.part(s)]--
	m.c.respond(s, "", status)
}

func (m *model) report(rt *rapid.T, s taken) {
	states := []smpp.MessageState{smpp.StateDelivered, smpp.StateDelivered, smpp.StateUndeliverable, smpp.StateRejected, smpp.StateDeleted, smpp.StateEnroute}
	m.c.report(s.submitted, s.ref, rapid.SampledFrom(states).Draw(rt, "state"))
}

func (m *model) reportAll() {
	for _, s := range m.taken {
		m.c.report(s.submitted, s.ref, smpp.StateDelivered)
	}
}

// lose ends the links, and what had no answer has none now.
func (m *model) lose() {
	m.c.close()
	m.c.cut()
	m.collect()
	m.open = nil
}

// revive starts the next life and binds once it has what the one before left.
func (m *model) revive() {
	m.begin()
	m.adopted()
	m.c.open()
}

func (m *model) part(s submitted) part {
	seg := 1
	if s.ESMClass&smpp.ESMFeatureUDHI != 0 {
		seg = int(s.ShortMessage[5]) // 3GPP TS 23.040 §9.2.3.24.1
	}
	return part{m.ids[s.Dest.Addr], seg}
}

// collect takes what came in at the carrier, each by an intent of its own.
func (m *model) collect() (shared []part) {
	for {
		select {
		case s := <-m.c.submits:
			p := m.part(s)
			m.open = append(m.open, s)
			m.intents[p]++
			if attempt, found := m.attempt(p); found && m.intents[p] > attempt {
				shared = append(shared, p)
			}
		case <-m.c.answers:
		default:
			return shared
		}
	}
}

func (m *model) attempt(p part) (attempt int, found bool) {
	m.ok(m.db.Read(m.t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT attempt FROM pending WHERE message_id = $1 AND seg = $2`, func(rows db.Row) error {
			found = true
			return rows.Scan(&attempt)
		}, p.id, p.seg)
	}))
	return attempt, found
}

// look checks what must hold at any time.
func (m *model) look() {
	if shared := m.collect(); len(shared) > 0 {
		m.t.Errorf("segments came in twice by one intent: %v", shared)
	}
	if n := m.count(liveIntents); n > modelWindow {
		m.t.Errorf("%d live intents in a window of %d", n, modelWindow)
	}
	m.ok(m.db.Read(m.t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT id, status FROM message`, func(rows db.Row) error {
			var id int64
			var now message.Status
			err := rows.Scan(&id, &now)
			if was := m.statuses[id]; now < was || was.Final() && now != was {
				m.t.Errorf("message %d was %s and is %s", id, was, now)
			}
			m.statuses[id] = now
			return err
		})
	}))
	m.balancedNow()
}

// balancedNow checks that Σ ledger = balance = opening − charged + repaid, in one
// moment.
func (m *model) balancedNow() {
	var balance, ledger, due int64
	m.ok(m.db.Read(m.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT (SELECT balance FROM account), (SELECT CAST(sum(amount) AS bigint) FROM ledger),
			(SELECT CAST($1 - coalesce(sum(seg_num * seg_price - repaid), 0) AS bigint) FROM message)`, []any{int64(opening)}, &balance, &ledger, &due)
	}))
	if balance != ledger || balance != due {
		m.t.Errorf("balance %d, ledger %d, opening − charged + repaid %d", balance, ledger, due)
	}
}

// finish lets the carrier be good and time go by, until every message is final.
func (m *model) finish() {
	m.look()
	testkit.Eventually(m.t, 30*time.Second, func() error {
		m.collect()
		for _, s := range m.open {
			m.take(s)
		}
		m.open = nil
		m.reportAll()
		if err := m.none(`SELECT count(*) FROM queue`, unsent, liveIntents); err != nil {
			return err
		}
		return nil
	})
	m.clock.Advance(60 * time.Hour)
	testkit.Eventually(m.t, 30*time.Second, func() error {
		m.expireOnce()
		return m.none(`SELECT count(*) FROM queue`, `SELECT count(*) FROM pending`, `SELECT count(*) FROM message WHERE status < 4`)
	})
	m.look()
	m.idle()
	if n := m.count(`SELECT count(*) FROM message WHERE repaid <> CASE WHEN status = 6 OR status IN (7, 8) AND start_send_ms IS NULL
			THEN seg_num * seg_price ELSE 0 END`); n != 0 {
		m.t.Errorf("%d messages were paid back that should not have been, or the reverse", n)
	}
	m.end(m.life, 10*time.Second)
}
