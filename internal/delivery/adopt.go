package delivery

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const adoptChunk = 200

// adopt takes over what dead processes held, in chunks, and forgets them.
func (d *Delivery) adopt(ctx context.Context) error {
	dead, err := d.Node.Bury(ctx)
	if err != nil {
		return fmt.Errorf("look for dead nodes: %w", err)
	}
	for _, epoch := range dead {
		if err := d.adoptQueue(ctx, epoch); err != nil {
			return fmt.Errorf("adopt the queue of node %d: %w", epoch, err)
		}
		if err := d.adoptPending(ctx, epoch); err != nil {
			return fmt.Errorf("adopt the segments of node %d: %w", epoch, err)
		}
		if err := d.Node.Forget(ctx, epoch); err != nil {
			return fmt.Errorf("forget node %d: %w", epoch, err)
		}
	}
	return nil
}

// adoptQueue gives queued messages back to whoever claims them.
func (d *Delivery) adoptQueue(ctx context.Context, epoch int64) error {
	for cursor := int64(0); ; {
		var chunk []int64
		err := d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
			chunk = nil
			if err := tx.Query(`SELECT message_id FROM queue WHERE message_id > $1 AND epoch = $2 ORDER BY message_id LIMIT $3`,
				ids(&chunk), cursor, epoch, adoptChunk); err != nil {
				return err
			}
			return tx.Each(disownQueue, len(chunk), func(i int, args []any) { args[0], args[1] = chunk[i], epoch })
		})
		if err != nil {
			return err
		}
		if len(chunk) == 0 {
			return nil
		}
		d.spilled.Store(true)
		d.feeder.Wake()
		cursor = chunk[len(chunk)-1]
	}
}

var (
	disownQueue = db.Rows(`UPDATE queue SET epoch = 0 {rows} WHERE queue.message_id = :message_id AND queue.epoch = :epoch`,
		"message_id bigint", "epoch bigint")

	// A live intent of the dead is in doubt.
	takeOver = db.Rows(`UPDATE pending SET epoch = :epoch, doubt = pending.attempt {rows}
		WHERE pending.message_id = :message_id AND pending.seg = :seg AND pending.epoch = :dead
		RETURNING pending.message_id, pending.seg`,
		"message_id bigint", "seg bigint", "dead bigint", "epoch bigint")
)

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
	for {
		chunk, err := d.takeOver(ctx, epoch)
		if err != nil || len(chunk) == 0 {
			return err
		}
		for _, s := range chunk {
			d.goOn(s)
		}
	}
}

// takeOver claims a chunk of a dead process's segments for this one.
func (d *Delivery) takeOver(ctx context.Context, epoch int64) (chunk []*segment, err error) {
	err = d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		chunk = nil
		found := map[segmentKey]orphan{}
		var order []segmentKey
		err := tx.Query(`SELECT message_id, seg, carrier_id, attempt, doubt, intent_ms FROM pending WHERE epoch = $1
			ORDER BY message_id, seg LIMIT $2`, func(rows *sql.Rows) error {
			var o orphan
			err := rows.Scan(&o.message, &o.seg, &o.carrier, &o.attempt, &o.doubt, &o.startMs)
			found[o.segmentKey] = o
			order = append(order, o.segmentKey)
			return err
		}, epoch, adoptChunk)
		if err != nil {
			return err
		}
		var taken []orphan
		err = tx.EachReturning(takeOver, len(order), func(i int, args []any) {
			args[0], args[1], args[2], args[3] = order[i].message, int64(order[i].seg), epoch, d.Node.Epoch()
		}, func(rows *sql.Rows) error {
			var key segmentKey
			err := rows.Scan(&key.message, &key.seg)
			taken = append(taken, found[key])
			return err
		})
		if err != nil {
			return err
		}
		chunk, err = d.rebuild(tx, taken)
		return err
	})
	return chunk, err
}

// rebuild makes segments of rows, with their messages' texts.
func (d *Delivery) rebuild(tx *db.Tx, taken []orphan) ([]*segment, error) {
	wanted := make([]int64, len(taken))
	for i, o := range taken {
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
	for _, o := range taken {
		s, err := d.rebuildOne(byID[o.message], o)
		if err != nil {
			return nil, err
		}
		if s != nil {
			all = append(all, s)
		}
	}
	return all, nil
}

// rebuildOne makes a segment of its row; nil when no carrier may take it any more.
func (d *Delivery) rebuildOne(m *message.Message, o orphan) (*segment, error) {
	if m == nil {
		return nil, fmt.Errorf("segment %d of message %d is pending, but there is no such message", o.seg, o.message)
	}
	on := d.byID[o.carrier]
	if on == nil { // its carrier is in the configuration no more
		on = d.route(m)
	}
	if on == nil {
		d.Logger.Warn("a segment has no carrier any more", "message", o.message, "segment", o.seg)
		return nil, nil
	}
	pieces, err := segments(m, on)
	if err != nil {
		return nil, err
	}
	if len(pieces) < o.seg {
		return nil, fmt.Errorf("segment %d of message %d is pending, but there is no such segment", o.seg, o.message)
	}
	s := pieces[o.seg-1]
	s.attempt, s.doubt, s.startMs = o.attempt, o.doubt, o.startMs
	return s, nil
}

// goOn continues with a segment that was taken over.
func (d *Delivery) goOn(s *segment) {
	live := s.live()
	s.doubt = s.attempt
	if !live {
		s.on.pushReady(s)
		return
	}
	d.counts.doubts.With(s.on.Name, string(s.on.Doubt)).Inc()
	d.doubtful(s)
}

// doubtful does what the carrier's policy says with a segment that the carrier
// may have; it holds no slot.
func (d *Delivery) doubtful(s *segment) {
	if s.on.Doubt == Resend {
		s.on.pushReady(s)
		return
	}
	e := &event{segment: s, answer: carrier.Answer{Outcome: carrier.NoAnswer}}
	finish := func(err error) {
		if err != nil {
			s.on.log.Error("a doubt could not be written, will try again", "message", s.msg.ID, "error", err)
			d.again.add(func() { d.doubtful(s) })
			return
		}
		d.counts.ended(e)
	}
	if err := d.complete.Go(db.Answers, e, 2, finish); err != nil {
		finish(err)
	}
}
