package message_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// moderated is an account all of whose texts wait for a moderator.
func (w *world) moderated() account {
	w.t.Helper()
	return w.account(func(n *user.NewAccount) { n.Moderation = api.AlwaysModerated })
}

// singles carries moderators' decisions out.
type singles struct {
	*message.Module
	over chan bool // how an errand ended
}

func (s singles) Errand(_ context.Context, e moderation.Ended) (moderation.Errand, error) {
	return overheard{s.Module.Errand(e), s.over}, nil
}

type overheard struct {
	moderation.Errand
	over chan bool
}

func (o overheard) Over(committed bool) {
	o.Errand.Over(committed)
	o.over <- committed
}

// carryOut runs a clerk until one errand was committed.
func (w *world) carryOut() {
	w.t.Helper()
	s := singles{w.messages, make(chan bool, 10)}
	clerk := moderation.NewClerk(w.db, db.NewWatcher(w.db), s, w.messages.Logger)
	w.ok(clerk.Start(w.t.Context()))
	defer func() { w.ok(clerk.Stop(context.Background())) }()
	select {
	case committed := <-s.over:
		if !committed {
			w.t.Fatal("the decision was not carried out")
		}
	case <-time.After(time.Minute):
		w.t.Fatal("no decision was carried out")
	}
}

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// releases stands for delivery, and notes how messages come to it.
type releases struct {
	*queue
	planned   []message.Message
	committed int
	dropped   int
	err       error
}

func (r *releases) Plan(_ *db.Tx, all []*message.Outgoing) error {
	for _, o := range all {
		r.planned = append(r.planned, *o.Message)
	}
	return r.err
}

func (r *releases) Committed(*message.Outgoing) { r.committed++ }
func (r *releases) Dropped(*message.Outgoing)   { r.dropped++ }

// campaign is what campaign/get says of a single message.
func (w *world) campaign(a account, id string) (object map[string]any) {
	w.t.Helper()
	w.get(a, "campaign/get", "id="+id, api.CodeOK, &object)
	return object
}

func TestAnApprovedMessageIsReleased(t *testing.T) {
	const deferred = "&params[deferredToTs]=2026-03-02+17:00:00" // a day later
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			params  string
			after   time.Duration // it is approved
			status  string
			dueIn   time.Duration // since then
			expires string
		}{
			{"", time.Minute, "ENQUEUD", 0, "2026-03-02 17:01:00"},
			{"&params[validity]=60", 2 * time.Hour, "ENQUEUD", 0, "2026-03-01 20:01:00"},
			{deferred, 20 * time.Hour, "NEW", time.Hour + 59*time.Minute, "2026-03-03 17:00:00"},
			{deferred + "&params[validity]=60", 2 * time.Hour, "ENQUEUD", 0, "2026-03-02 18:01:00"},
		} {
			a := w.moderated()
			var sent struct {
				MessageID string
				Status    int
			}
			w.get(a, "message/sendSmsMessage", "recipient=77010000001&text=Hi"+tt.params, api.CodeOK, &sent)
			if sent.Status != 1 {
				t.Fatalf("%s: the answer has status %d", tt.params, sent.Status)
			}
			r := &releases{queue: w.queue}
			w.messages.Queue = r
			w.clock.Advance(tt.after)
			w.ok(w.moderation.Approve(t.Context(), number(t, sent.MessageID)))
			w.carryOut()
			w.messages.Queue = w.queue

			got := w.campaign(a, sent.MessageID)
			if got["moderationStatus"] != "READY_FOR_SEND" || got["commonStatus"] != "READY_FOR_SEND" || got["onPartnerModeration"] != 0.0 || got["expirationTs"] != tt.expires {
				t.Errorf("%s: the campaign is %v, want it valid to %s", tt.params, got, tt.expires)
			}
			due := w.clock.Now().Add(tt.dueIn).UnixMilli()
			if len(r.planned) != 1 || r.planned[0].DeferredMs != due || r.planned[0].Status.String() != tt.status || r.committed != 1 || r.dropped != 0 {
				t.Errorf("%s: planned %+v, committed %d, dropped %d; want it %s and due %d", tt.params, r.planned, r.committed, r.dropped, tt.status, due)
			}
			if paid := 1000_0000 - w.balance(a); paid != segmentPrice {
				t.Errorf("%s: %s was paid", tt.params, paid)
			}
		}
		w.ledgerHolds()
	})
}

