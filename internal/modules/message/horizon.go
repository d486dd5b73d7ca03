package message

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Ids come from blocks of each node and are committed in any order: a node that has
// little to do may commit an id lower than ids of yesterday. So before rows are put
// on a shelf, a horizon is planned, the highest id there is. From then on, whoever
// accepts a message with an id up to the horizon notes it in message_late, in the
// same transaction, and searches look there too. Only when every node knows the
// horizon, and whatever was being accepted when it learnt of it is committed, rows
// up to it are put on shelves.
//
// A node looks at the horizon every second. One that could not for half of the wait
// takes every message for late: that costs a row and is never wrong. What is left is
// a transaction that stands still, between its look and its commit, for the other
// half; blocks are counted again a minute later, which finds it.
type horizon struct {
	db   *db.DB
	wait time.Duration // from the plan to the shelving

	mu      sync.Mutex
	planned int64
	since   time.Time // when this process saw planned first
	looked  time.Time // when it looked last; zero = it takes no part
}

// look reads the horizon and tells whether rows up to it may be put on shelves.
func (h *horizon) look(ctx context.Context) (planned int64, closed bool, err error) {
	asked := time.Now()
	err = h.db.Read(ctx, func(q *db.Reader) error {
		return q.One("SELECT planned FROM message_horizon", nil, &planned)
	})
	if err != nil {
		return 0, false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if planned != h.planned || h.looked.IsZero() {
		h.planned, h.since = planned, time.Now()
	}
	h.looked = asked
	return planned, time.Since(h.since) >= h.wait, nil
}

// plan moves the horizon to the highest id there is.
func (h *horizon) plan(ctx context.Context) error {
	return h.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE message_horizon SET planned = newest.id
			FROM (SELECT coalesce(max(id), 0) AS id FROM message) AS newest WHERE planned < newest.id`)
		return err
	})
}

// late is the id up to which messages that are accepted now come late.
func (h *horizon) late() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.looked.IsZero():
		return 0
	case time.Since(h.looked) > h.wait/2:
		return math.MaxInt64
	default:
		return h.planned
	}
}

var insertLate = db.Rows(`INSERT INTO message_late (account_id, id) SELECT :account_id, :id {rows} ON CONFLICT DO NOTHING`,
	"account_id bigint", "id bigint")

// note marks those of the messages that come late, in the accepting transaction.
func (h *horizon) note(tx *db.Tx, accepted []*Message) error {
	var late []*Message
	horizon := h.late()
	for _, msg := range accepted {
		if msg.ID <= horizon {
			late = append(late, msg)
		}
	}
	return tx.Each(insertLate, len(late), func(i int, args []any) { args[0], args[1] = late[i].AccountID, late[i].ID })
}

// forget removes notes above the horizon: a block with such an id is made after
// another plan, and has the message without being told.
func (h *horizon) forget(ctx context.Context) error {
	return h.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM message_late WHERE id > (SELECT planned FROM message_horizon)")
		return err
	})
}
