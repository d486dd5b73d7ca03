package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Verdict is what a check says of a message that is about to be sent.
type Verdict int

const (
	Send Verdict = iota
	// Hold leaves the message in the queue, until its account gets another verdict:
	// nothing but AccountID may lead to it. Validity goes on.
	Hold
	// HoldCampaign is the same for its campaign: nothing but CampaignID may lead to it.
	HoldCampaign
	// The others are reasons to reject the message and to pay it back.
	AccountDeleted
	SenderWithdrawn
	NumberStopped
)

// String is the reason as it is stored.
func (v Verdict) String() string {
	return [...]string{"send", "hold", "holdCampaign", "accountDeleted", "senderWithdrawn", "numberStopped"}[v]
}

// Check is asked before a message's first intent, unless the accepting transaction
// had it: what allowed the message may have changed while it was queued. A check
// answers from memory; the carrier waits for it.
type Check func(*message.Message) Verdict

// verdict is that of the first check that objects.
func (d *Delivery) verdict(m *message.Message) Verdict {
	for _, check := range d.Checks {
		if v := check(m); v != Send {
			return v
		}
	}
	return Send
}

// aside is a message that may not be sent, now or ever.
type aside struct {
	*message.Message
	verdict Verdict
}

// asides are messages that left their lines in memory; their rows in queue still
// carry this process's epoch.
type asides struct {
	mu  sync.Mutex
	all []aside
}

func (a *asides) add(some ...aside) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, some...)
}

func (a *asides) take() (chunk []aside) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(a.all), asideChunk)
	chunk, a.all = a.all[:n:n], a.all[n:]
	if len(a.all) == 0 {
		a.all = nil
	}
	return chunk
}

const asideChunk = 200

// setAside has what became of a message in memory written soon. It does not block.
func (d *Delivery) setAside(m *message.Message, v Verdict) {
	d.asides.add(aside{m, v})
	d.keeper.Wake()
}

// keep is the work of the keeper's loop: it writes what was set aside, and lets go
// what need not be on hold any more.
func (d *Delivery) keep(ctx context.Context) error {
	return errors.Join(d.writeAsides(ctx), d.letGo(ctx))
}

func (d *Delivery) writeAsides(ctx context.Context) error {
	for chunk := d.asides.take(); len(chunk) > 0; chunk = d.asides.take() {
		e := &event{}
		err := d.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			e.finals, err = d.putAside(tx, chunk)
			return err
		})
		if err != nil {
			d.asides.add(chunk...)
			return fmt.Errorf("put messages aside: %w", err)
		}
		d.counts.ended(e)
		for _, a := range chunk {
			d.forget(a.Message)
		}
	}
	return nil
}

var (
	holdInQueue = db.Rows(`UPDATE queue SET epoch = :hold {rows}
		WHERE queue.message_id = :message_id AND queue.epoch = :epoch`, "message_id bigint", "epoch bigint", "hold bigint")

	insertRefusal = db.Rows(`INSERT INTO refusal (message_id, reason, refused_ms)
		SELECT :message_id, :reason, :refused_ms {rows}`, "message_id bigint", "reason text", "refused_ms bigint")
)

// putAside writes what becomes of messages that this process holds and that may
// not be sent: on hold, or rejected, paid back, with the reason.
func (d *Delivery) putAside(tx *db.Tx, chunk []aside) (finals []message.Status, err error) {
	slices.SortFunc(chunk, func(a, b aside) int { return cmp.Compare(a.ID, b.ID) })
	var held, refused []aside
	for _, a := range chunk {
		if a.verdict == Hold || a.verdict == HoldCampaign {
			held = append(held, a)
		} else {
			refused = append(refused, a)
		}
	}
	err = tx.Each(holdInQueue, len(held), func(i int, args []any) {
		args[0], args[1], args[2] = held[i].ID, d.Node.Epoch(), held[i].holdEpoch()
	})
	if err != nil {
		return nil, err
	}
	return d.refuse(tx, refused)
}

// refuse rejects those of the messages that this process still holds.
func (d *Delivery) refuse(tx *db.Tx, all []aside) (finals []message.Status, err error) {
	ours := make([]bool, len(all))
	err = tx.EachTouched(takeFromQueue, len(all), func(i int, args []any) {
		args[0], args[1] = all[i].ID, d.Node.Epoch()
	}, func(i int) { ours[i] = true })
	if err != nil {
		return nil, err
	}
	var changes []message.Change
	var refused []aside
	for i, a := range all {
		if ours[i] {
			refused = append(refused, a)
			changes = append(changes, message.Change{ID: a.ID, Status: message.Rejected, AtMs: tx.Now()})
			finals = append(finals, message.Rejected)
		}
	}
	err = tx.Each(insertRefusal, len(refused), func(i int, args []any) {
		args[0], args[1], args[2] = refused[i].ID, refused[i].verdict.String(), tx.Now()
	})
	if err != nil {
		return nil, err
	}
	return finals, d.Messages().Settle(tx, changes)
}

// campaignHolds is where the epochs of campaigns on hold begin, downwards: far below
// those of accounts.
const campaignHolds = math.MinInt64 / 2

// holdEpoch is the epoch of a message on hold: its account's id, negative, or what
// stands for its campaign's.
func (a *aside) holdEpoch() int64 {
	if a.verdict == HoldCampaign {
		return campaignHolds - a.CampaignID
	}
	return -a.AccountID
}

// heldAs is a message as far as the checks judge what is on hold under an epoch, and the
// verdict under which it stays there.
func heldAs(epoch int64) (*message.Message, Verdict) {
	if epoch < campaignHolds {
		return &message.Message{CampaignID: campaignHolds - epoch}, HoldCampaign
	}
	return &message.Message{AccountID: -epoch}, Hold
}

// letGo queues the messages again of accounts and campaigns that need not be on hold any
// more.
func (d *Delivery) letGo(ctx context.Context) error {
	for epoch := int64(math.MinInt64); ; {
		err := d.DB.Read(ctx, func(q *db.Reader) error {
			return q.One(`SELECT epoch FROM queue WHERE epoch > $1 AND epoch < 0 ORDER BY epoch LIMIT 1`, []any{epoch}, &epoch)
		})
		switch {
		case errors.Is(err, db.ErrNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("look for messages on hold: %w", err)
		}
		if held, hold := heldAs(epoch); d.verdict(held) == hold {
			continue
		}
		if err := d.queueAgain(ctx, epoch); err != nil {
			return fmt.Errorf("let messages on hold under %d go: %w", epoch, err)
		}
	}
}

// queueAgain gives messages that are on hold back to whoever claims them.
func (d *Delivery) queueAgain(ctx context.Context, epoch int64) error {
	for again := int64(asideChunk); again == asideChunk; {
		err := d.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			again, err = tx.Exec(`UPDATE queue SET epoch = 0 WHERE epoch = $1 AND message_id IN (
				SELECT message_id FROM queue WHERE epoch = $1 AND epoch < 0 ORDER BY message_id LIMIT $2)`, epoch, asideChunk)
			return err
		})
		if err != nil {
			return err
		}
		d.spill()
	}
	return nil
}
