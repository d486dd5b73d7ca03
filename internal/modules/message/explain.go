package message

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// Tracer is delivery, as far as explaining needs it.
type Tracer interface {
	// Trace reads, with q, what delivery knows of a message.
	Trace(q *db.Reader, r *Record) (*Trace, error)
}

// Trace is what delivery knows of a message. While it is on its way that is where
// it is; once it is final, only what was left over.
type Trace struct {
	Queued   *TracedQueue    // nil: it is not in the queue
	Segments []TracedSegment // by number; none before a carrier was chosen, none when final
	Receipts []TracedReceipt // oldest first
	Refusal  *TracedRefusal  // nil: we did not reject it
}

// TracedQueue is a message's place in the queue.
type TracedQueue struct {
	ReleaseMs int64  // when it may be sent
	OnHold    bool   // its account is blocked
	Carrier   string // that its route picks now; "" = there is no route
}

// TracedSegment is a segment on its way.
type TracedSegment struct {
	Segment  int    // from 1
	Carrier  string // that has it, or is to get it
	Attempts int    // submits that may have reached the carrier
	InDoubt  int    // those of them that were given up without an answer
	Ref      string // the carrier's message id; "" = not known
	Status   Status
	StartMs  int64 // of the first submit; 0 = there was none
}

// TracedReceipt is a receipt that fitted no segment and may be about the message:
// it came from the same number, to the same sender, after the first submit.
type TracedReceipt struct {
	Carrier    string
	Ref        string // the carrier's message id, as given
	Status     Status
	ErrorCode  string
	ReceivedMs int64
}

// TracedRefusal is why we rejected an accepted message. Reason ends a catalogue
// key: "senderWithdrawn".
type TracedRefusal struct {
	Reason    string
	RefusedMs int64
}

type explainParams struct {
	ID int64 `param:"id,required" doc:"Id of the message."`
}

// explainResult is a message's story, the first step first.
type explainResult struct {
	ID     int64         `json:"id,string" doc:"Id of the message."`
	Status string        `json:"status" doc:"NEW = not released yet, ENQUEUD = waits to be sent, ACCEPTD = the carrier has it, PDLIVRD = part of its segments arrived. Final: DELIVRD = delivered, UNDELIV = not delivered, REJECTD = refused by the carrier or the service, EXPIRED = its validity ran out, DELETED = withdrawn by the carrier or the account."`
	Clicks *string       `json:"clicks" doc:"Clicks on the recipient's own short links; null = it has none."`
	Steps  []explainStep `json:"steps" doc:"What happened, the first thing first, and what is so now."`
}

// explainStep is one thing that happened, or that is so now. What does not belong
// to its kind is null.
type explainStep struct {
	Step             string        `json:"step" doc:"What kind of step it is, such as accepted."`
	Ts               *string       `json:"ts" doc:"When it happened; of a segment, its first submit; null = not kept."`
	Description      string        `json:"description" doc:"What happened, in the account's language."`
	Status           *string       `json:"status" doc:"Status of the message, the segment or the receipt."`
	Amount           *money.Amount `json:"amount" doc:"What was charged or paid back."`
	Currency         *string       `json:"currency" doc:"ISO 4217 code of the amount's currency."`
	Segment          *string       `json:"segment" doc:"Which segment, from 1."`
	Carrier          *string       `json:"carrier" doc:"The carrier, by its name in the configuration."`
	Attempts         *string       `json:"attempts" doc:"Submits that may have reached the carrier."`
	InDoubt          *string       `json:"inDoubt" doc:"Those of the attempts that got no answer."`
	CarrierMessageID *string       `json:"carrierMessageId" doc:"The carrier's id of the segment."`
	ErrorCode        *string       `json:"errorCode" doc:"Error code of the receipt, as the carrier gave it."`
	WebhookID        *string       `json:"webhookId" doc:"Id of the webhook that was told, or was to be."`
	Attempt          *string       `json:"attempt" doc:"Which attempt to tell it, from 1."`
	HTTPStatus       *string       `json:"httpStatus" doc:"HTTP status of the webhook's answer."`
	DurationMs       *string       `json:"durationMs" doc:"How long the attempt took, in milliseconds."`
	Problem          *string       `json:"problem" doc:"Why the attempt failed, in the account's language."`
	ms               int64         // Ts, or that of the step before
}

