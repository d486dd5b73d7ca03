package campaign_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var modelRuns = flag.Int("model", 4, "random runs of what can happen to campaigns, on each engine")

// TestWhateverHappensEachRecipientIsSentToOnceOrPaidBack runs random sequences of all that
// callers, time, carriers and crashes do to campaigns.
func TestWhateverHappensEachRecipientIsSentToOnceOrPaidBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		some(t, *modelRuns, func(rt *rapid.T) {
			m := &model{world: w, rated: map[string]bool{}, done: map[string]map[string]any{}}
			rt.Repeat(m.actions())
			m.finish()
		})
	})
}

// model is a world with campaigns of which is remembered what must not change.
type model struct {
	*world
	ids      []string
	rated    map[string]bool
	added    int
	accepted []int64                   // by a carrier, and not final
	done     map[string]map[string]any // what their counters said when they were DONE
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":        func(*rapid.T) { m.look() },
		"draft":   m.draftAnother,
		"add":     m.add,
		"release": func(*rapid.T) { m.release() },
		"release a little": func(rt *rapid.T) {
			m.releaseAtMost(rapid.SampledFrom([]int{0, 1, campaign.ReleaseChunk}).Draw(rt, "room"))
		},
		"send":   func(rt *rapid.T) { m.ask(rt, "send") },
		"pause":  func(rt *rapid.T) { m.ask(rt, "pause") },
		"resume": func(rt *rapid.T) { m.ask(rt, "resume") },
		"cancel": func(rt *rapid.T) { m.ask(rt, "cancel"); m.idle() },
		"delete": func(rt *rapid.T) { m.ask(rt, "delete"); m.idle() },
		"count":  func(*rapid.T) { m.count() },
		"time": func(rt *rapid.T) {
			m.passes(time.Duration(rapid.SampledFrom([]int{1, 1000, 60_000, 3_600_000}).Draw(rt, "ms")) * time.Millisecond)
		},
		"settle": func(rt *rapid.T) {
			status := rapid.SampledFrom([]message.Status{
				message.Accepted, message.Delivered, message.Undelivered, message.Rejected, message.Expired}).Draw(rt, "status")
			ids := m.deliver(rapid.IntRange(1, 300).Draw(rt, "messages"), status)
			if status == message.Accepted {
				m.accepted = append(m.accepted, ids...)
			}
		},
		"crash":               func(*rapid.T) { m.crash() },
		"crash before commit": func(*rapid.T) { m.crashInRelease(func(q *queue) { q.fails = errPlan }) },
		"crash after commit":  func(*rapid.T) { m.crashInRelease(func(q *queue) { q.deaf = true }) },
	}
}

func (m *model) draftAnother(rt *rapid.T) {
	if len(m.ids) == 4 {
		return
	}
	var fields []string
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 1:
		fields = []string{"rateLimit", fmt.Sprint(rapid.SampledFrom([]int{1, 60, 6000}).Draw(rt, "rate"))}
	case 2:
		fields = []string{"validity", "60"}
	case 3:
		fields = []string{"deferredToTs", m.clock.Now().Add(5*time.Hour + 2*time.Hour).Format("2006-01-02 15:04:05")}
	}
	id := m.draft(fields...)
	m.ids, m.rated[id] = append(m.ids, id), len(fields) > 0 && fields[0] == "rateLimit"
}

func (m *model) any(rt *rapid.T) string {
	if len(m.ids) == 0 {
		m.draftAnother(rt)
	}
	return rapid.SampledFrom(m.ids).Draw(rt, "campaign")
}

func (m *model) add(rt *rapid.T) {
	id, n := m.any(rt), rapid.SampledFrom([]int{1, 5, 30, campaign.ReleaseChunk + 20}).Draw(rt, "recipients")
	if m.rated[id] {
		n = min(n, 30)
	}
	m.call(ours, "addRecipients", "id="+id+"&recipients="+people(m.added, n))
	m.added += n
}

// ask asks for what may or may not be possible now.
func (m *model) ask(rt *rapid.T, method string) {
	code, data := m.call(ours, method, "id="+m.any(rt))
	if code != api.CodeOK && code != api.CodeDataUpdate && code != api.CodeNotFound {
		rt.Fatalf("%s: code %d %s", method, code, data)
	}
}

func (m *model) crashInRelease(how func(*queue)) {
	m.queue.set(how)
	_ = campaign.ReleaseOnce(m.t.Context(), m.campaigns)
	m.crash()
	m.queue.set(func(q *queue) { q.fails, q.deaf = nil, false })
}

// look checks what must hold at every moment.
func (m *model) look() {
	m.t.Helper()
	m.plans()
	for _, id := range m.ids {
		if code, _ := m.call(ours, "get", "id="+id); code == api.CodeNotFound {
			continue // deleted
		}
		info := m.info(id)
		if was, done := m.done[id]; done && !maps.Equal(was, info["counters"].(map[string]any)) {
			m.t.Errorf("campaign %s was DONE with %v and has %v", id, was, info["counters"])
		}
		if info["commonStatus"] == "DONE" {
			m.done[id] = info["counters"].(map[string]any)
		}
	}
	if m.t.Failed() {
		m.t.FailNow()
	}
}

// finish lets all go that was sent, delivers it, and checks everything.
func (m *model) finish() {
	m.t.Helper()
	for _, id := range m.ids {
		m.call(ours, "resume", "id="+id)
	}
	for range 200 {
		m.passes(7 * time.Hour) // some go, some are out of their validity
		m.release()
		m.deliver(10_000, message.Delivered)
		m.end()
		m.count()
	}
	if n := m.number(`SELECT count(*) FROM campaign WHERE state NOT IN (0, 7) AND deleted_ms IS NULL`); n != 0 {
		m.t.Errorf("%d campaigns are not DONE", n)
	}
	m.look()
	for _, id := range m.ids {
		m.recounted(id)
	}
	m.settled()
	m.audited()
}

