package message_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// tracer stands for delivery: the same trace for every message.
type tracer message.Trace

func (t *tracer) Trace(*db.Reader, *message.Record) (*message.Trace, error) {
	return (*message.Trace)(t), nil
}

// step is a step of a story, as far as tests look at it.
type step struct {
	Step, Description string
	Ts                *string
}

func (w *world) explain(a account, id string) (status string, steps []step) {
	w.t.Helper()
	var story struct {
		Status string
		Steps  []step
	}
	w.get(a, "message/explain", "id="+id, api.CodeOK, &story)
	return story.Status, story.Steps
}

func kinds(steps []step) (names []string) {
	for _, s := range steps {
		names = append(names, s.Step)
	}
	return names
}

func TestAStoryHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		now := w.clock.Now().UnixMilli()
		w.messages.Tracer = &tracer{Segments: []message.TracedSegment{
			{Segment: 1, Carrier: "north", Attempts: 2, InDoubt: 1, Ref: "m1", Status: message.Accepted, StartMs: now + 1000},
		}}
		a := w.account(nil)
		id := w.send(a, "77010000001", "Hi")
		const untold = `,"webhookId":null,"attempt":null,"httpStatus":null,"durationMs":null,"problem":null`
		const unset = `"status":null,"amount":null,"currency":null,"segment":null,"carrier":null,"attempts":null,"inDoubt":null,
			"carrierMessageId":null,"errorCode":null` + untold
		same(t, "story", w.call(a, "message/explain", "id="+id).Data, id, `{"id":"ID","status":"ENQUEUD","clicks":null,"steps":[
			{"step":"accepted","ts":"2026-03-01 17:00:00","description":"The message was accepted.",`+unset+`},
			{"step":"charged","ts":"2026-03-01 17:00:00","description":"Its cost was taken from the balance.",`+
			strings.NewReplacer(`"amount":null`, `"amount":"16.2000"`, `"currency":null`, `"currency":"KZT"`).Replace(unset)+`},
			{"step":"answered","ts":"2026-03-01 17:00:01","description":"The carrier took the segment.","status":"ACCEPTD","amount":null,
			"currency":null,"segment":"1","carrier":"north","attempts":"2","inDoubt":"1","carrierMessageId":"m1","errorCode":null`+untold+`}]}`)
	})
}

// TestAStoryIsToldInOrder, in each of the languages there are texts for.
func TestAStoryIsToldInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		now := w.clock.Now().UnixMilli()
		segment := func(status message.Status, attempts, inDoubt int) message.Trace {
			return message.Trace{Segments: []message.TracedSegment{{Segment: 1, Status: status, Attempts: attempts, InDoubt: inDoubt}}}
		}
		for _, tt := range []struct {
			trace   message.Trace
			becomes message.Change
			want    string // after accepted and charged
		}{
			{message.Trace{}, message.Change{}, ""},
			{message.Trace{Queued: &message.TracedQueue{ReleaseMs: now}}, message.Change{}, "queued"},
			{message.Trace{Queued: &message.TracedQueue{ReleaseMs: now, OnHold: true}}, message.Change{}, "queued onHold"},
			{segment(message.Enqueued, 0, 0), message.Change{}, "waits"},
			{segment(message.Enqueued, 1, 0), message.Change{}, "submitted"},
			{segment(message.Enqueued, 1, 1), message.Change{}, "inDoubt"},
			{segment(message.Enqueued, 2, 1), message.Change{}, "submitted"},
			{segment(message.Accepted, 1, 0), message.Change{}, "answered"},
			{segment(message.Delivered, 1, 0), message.Change{}, "reported"},
			{message.Trace{}, message.Change{Status: message.Delivered, StartMs: now + 1, AtMs: now + 2}, "began final"},
			{message.Trace{}, message.Change{Status: message.Expired, AtMs: now + 2}, "final repaid"},
			{message.Trace{Refusal: &message.TracedRefusal{Reason: "accountDeleted", RefusedMs: now + 2}},
				message.Change{Status: message.Rejected, AtMs: now + 2}, "accountDeleted final repaid"},
			{message.Trace{Refusal: &message.TracedRefusal{Reason: "senderWithdrawn", RefusedMs: now + 2}},
				message.Change{Status: message.Rejected, AtMs: now + 2}, "senderWithdrawn final repaid"},
			{message.Trace{Receipts: []message.TracedReceipt{{Carrier: "north", Ref: "late", Status: message.Delivered, ReceivedMs: now + 3}}},
				message.Change{Status: message.Expired, StartMs: now + 1, AtMs: now + 2}, "began final receipt"},
		} {
			w.messages.Tracer = (*tracer)(&tt.trace)
			for _, language := range []string{"en", "ru"} {
				a := w.account(func(n *user.NewAccount) { n.Language = language })
				id := w.send(a, "77010000001", "Hi")
				tt.becomes.ID, _ = strconv.ParseInt(id, 10, 64)
				w.ok(w.settle(tt.becomes))
				_, steps := w.explain(a, id)
				if want := append([]string{"accepted", "charged"}, strings.Fields(tt.want)...); !slices.Equal(kinds(steps), want) {
					t.Errorf("%v, want %v", kinds(steps), want)
				}
				for _, s := range steps {
					if latin := strings.ContainsAny(s.Description, "aeiou"); s.Description == "" || strings.HasPrefix(s.Description, "explain.") || latin != (language == "en") {
						t.Errorf("%s in %s: %q", s.Step, language, s.Description)
					}
				}
			}
		}
	})
}

func TestADeferredMessageSaysUntilWhen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.messages.Tracer = &tracer{}
		a := w.account(nil)
		var sent struct{ MessageID string }
		later := w.clock.Now().Add(7 * time.Hour).UTC().Format(api.TimeLayout) // 2 hours ahead in Almaty
		w.get(a, "message/sendSmsMessage", "recipient=77010000001&text=Hi&params[deferredToTs]="+strings.Replace(later, " ", "+", 1), api.CodeOK, &sent)
		status, steps := w.explain(a, sent.MessageID)
		if got := steps[len(steps)-1]; status != "NEW" || got.Step != "deferred" || *got.Ts != later {
			t.Errorf("%s, %s %s; want NEW, deferred %s", status, got.Step, *got.Ts, later)
		}
	})
}

func TestNobodyIsToldAStoryOfAnothersMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.messages.Tracer = &tracer{}
		a, other := w.account(nil), w.account(nil)
		id := w.send(a, "77010000001", "Hi")
		for form, code := range map[string]api.Code{
			"id=" + id: api.CodeNotFound, "id=0": api.CodeNotFound, "id=9223372036854775807": api.CodeNotFound,
			"": api.CodeMissingParameter, "id=x": api.CodeBadParameter,
		} {
			if r := w.call(other, "message/explain", form); r.Code != code || string(r.Data) != "null" {
				t.Errorf("%s: %d %s, want %d", form, r.Code, r.Data, code)
			}
		}
	})
}