// explain tells what happened to a message. A foreign or unknown one is not found.
func (m *Module) explain(ctx context.Context, c *api.Call, p *explainParams) (any, error) {
	var r Record
	var repaid money.Amount
	var trace *Trace
	var told []Told
	var clicks *string
	err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
		err = q.One("SELECT repaid, "+recordColumns+" FROM message WHERE account_id = $1 AND id = $2",
			[]any{c.Account.ID, p.ID}, append([]any{&repaid}, r.fields()...)...)
		if err != nil {
			return err
		}
		if clicks, err = m.clicks(q, p.ID); err != nil {
			return err
		}
		if trace, err = m.Tracer.Trace(q, &r); err != nil || m.Events == nil {
			return err
		}
		told, err = m.Events.Told(q, c.Account.ID, p.ID)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, api.NotFound()
	case err != nil:
		return nil, fmt.Errorf("explain message %d: %w", p.ID, err)
	}
	s := story{c: c}
	s.beginning(&r)
	s.middle(trace)
	s.end(&r, repaid)
	s.told(told)
	slices.SortStableFunc(s.steps, func(a, b explainStep) int { return cmp.Compare(a.ms, b.ms) })
	return explainResult{ID: r.ID, Status: r.Status.String(), Clicks: clicks, Steps: s.steps}, nil
}

// clicks tells how often a message's own short links were clicked on; nil = it has none.
func (m *Module) clicks(q *db.Reader, id int64) (n *string, err error) {
	if m.Links == nil {
		return n, nil
	}
	clicks, err := m.Links.ClicksOf(q, []int64{id})
	if of, has := clicks[id]; has {
		n = number(of.All)
	}
	return n, err
}

// story is an explanation that is being put together.
type story struct {
	c     *api.Call
	steps []explainStep
}

// step adds a step; key is that of its text in the catalogue, and what follows the
// dot is its kind. It may be filled in until the next one is added.
func (s *story) step(key string, ms int64) *explainStep {
	_, kind, _ := strings.Cut(key, ".")
	next := explainStep{Step: kind, Ts: s.c.TimeOrNull(ms), Description: s.c.Say(key, nil), ms: ms}
	if ms == 0 && len(s.steps) > 0 {
		next.ms = s.steps[len(s.steps)-1].ms
	}
	s.steps = append(s.steps, next)
	return &s.steps[len(s.steps)-1]
}

func (s *story) beginning(r *Record) {
	s.step("explain.accepted", r.CreatedMs)
	s.step("explain.charged", r.CreatedMs).pays(r.Cost(), s.c.Currency)
	s.moderated(r)
	if r.DeferredMs != 0 {
		s.step("explain.deferred", r.DeferredMs)
	}
}

func (s *story) middle(t *Trace) {
	if q := t.Queued; q != nil {
		s.step("explain.queued", q.ReleaseMs).Carrier = api.OrNull(q.Carrier)
		if q.OnHold {
			s.step("explain.onHold", 0)
		}
	}
	for i := range t.Segments {
		s.segment(&t.Segments[i])
	}
	for _, r := range t.Receipts {
		step := s.step("explain.receipt", r.ReceivedMs)
		step.Status, step.Carrier = api.OrNull(r.Status.String()), api.OrNull(r.Carrier)
		step.CarrierMessageID, step.ErrorCode = api.OrNull(r.Ref), api.OrNull(r.ErrorCode)
	}
	if t.Refusal != nil {
		s.step("explain."+t.Refusal.Reason, t.Refusal.RefusedMs)
	}
}

func (s *story) segment(t *TracedSegment) {
	key := "explain.answered" // with the carrier's id
	switch {
	case t.Status.Final():
		key = "explain.reported"
	case t.Status != Enqueued:
	case t.Attempts > t.InDoubt:
		key = "explain.submitted"
	case t.InDoubt > 0:
		key = "explain.inDoubt"
	default:
		key = "explain.waits"
	}
	step := s.step(key, t.StartMs)
	step.Segment, step.Attempts, step.InDoubt = number(t.Segment), number(t.Attempts), number(t.InDoubt)
	step.Carrier, step.CarrierMessageID, step.Status = api.OrNull(t.Carrier), api.OrNull(t.Ref), api.OrNull(t.Status.String())
}

// end is what the message's own row says.
func (s *story) end(r *Record, repaid money.Amount) {
	if !r.Status.Final() {
		return
	}
	if r.StartSendMs != 0 {
		s.step("explain.began", r.StartSendMs)
	}
	s.step("explain.final", r.StatusUpdateMs).Status = api.OrNull(r.Status.String())
	if repaid > 0 {
		s.step("explain.repaid", r.StatusUpdateMs).pays(repaid, s.c.Currency)
	}
}

// told are the attempts to tell webhooks.
func (s *story) told(all []Told) {
	for _, t := range all {
		key := "explain.told"
		if t.Problem != "" {
			key = "explain.notTold"
		}
		step := s.step(key, t.AtMs)
		step.WebhookID, step.Attempt, step.DurationMs = number(t.WebhookID), number(t.Attempt), number(t.DurationMs)
		if t.HTTPStatus != 0 {
			step.HTTPStatus = number(t.HTTPStatus)
		}
		if t.Problem != "" {
			step.Problem = api.OrNull(s.c.Say("webhook.problem."+t.Problem, nil))
		}
	}
}

func (s *explainStep) pays(amount money.Amount, currency string) {
	s.Amount, s.Currency = &amount, api.OrNull(currency)
}

func number[N int | int64](n N) *string {
	s := strconv.FormatInt(int64(n), 10)
	return &s
}
