// Package delivery carries messages from the queue to the handset and brings the
// reports back: claim, route, intent, submit, complete, receipts, statuses. It
// alone writes the tables queue, pending, receipt, refusal, carrier and link.
//
// # A segment's life
//
// A message waits in queue until a dispatcher takes it. From then on each of its
// segments is a row of pending. Before a segment goes to the wire its intent is
// durable: attempt is raised in a committed transaction. The intent is live until
// the answer's transaction is committed; only then is its window slot free again,
// so that live intents are never more than window × binds. An intent that ends
// without an answer (a lost link, a crash) is in doubt, and the carrier's policy
// decides. The rows go when the message is final.
//
// # Who holds what
//
// Rows of queue and pending that a process works on carry its epoch. What a dead
// epoch held is adopted: queued messages are queued again, live intents are in
// doubt, everything else is simply sent. A live intent takes a slot of its new
// owner until its doubt is committed.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/metrics"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Doubt is a carrier's policy for a segment that may or may not have reached it.
type Doubt string

const (
	Resend Doubt = "resend" // send it again under a new intent
	Wait   Doubt = "wait"   // take a receipt that fits, or let it expire
	Fail   Doubt = "fail"   // UNDELIV
)

// CarrierConfig is one carrier of the configuration.
type CarrierConfig struct {
	Name        string
	Rate        int // segments per second, 0 = no limit
	Doubt       Doubt
	Reference16 bool           // parts of a message refer to each other by 16 bits, not 8
	SMPP        carrier.Config // OnReceipt, OnChange and Logger are set by New
}

// Config is what delivery is made of.
type Config struct {
	DB           *db.DB
	Node         *db.Node
	Messages     func() *message.Module // set once both exist: message needs delivery too
	Carriers     []CarrierConfig
	Routes       []Route
	Checks       []Check       // asked again before a message is sent, in this order
	Adopt        []Adopter     // take what else a dead node held
	ReceiptGrace time.Duration // after validity, until a message without receipt is EXPIRED
	OnRoom       func()        // memory has room for bulk messages again; it must not block
	Held         int           // messages held in memory of each class, single and bulk; default 10 000
	Logger       *slog.Logger
	Metrics      *metrics.Registry
}

const defaultHeld = 10_000

// Adopter takes what a dead node, named by its epoch, held of something that is not
// delivery's. It may be called again for the same node.
type Adopter func(ctx context.Context, epoch int64) error

// Delivery is the service. It implements message.Queue.
type Delivery struct {
	Config
	dispatchers []*dispatcher
	byID        map[int64]*dispatcher // carrier_id → dispatcher
	complete    *db.Op[*event]
	wave        *db.Op[*wave]
	counts      counts
	ended       recent[receiptKey, struct{}]
	answeredAs  recent[refKey, pendingRow] // single segments, by the id in the committed answer
	overtook    recent[refKey, struct{}]   // ids of receipts that were kept: their responses may follow
	receiptSeq  atomic.Int64               // see receiptID

	holds [classes]hold
	fed   [classes]int64 // the account that the last claim ended with; the feeder's own

	released atomic.Int64 // see releasedUntil
	looks    looks        // of the loop that matches

	adopted map[int64]time.Time // dead epochs, since when; of the loop that adopts

	told     map[int64]links // carrier_id → its row in link; of the loop that tells
	measured atomic.Pointer[measured]

	loops   run.Group // what brings work; stopped first
	feeder  *run.Loop
	expirer *run.Loop
	matcher *run.Loop
	asides  asides
	keeper  *run.Loop    // writes asides
	again   *run.Retries // answers and intents that could not be written; stopped last, when nothing is under way
}