// end has those delivered that a carrier only accepted.
func (m *model) end() {
	m.t.Helper()
	var changes []message.Change
	for _, id := range m.accepted {
		changes = append(changes, message.Change{ID: id, Status: message.Delivered, AtMs: m.db.Now()})
	}
	m.accepted = nil
	for chunk := range slices.Chunk(changes, 250) {
		m.settle(chunk...)
	}
}

// releaseAtMost does a round while there is so much room.
func (w *world) releaseAtMost(room int) {
	w.t.Helper()
	w.queue.set(func(q *queue) { q.room = room })
	w.release()
	w.queue.set(func(q *queue) { q.room = endless })
}

// recounted checks that a campaign's counters are what is counted of its messages.
func (w *world) recounted(id string) {
	w.t.Helper()
	w.count()
	names := []string{"New", "Enqueud", "Acceptd", "Pdlivrd", "Delivrd", "Undeliv", "Rejectd", "Expired", "Deleted"}
	code, _ := w.call(ours, "get", "id="+id)
	if code == api.CodeNotFound {
		return
	}
	counters := w.info(id)["counters"].(map[string]any)
	for status, name := range names {
		n := w.number(`SELECT count(*) FROM message WHERE campaign_id = $1 AND status = $2`, parsed(id), int64(status))
		if got := counters["total"+name+"MsgNum"]; got != fmt.Sprint(n) {
			w.t.Errorf("campaign %s counts %v %s, there are %d", id, got, name, n)
		}
	}
}

// settled checks each message of campaigns that were sent: it was planned once and a
// carrier had it, or it was paid back; and the balance is what follows.
func (w *world) settled() {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.Query(`SELECT m.id, m.status, m.repaid - m.seg_num * m.seg_price, m.start_send_ms IS NULL FROM message m
			JOIN campaign c ON c.id = m.campaign_id WHERE c.state > 0 AND c.deleted_ms IS NULL`, func(row db.Row) error {
			var id, kept int64
			var status message.Status
			var unsent bool
			err := row.Scan(&id, &status, &kept, &unsent)
			w.queue.set(func(q *queue) {
				if unsent != (kept == 0) && status != message.Rejected || !unsent && q.planned[id] != 1 || !status.Final() {
					w.t.Errorf("message %d is %s, planned %d times, unsent %v, %d kept", id, status, q.planned[id], unsent, kept)
				}
			})
			return err
		})
	}))
	kept := w.number(`SELECT CAST(coalesce(sum(m.seg_num * m.seg_price - m.repaid), 0) AS bigint) FROM message m
		JOIN campaign c ON c.id = m.campaign_id WHERE c.state > 0 AND c.deleted_ms IS NULL`)
	if got := int64(opening - w.balance()); got != kept {
		w.t.Errorf("%d were taken, messages cost %d", got, kept)
	}
}

func TestACrashInTheMiddleOfACampaignSkipsNobody(t *testing.T) {
	const n = 3*campaign.ReleaseChunk + 7
	onBoth(t, func(t *testing.T, w *world) {
		for _, how := range []func(*queue){func(q *queue) { q.fails = errPlan }, func(q *queue) { q.deaf = true }} {
			before := w.plans()
			id := w.sent(n)
			for !slices.Contains([]any{"SENT", "DONE"}, w.info(id)["commonStatus"]) {
				w.releaseAtMost(campaign.ReleaseChunk)
				w.queue.set(how)
				_ = campaign.ReleaseOnce(t.Context(), w.campaigns)
				w.crash()
				w.queue.set(func(q *queue) { q.fails, q.deaf = nil, false })
				w.deliver(n, message.Accepted)
				w.count()
			}
			if got := w.plans() - before; got != n {
				t.Errorf("%d messages were planned, want %d", got, n)
			}
			w.recounted(id)
		}
	})
}

// TestPausedAtAnyMomentAndResumedNobodyGetsItTwice pauses and resumes while the loops
// release.
func TestPausedAtAnyMomentAndResumedNobodyGetsItTwice(t *testing.T) {
	const n = 6*campaign.ReleaseChunk + 7
	onBoth(t, func(t *testing.T, w *world) {
		w.ok(w.campaigns.Start(t.Context()))
		ids := []string{w.sent(n), w.sent(50, "rateLimit", "6000")}
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for _, id := range ids {
			callers.Go(func() {
				for {
					w.call(ours, "pause", "id="+id)
					w.call(ours, "resume", "id="+id)
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		testkit.Eventually(t, patience, func() error {
			w.passes(100 * time.Millisecond)
			w.campaigns.Wake()
			if got := w.plans(); got < n+50 {
				return fmt.Errorf("%d messages of %d went", got, n+50)
			}
			return nil
		})
		close(stop)
		callers.Wait()
		if got := w.plans(); got != n+50 {
			t.Errorf("%d messages were planned, want %d", got, n+50)
		}
		w.deliver(n+50, message.Delivered)
		testkit.Eventually(t, patience, func() error {
			for _, id := range ids {
				if got := w.info(id)["commonStatus"]; got != "DONE" {
					return fmt.Errorf("campaign %s is %v", id, got)
				}
			}
			return nil
		})
		w.ok(w.campaigns.Stop(context.WithoutCancel(t.Context())))
		for _, id := range ids {
			w.recounted(id)
		}
	})
}
