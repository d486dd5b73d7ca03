package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
)

// ExpireOnce does a round of the loop of that name.
func ExpireOnce(d *Delivery, ctx context.Context) error { return d.expire(ctx) }

// MatchOnce does a round of the loop of that name.
func MatchOnce(d *Delivery, ctx context.Context) error { return d.match(ctx) }

// Adopt does a round of the loop of that name, so long after the one before. The
// loop must not run.
func Adopt(d *Delivery, ctx context.Context, later time.Duration) error {
	for epoch := range d.adopted {
		d.adopted[epoch] = d.adopted[epoch].Add(-later)
	}
	return errors.Join(d.enrol(ctx), d.adopt(ctx))
}

// SlotsInUse counts the window slots of all carriers that are taken, and the
// messages and segments held in memory.
func SlotsInUse(d *Delivery) (slots, held int) {
	for _, dis := range d.dispatchers {
		dis.mu.Lock()
		slots += dis.used
		held += dis.waiting.len() + len(dis.ready) + len(dis.throttled)
		dis.mu.Unlock()
	}
	return slots, held
}

// ReceiveInVain completes a receipt of the first carrier in a transaction that
// does not come to its commit.
func ReceiveInVain(d *Delivery, r carrier.Receipt) error {
	e := &event{receipt: &receipt{Receipt: r, on: d.dispatchers[0], refs: refs(r.Ref), id: d.receiptID()}}
	var failed error
	_ = d.DB.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
		failed = d.completeBatch(tx, []*event{e})
		return errors.New("in vain")
	})
	return failed
}

// AdoptAndDie takes over what dead processes held and does not go on with it.
func AdoptAndDie(d *Delivery, ctx context.Context) error {
	if err := d.enrol(ctx); err != nil {
		return err
	}
	dead, err := d.Node.Bury(ctx)
	if err != nil {
		return err
	}
	for _, epoch := range dead {
		keys, err := d.heldBy(ctx, epoch, segmentKey{})
		if err != nil {
			return err
		}
		if _, err := d.takeOver(ctx, epoch, keys); err != nil {
			return err
		}
	}
	return nil
}