// New makes the service; Start makes it work.
func New(c Config) *Delivery {
	if c.Held == 0 {
		c.Held = defaultHeld
	}
	d := &Delivery{Config: c, byID: map[int64]*dispatcher{}, adopted: map[int64]time.Time{}, told: map[int64]links{}, counts: newCounts(c.Metrics)}
	d.ended.generation, d.answeredAs.generation, d.overtook.generation = endedLately, answeredLately, overtookLately
	d.complete = db.NewOp(c.DB, "complete", completeRank, d.completeBatch)
	d.wave = db.NewOp(c.DB, "intents", waveRank, d.intendBatch)
	for i := range d.holds {
		d.holds[i].room = int64(c.Held)
	}
	for _, cc := range c.Carriers {
		d.dispatchers = append(d.dispatchers, newDispatcher(d, cc))
	}
	d.feeder = run.NewLoop("feed", 250*time.Millisecond, c.Logger, d.feed)
	d.loops.Add("feed", d.feeder)
	d.loop("adopt", time.Second, d.adopt)
	d.matcher = d.loop("match", 500*time.Millisecond, d.match)
	d.expirer = d.loop("expire", 5*time.Second, d.expire)
	d.keeper = d.loop("hold", time.Second, d.keep)
	d.loop("links", time.Second, d.tellLinks)
	if c.Metrics != nil {
		d.loop("measure", 5*time.Second, d.measure)
	}
	d.again = run.NewRetries("answers or intents", c.Logger)
	d.gauges()
	return d
}

func (d *Delivery) loop(name string, every time.Duration, work func(context.Context) error) *run.Loop {
	loop := run.NewLoop(name, every, d.Logger, work)
	d.loops.Add(name, loop)
	return loop
}

// Wake looks at once for what has become due: the clock was moved.
func (d *Delivery) Wake() {
	d.feeder.Wake()
	d.expirer.Wake()
}

// Ranks of the ops in a batch: pending is locked before accounts (message.accept
// has 10), see package db. A wave locks nothing but queue and pending.
const (
	waveRank     = 1
	completeRank = 2
)

// Start knows the carriers, adopts what dead processes held, binds, and begins to
// claim.
func (d *Delivery) Start(ctx context.Context) error {
	if err := d.enrol(ctx); err != nil {
		return err
	}
	if err := d.adopt(ctx); err != nil { // what is in doubt has its slots before anything new is sent
		return err
	}
	for _, dis := range d.dispatchers {
		dis.start(ctx)
	}
	return errors.Join(d.again.Start(ctx), d.loops.Start(ctx))
}

// Stop ends the claims, lets the answers under way come in until ctx ends, and
// unbinds. What was never sent keeps its rows, for the next life or another node.
func (d *Delivery) Stop(ctx context.Context) error {
	errs := []error{d.loops.Stop(ctx)}
	var stops sync.WaitGroup
	results := make([]error, len(d.dispatchers))
	for i, dis := range d.dispatchers {
		stops.Go(func() { results[i] = dis.stop(ctx) })
	}
	stops.Wait()
	errs = append(append(errs, results...), d.again.Stop(ctx), d.forgetLinks(ctx, d.Node.Epoch()))
	return errors.Join(errs...)
}

// States tells how each carrier is, by name.
func (d *Delivery) States() map[string]carrier.State {
	states := make(map[string]carrier.State, len(d.dispatchers))
	for _, dis := range d.dispatchers {
		states[dis.Name] = dis.carrier.State()
	}
	return states
}

// enrol gives each configured carrier its id in the database.
func (d *Delivery) enrol(ctx context.Context) error {
	for _, dis := range d.dispatchers {
		id, err := d.DB.NextID(ctx, "carrier")
		if err != nil {
			return err
		}
		err = d.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO carrier (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, id, dis.Name); err != nil {
				return err
			}
			return tx.One(`SELECT id FROM carrier WHERE name = $1`, []any{dis.Name}, &dis.id)
		})
		if err != nil {
			return fmt.Errorf("enrol carrier %s: %w", dis.Name, err)
		}
		d.byID[dis.id] = dis
	}
	return nil
}
