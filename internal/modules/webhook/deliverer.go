package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Poster makes one attempt: post.Poster, or a test's.
type Poster interface {
	Post(ctx context.Context, to *post.Target, event *post.Event) post.Result
	Close()
}

// Deliverer is the service that posts events. It is started before whatever makes
// events, and stopped after it.
type Deliverer struct {
	m       *Module
	line    *line
	poster  Poster
	outcome *db.Op[*outcome]
	counts  counts

	feeder    *run.Loop
	again     *run.Retries // outcomes that could not be written
	workers   sync.WaitGroup
	unwritten sync.WaitGroup  // outcomes
	ctx       context.Context // of the attempts under way
	cancel    context.CancelFunc
}

// outcomeRank: deliveries are locked after all that an event comes from.
const outcomeRank = 20

// feedEvery is how soon an event is found that is due, or that another node left.
const feedEvery = 250 * time.Millisecond

func newDeliverer(m *Module) *Deliverer {
	d := &Deliverer{m: m, line: newLine(), poster: m.Poster}
	if d.poster == nil {
		d.poster = post.New(post.Config{Allow: m.Allow, Now: m.DB.Time})
	}
	d.outcome = db.NewOp(m.DB, "webhook outcomes", outcomeRank, d.writeOutcomes)
	d.feeder = run.NewLoop("webhooks", feedEvery, m.Logger, d.feed)
	d.again = run.NewRetries("outcomes of webhooks", m.Logger)
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.counts = newCounts(m.Metrics, d.line)
	return d
}

// Start begins to claim what waits.
func (d *Deliverer) Start(ctx context.Context) error {
	return errors.Join(d.again.Start(ctx), d.feeder.Start(ctx))
}

// Stop lets the attempts under way end, as long as ctx leaves time for what comes after
// it; writes what became of them, and leaves the rest of what is in memory to whoever
// claims it.
func (d *Deliverer) Stop(ctx context.Context) error {
	d.line.close()
	stopped := d.feeder.Stop(ctx)
	patience, cancel := leaving(ctx, stopMargin)
	defer cancel()
	ended := context.AfterFunc(patience, d.cancel)
	defer ended()
	d.workers.Wait()
	d.poster.Close()
	d.unwritten.Wait()
	return errors.Join(stopped, d.again.Stop(ctx), d.letGo(context.WithoutCancel(ctx)))
}

// stopMargin is what the end of attempts leaves of Stop's time, or half of it.
const stopMargin = 2 * time.Second

// leaving ends before ctx does.
func leaving(ctx context.Context, margin time.Duration) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	left := time.Until(deadline)
	return context.WithTimeout(ctx, left-min(margin, left/2))
}

// Wake looks at once for what has become due: the clock was moved.
func (d *Deliverer) Wake() { d.feeder.Wake() }

// admit chooses those of new events that go to memory at once.
func (d *Deliverer) admit(all []*delivery) (held []*delivery) {
	return d.line.admit(all, d.m.Node.Epoch())
}

// take posts events whose rows are this node's. It does not block.
func (d *Deliverer) take(held []*delivery) {
	if len(held) == 0 {
		return
	}
	d.line.add(held)
	d.staff()
}

// staff sees to it that all that may be posted now is.
func (d *Deliverer) staff() {
	for next := d.line.next(); next != nil; next = d.line.next() {
		d.workers.Go(func() { d.work(next) })
	}
}

// work posts an event, and others as long as there are any.
func (d *Deliverer) work(next *delivery) {
	for next != nil {
		o := d.attempt(next)
		failpoint.Hit(failpoint.WebhookPosted)
		hungry := d.line.done(next, o.health())
		d.record(o)
		if hungry {
			d.feeder.Wake()
		}
		next = d.line.next() // before others are found for the rest
		d.staff()
	}
}

// attempt posts an event once, to where its webhook leads now.
func (d *Deliverer) attempt(e *delivery) *outcome {
	o := &outcome{delivery: e, beganMs: d.m.DB.Now()}
	to := d.m.Get().on(e.webhookID)
	if to == nil { // switched off or deleted since: the feeder knows what to do
		return o.postpone(d.m.DB.Now())
	}
	event, err := d.event(e, to)
	if err != nil {
		d.m.Logger.Error("an event could not be put together", "event", e.eventID(), "webhook", e.webhookID, "error", err)
		return o.postpone(d.m.DB.Now())
	}
	o.result = d.poster.Post(d.ctx, &post.Target{URL: to.URL, Format: to.Format, Secret: to.Secret}, event)
	o.judge(d.m.DB.Now())
	o.noteTurn(to)
	d.counts.attempted(o)
	if o.result.Err != nil {
		d.m.Logger.Debug("webhook", "webhook", e.webhookID, "event", e.eventID(), "attempt", o.attempts, "problem", o.result.Problem, "error", o.result.Err)
	}
	return o
}

// event is what is posted: times are in the account's zone.
func (d *Deliverer) event(e *delivery, to *Webhook) (*post.Event, error) {
	account, err := d.m.Users.Account(d.ctx, e.AccountID)
	if err != nil {
		return nil, err
	}
	ts := time.UnixMilli(e.AtMs).In(account.Location).Format(api.TimeLayout)
	return &post.Event{
		ID: e.eventID(), Type: DeliveryReport, CreateTs: ts, WebhookID: to.ID, Attempt: e.attempts + 1,
		Report: post.Report{
			CampaignID: e.CampaignID, MessageID: e.ID, SegNum: e.SegNum, StatusUpdateTs: ts, Status: e.Status.String(), To: e.Recipient,
		},
	}, nil
}

// record writes what became of an attempt, however often that has to be tried, unless
// Stop has no time left: until then the row is this node's.
func (d *Deliverer) record(o *outcome) {
	d.unwritten.Add(1)
	d.write(o)
}

func (d *Deliverer) write(o *outcome) {
	if err := d.outcome.Go(db.Answers, o, 2, func(err error) { d.written(o, err) }); err != nil {
		d.written(o, err)
	}
}

func (d *Deliverer) written(o *outcome, err error) {
	switch {
	case err == nil:
		failpoint.Hit(failpoint.WebhookRecorded)
	case d.ctx.Err() == nil && !errors.Is(err, db.ErrClosed):
		d.again.Add(err, func() { d.write(o) })
		return
	default: // the next life adopts the row
		d.m.Logger.Error("what became of an attempt is not known", "event", o.eventID(), "webhook", o.webhookID, "error", err)
	}
	if o.turned != nil {
		d.m.Changed()
	}
	d.unwritten.Done()
}
