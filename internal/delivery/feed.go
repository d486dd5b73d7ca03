package delivery

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const feedChunk = 500

// claim takes rows that nobody holds and whose time has come: single messages
// first, then in the order of release.
const claim = `UPDATE queue SET epoch = $1 WHERE message_id IN (
		SELECT message_id FROM queue WHERE epoch = 0 AND release_ms <= $2
		ORDER BY class, release_ms, message_id LIMIT $3 %s)
	RETURNING message_id`

// feed claims queued messages while there is room for them in memory.
func (d *Delivery) feed(ctx context.Context) error {
	for ctx.Err() == nil {
		room := int64(d.Held) - d.held.Load()
		if room < feedChunk && room < int64(d.Held)/2 {
			return nil
		}
		n := min(room, feedChunk)
		d.spilled.Store(false) // before looking: what spills from now on sets it again
		claimed, err := d.claim(ctx, n)
		if err != nil {
			d.spilled.Store(true)
			return fmt.Errorf("claim queued messages: %w", err)
		}
		if int64(len(claimed)) == n {
			d.spilled.Store(true)
		}
		for _, m := range claimed {
			d.assign(m)
		}
		if int64(len(claimed)) < n {
			return nil
		}
	}
	return nil
}

func (d *Delivery) claim(ctx context.Context, n int64) (claimed []*message.Message, err error) {
	err = d.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		var taken []int64
		if err := tx.Query(fmt.Sprintf(claim, tx.SkipLocked()), ids(&taken), d.Node.Epoch(), tx.Now(), n); err != nil {
			return err
		}
		claimed, err = d.Messages().Load(tx, sortedUnique(taken))
		if err != nil {
			return err
		}
		slices.SortFunc(claimed, func(a, b *message.Message) int { return cmp.Compare(a.ID, b.ID) })
		return d.release(tx, claimed)
	})
	if err == nil {
		d.held.Add(int64(len(claimed)))
	}
	return claimed, err
}

// release moves deferred messages whose time has come from NEW to ENQUEUD.
func (d *Delivery) release(tx *db.Tx, claimed []*message.Message) error {
	var changes []message.Change
	for _, m := range claimed {
		if m.Status == message.Created {
			m.Status = message.Enqueued
			changes = append(changes, message.Change{ID: m.ID, Status: message.Enqueued, AtMs: tx.Now()})
		}
	}
	return d.Messages().Settle(tx, changes)
}
