package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const adoptChunk = 200

var (
	errNoMessage = errors.New("its message is gone")
	errNoCarrier = errors.New("no carrier takes it any more")
)

// lateWrites is how long a process that was given up for dead may still have had a
// transaction under way.
const lateWrites = time.Minute

// adopt takes over what dead processes held, at once and once more after a while,
// and forgets them. It may end anywhere: what was taken over is this life's, and the
// next one's to adopt.
func (d *Delivery) adopt(ctx context.Context) error {
	if !d.Node.Alive() {
		return nil
	}
	dead, err := d.Node.Bury(ctx)
	if err != nil {
		return fmt.Errorf("look for dead nodes: %w", err)
	}
	for _, epoch := range dead {
		at, again := d.adopted[epoch]
		if again && time.Since(at) < lateWrites {
			continue
		}
		if err := d.adoptOne(ctx, epoch); err != nil {
			return err
		}
		if !again {
			d.adopted[epoch] = time.Now()
			continue
		}
		if err := d.Node.Forget(ctx, epoch); err != nil {
			return fmt.Errorf("forget node %d: %w", epoch, err)
		}
		delete(d.adopted, epoch)
	}
	return nil
}

func (d *Delivery) adoptOne(ctx context.Context, epoch int64) error {
	if err := d.adoptQueue(ctx, epoch); err != nil {
		return fmt.Errorf("adopt the queue of node %d: %w", epoch, err)
	}
	if err := d.adoptPending(ctx, epoch); err != nil {
		return fmt.Errorf("adopt the segments of node %d: %w", epoch, err)
	}
	for _, others := range d.Adopt {
		if err := others(ctx, epoch); err != nil {
			return err
		}
	}
	return d.forgetLinks(ctx, epoch)
}

var (
	disownQueue = db.Rows(`UPDATE queue SET epoch = 0 {rows} WHERE queue.message_id = :message_id AND queue.epoch = :epoch`,
		"message_id bigint", "epoch bigint")

	takeOver = db.Rows(`UPDATE pending SET epoch = :epoch {rows}
		WHERE pending.message_id = :message_id AND pending.seg = :seg AND pending.epoch = :dead
		RETURNING pending.message_id, pending.seg, pending.carrier_id, pending.attempt, pending.doubt, pending.intent_ms`,
		"message_id bigint", "seg bigint", "dead bigint", "epoch bigint")
)

// adoptQueue gives queued messages back to whoever claims them.
func (d *Delivery) adoptQueue(ctx context.Context, epoch int64) error {
	for cursor := int64(0); ; {
		var chunk []int64
		err := d.DB.Read(ctx, func(q *db.Reader) error {
			chunk = nil
			return q.Query(`SELECT message_id FROM queue WHERE message_id > $1 AND epoch = $2 ORDER BY message_id LIMIT $3`,
				ids(&chunk), cursor, epoch, adoptChunk)
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		err = d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
			return tx.Each(disownQueue, len(chunk), func(i int, args []any) { args[0], args[1] = chunk[i], epoch })
		})
		if err != nil {
			return err
		}
		d.spill()
		cursor = chunk[len(chunk)-1]
	}
}

// orphan is a segment that a dead process held.
type orphan struct {
	segmentKey
	carrier int64
	attempt int64
	doubt   int64
	startMs int64
}

// adoptPending takes over segments without an answer. Those with a live intent
// are in doubt now, and their carrier's policy decides; the others are sent.
func (d *Delivery) adoptPending(ctx context.Context, epoch int64) error {
	for cursor := (segmentKey{}); ; {
		keys, err := d.heldBy(ctx, epoch, cursor)
		if err != nil || len(keys) == 0 {
			return err
		}
		taken, err := d.takeOver(ctx, epoch, keys)
		if err != nil {
			return err
		}
		for _, s := range taken {
			d.goOn(s)
		}
		cursor = keys[len(keys)-1]
	}
}

// heldBy reads a chunk of a process's segments, from behind the cursor.
func (d *Delivery) heldBy(ctx context.Context, epoch int64, cursor segmentKey) (keys []segmentKey, err error) {
	err = d.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT message_id, seg FROM pending WHERE (message_id, seg) > ($1, $2) AND epoch = $3
			ORDER BY message_id, seg LIMIT $4`, func(rows db.Row) error {
			var key segmentKey
			err := rows.Scan(&key.message, &key.seg)
			keys = append(keys, key)
			return err
		}, cursor.message, cursor.seg, epoch, adoptChunk)
	})
	return keys, err
}

// takeOver claims a dead process's segments for this one. A live intent stays
// live: only the commit of its doubt ends it.
func (d *Delivery) takeOver(ctx context.Context, epoch int64, keys []segmentKey) (taken []*segment, err error) {
	err = d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		var orphans []orphan
		err := tx.EachReturning(takeOver, len(keys), func(i int, args []any) {
			args[0], args[1], args[2], args[3] = keys[i].message, int64(keys[i].seg), epoch, d.Node.Epoch()
		}, func(rows db.Row) error {
			var o orphan
			err := rows.Scan(&o.message, &o.seg, &o.carrier, &o.attempt, &o.doubt, &o.startMs)
			orphans = append(orphans, o)
			return err
		})
		if err != nil {
			return err
		}
		taken, err = d.rebuild(tx, orphans)
		return err
	})
	return taken, err
}

// rebuild makes segments of rows, with their messages' texts. A segment that
// cannot be sent any more is left out: its row waits for the end of validity.
func (d *Delivery) rebuild(tx *db.Tx, orphans []orphan) ([]*segment, error) {
	wanted := make([]int64, len(orphans))
	for i, o := range orphans {
		wanted[i] = o.message
	}
	messages, err := d.Messages().Load(tx, sortedUnique(wanted))
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*message.Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	var all []*segment
	for _, o := range orphans {
		s, err := d.rebuildOne(byID[o.message], o)
		if err != nil {
			d.Logger.Error("a segment cannot be sent and will expire", "message", o.message, "segment", o.seg, "error", err)
			continue
		}
		all = append(all, s)
	}
	return all, nil
}

func (d *Delivery) rebuildOne(m *message.Message, o orphan) (*segment, error) {
	if m == nil {
		return nil, errNoMessage
	}
	on := d.byID[o.carrier]
	if on == nil { // its carrier is in the configuration no more
		on = d.route(m)
	}
	if on == nil {
		return nil, errNoCarrier
	}
	pieces, err := segments(m, on)
	if err != nil {
		return nil, err
	}
	s := pieces[o.seg-1]
	s.attempt, s.doubt, s.startMs = o.attempt, o.doubt, o.startMs
	return s, nil
}

// goOn continues with a segment that was taken over.
func (d *Delivery) goOn(s *segment) {
	switch {
	case !s.live():
		d.lineUp(s)
	case s.on.inherit():
		d.record(&event{segment: s, answer: carrier.Answer{Outcome: carrier.NoAnswer, Reason: "its process ended"}})
	}
}
