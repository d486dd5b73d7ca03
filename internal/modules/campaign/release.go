package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

const (
	// releaseEvery is how often the node looks for campaigns that are due. It is woken
	// when one is sent, and when memory has room again.
	releaseEvery = 100 * time.Millisecond
	// releaseChunk is how many messages one transaction releases.
	releaseChunk = 250
	// dueAtOnce bounds the campaigns that a round looks at.
	dueAtOnce = 1000
)

// dueCampaigns are those whose time has come, the longest due first.
const dueCampaigns = `SELECT ` + bulkColumns + ` FROM campaign
	WHERE state IN (3, 4) AND due_ms <= $1 AND epoch IN (0, $2) AND paused = 0 AND deleted_ms IS NULL ORDER BY due_ms, id LIMIT $3`

// releaseDue releases messages of campaigns that are due, until memory is full or
// nothing is left. Accounts take turns, and so do each account's campaigns. It is the
// work of a loop.
func (m *Module) releaseDue(ctx context.Context) error {
	for m.Node.Alive() && ctx.Err() == nil {
		due, err := m.due(ctx)
		if err != nil {
			return fmt.Errorf("look for campaigns that are due: %w", err)
		}
		released := 0
		var errs []error
		for _, b := range due {
			n, err := m.releaseSome(ctx, b)
			released += n
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil || released == 0 {
			return err
		}
	}
	return nil
}

// due gives, of each account, the campaign that has been due for the longest.
func (m *Module) due(ctx context.Context) (all []*Bulk, err error) {
	turns := map[int64]bool{}
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(dueCampaigns, func(row db.Row) error {
			b := &Bulk{}
			if err := row.Scan(b.fields()...); err != nil || turns[b.AccountID] || m.Users.Standing(b.AccountID) == user.Blocked {
				return err
			}
			turns[b.AccountID] = true
			all = append(all, b)
			return nil
		}, m.DB.Now(), m.Node.Epoch(), dueAtOnce)
	})
	return all, err
}

// errMoved ends a release of a campaign that was paused, cancelled or taken over.
var errMoved = errors.New("the campaign was changed meanwhile")

// releaseSome releases the next messages of a campaign; n is how many.
func (m *Module) releaseSome(ctx context.Context, b *Bulk) (n int, err error) {
	most := b.step(m.DB.Now(), m.Queue.Room())
	if most == 0 {
		m.starved.Store(true)
		return 0, nil
	}
	var taken []*message.Outgoing
	err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
		m.drop(taken) // of a try that was not committed
		n, taken, err = m.releaseChunk(tx, b, most)
		failpoint.Hit(failpoint.ReleaseUncommitted)
		return err
	})
	if err != nil {
		m.drop(taken)
		if errors.Is(err, errMoved) {
			return 0, nil
		}
		return 0, fmt.Errorf("release campaign %d: %w", b.ID, err)
	}
	failpoint.Hit(failpoint.Released)
	for _, o := range taken {
		m.Queue.Committed(o)
	}
	return n, nil
}

// drop gives back the room of messages whose release was not committed.
func (m *Module) drop(taken []*message.Outgoing) {
	for _, o := range taken {
		m.Queue.Dropped(o)
	}
}

// releaseChunk releases messages behind the cursor and moves it on, in one transaction
// that fails with errMoved if the campaign is not this node's to release any more. What
// took room in memory is given whether it fails or not.
func (m *Module) releaseChunk(tx *db.Tx, b *Bulk, most int) (n int, taken []*message.Outgoing, err error) {
	next, err := m.Messages.OfCampaign(tx, b.ID, b.Cursor, most)
	if err != nil {
		return 0, nil, err
	}
	if expires := b.expiresMs(tx.Now()); expires <= tx.Now() {
		err = m.Messages.Settle(tx, expired(next, tx.Now()))
	} else {
		taken, err = m.Messages.Release(tx, next, expires)
	}
	if err != nil {
		return 0, taken, err
	}
	return len(next), taken, m.moveOn(tx, b, next, len(next) < most)
}

// moveOn moves the cursor behind messages; with the last ones the campaign is Released.
func (m *Module) moveOn(tx *db.Tx, b *Bulk, past []*message.Message, last bool) error {
	cursor, state := b.Cursor, Running
	if len(past) > 0 {
		cursor = past[len(past)-1].ID
	}
	if last {
		state = Released
	}
	moved, err := tx.Exec(`UPDATE campaign SET cursor = $3, state = $4, due_ms = $5, epoch = $6, start_send_ms = coalesce(start_send_ms, $7)
		WHERE id = $1 AND cursor = $2 AND state IN (3, 4) AND paused = 0 AND deleted_ms IS NULL AND epoch IN (0, $6)`,
		b.ID, b.Cursor, cursor, int64(state), b.nextDue(tx.Now()), m.Node.Epoch(), tx.Now())
	switch {
	case err != nil:
		return err
	case moved == 0:
		return errMoved
	case last:
		return m.recount(tx, b.ID)
	}
	return nil
}

func expired(all []*message.Message, now int64) []message.Change {
	changes := make([]message.Change, len(all))
	for i, msg := range all {
		changes[i] = message.Change{ID: msg.ID, Status: message.Expired, AtMs: now, Of: msg}
	}
	return changes
}