func TestADeclinedTextIsPaidBackAndRemembered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.messages.Tracer = &tracer{}
		a := w.moderated()
		id, same := w.send(a, "77010000001", "Buy!"), w.send(a, "77010000002", "Buy!")
		other := w.send(a, "77010000001", "Hi")
		if _, steps := w.explain(a, id); !slices.Equal(kinds(steps), []string{"accepted", "charged", "moderation"}) {
			t.Errorf("while it waits: %v", kinds(steps))
		}
		w.ok(w.moderation.Decline(t.Context(), number(t, id), "Не спамьте <b>"))
		w.carryOut()
		w.carryOutAll(a, same)
		for _, id := range []string{id, same} {
			got := w.campaign(a, id)
			if got["commonStatus"] != "DECLINED" || got["moderationStatus"] != "DECLINED" || got["globalComment"] != "Не спамьте <b>" {
				t.Errorf("the campaign is %v", got)
			}
			status, steps := w.explain(a, id)
			want := []string{"accepted", "charged", "declined", "final", "repaid"}
			if status != "REJECTD" || !slices.Equal(kinds(steps), want) || steps[2].Description != "A moderator declined the text: Не спамьте <b>" || steps[2].Ts == nil {
				t.Errorf("%s: %+v, want %v", status, steps, want)
			}
		}
		if got := w.campaign(a, other); got["commonStatus"] != "MODERATION" || got["globalComment"] != nil {
			t.Errorf("the other text's campaign is %v", got)
		}
		if paid := 1000_0000 - w.balance(a); paid != segmentPrice {
			t.Errorf("%s stays paid, want the price of the one that waits", paid)
		}
		before := w.traces()
		r := w.call(a, "message/sendSmsMessage", "recipient=77010000001&text=Buy!")
		if r.Code != api.CodeValidation || !strings.Contains(string(r.Data), `"text":["a moderator declined this text: Не спамьте`) {
			t.Errorf("sent again: code %d, %s", r.Code, r.Data)
		}
		if after := w.traces(); after != before {
			t.Errorf("sent again it left %+v, there were %+v", after, before)
		}
		w.ledgerHolds()
	})
}

// carryOutAll runs clerks until a message has come to its end.
func (w *world) carryOutAll(a account, id string) {
	w.t.Helper()
	if status, _, _ := w.stored(number(w.t, id)); !status.Final() {
		w.carryOut()
	}
}

func TestAnApprovedTextGoesAtOnceFromThenOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Moderation = api.ModeratedByRules })
		send := func(text string, want int) (id string) {
			t.Helper()
			var sent struct {
				MessageID string
				Status    int
			}
			w.get(a, "message/sendSmsMessage", url.Values{"recipient": {"77010000001"}, "text": {text}}.Encode(), api.CodeOK, &sent)
			if sent.Status != want {
				t.Errorf("%q is sent with status %d, want %d", text, sent.Status, want)
			}
			return sent.MessageID
		}
		first := send("See acme.kz", 1)
		send("Hi", 1)
		w.ok(w.moderation.Approve(t.Context(), number(t, first)))
		again := send("See acme.kz", 2)
		if got := w.campaign(a, again); got["moderationStatus"] != "READY_FOR_SEND" {
			t.Errorf("what a moderator agreed to is %v", got["moderationStatus"])
		}
		free := send("Ho", 2)
		if got := w.campaign(a, free); got["moderationStatus"] != "AUTO_READY_FOR_SEND" {
			t.Errorf("what nobody was asked about is %v", got["moderationStatus"])
		}
		send("See acme.kz!", 1)
	})
}

func TestWhatNobodyDecidesOnExpiresAndIsPaidBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.messages.Tracer = &tracer{}
		a := w.moderated()
		id := w.send(a, "77010000001", "Hi")
		w.clock.Advance(moderation.Patience)
		w.carryOut()
		status, steps := w.explain(a, id)
		if want := []string{"accepted", "charged", "undecided", "final", "repaid"}; status != "EXPIRED" || !slices.Equal(kinds(steps), want) {
			t.Errorf("%s, %v, want %v", status, kinds(steps), want)
		}
		if got := w.campaign(a, id); got["commonStatus"] != "DONE" || got["onPartnerModeration"] != 0.0 {
			t.Errorf("the campaign is %v", got)
		}
		if w.balance(a) != 1000_0000 {
			t.Errorf("the balance is %s", w.balance(a))
		}
		w.ledgerHolds()
	})
}

// TestAnApprovalThatFailsLeavesTheMessageWaiting, and nothing planned for it.
func TestAnApprovalThatFailsLeavesTheMessageWaiting(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.moderated()
		id := w.send(a, "77010000001", "Hi")
		r := &releases{queue: w.queue, err: errors.New("no plan")}
		w.messages.Queue = r
		errand := w.messages.Errand(moderation.Ended{CampaignID: number(t, id), Single: true, Standing: moderation.Ready})
		for range 2 {
			if err := w.db.Write(t.Context(), db.Answers, errand.Write); !errors.Is(err, r.err) {
				t.Fatalf("the approval ends with %v", err)
			}
		}
		errand.Over(false)
		if len(r.planned) != 2 || r.dropped != 2 || r.committed != 0 {
			t.Errorf("planned %d times, dropped %d, committed %d", len(r.planned), r.dropped, r.committed)
		}
		if got := fmt.Sprint(w.campaign(a, id)["moderationStatus"]); got != "MODERATION" {
			t.Errorf("the message is %s", got)
		}
	})
}
