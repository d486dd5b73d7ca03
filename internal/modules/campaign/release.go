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
	// stepMost is how many messages a campaign with a rate releases together.
	stepMost = 10
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
	drop := func() {
		for _, o := range taken {
			m.Queue.Dropped(o)
		}
		taken = nil
	}
	err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
		drop() // of a try that was not committed
		n, taken, err = m.releaseChunk(tx, b, most)
		failpoint.Hit(failpoint.ReleaseUncommitted)
		return err
	})
	if err != nil {
		drop()
	}
	if errors.Is(err, errMoved) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("release campaign %d: %w", b.ID, err)
	}
	failpoint.Hit(failpoint.Released)
	for _, o := range taken {
		m.Queue.Committed(o)
	}
	return n, nil
}

// step is how many messages may be released now. What is out of its validity needs no
// room: it is not sent.
func (b *Bulk) step(now int64, room int) int {
	switch expired := b.expiresMs(now) <= now; {
	case b.RatePeriod > 0 && expired:
		return b.perStep()
	case b.RatePeriod > 0:
		return min(b.perStep(), room)
	case expired || room >= releaseChunk:
		return releaseChunk
	default:
		return 0
	}
}

// releaseChunk releases messages behind the cursor and moves it on, in one transaction
// that fails with errMoved if the campaign is not this node's to release any more.
func (m *Module) releaseChunk(tx *db.Tx, b *Bulk, most int) (n int, taken []*message.Outgoing, err error) {
	next, err := m.Messages.OfCampaign(tx, b.ID, b.Cursor, most)
	if err != nil {
		return 0, nil, err
	}
	cursor, state := b.Cursor, Running
	if len(next) > 0 {
		cursor = next[len(next)-1].ID
	}
	if len(next) < most {
		state = Released
	}
	if expires := b.expiresMs(tx.Now()); expires <= tx.Now() {
		err = m.Messages.Settle(tx, expired(next, tx.Now()))
	} else {
		taken, err = m.Messages.Release(tx, next, expires)
	}
	if err != nil {
		return 0, taken, err
	}
	moved, err := tx.Exec(`UPDATE campaign SET cursor = $3, state = $4, due_ms = $5, epoch = $6, start_send_ms = coalesce(start_send_ms, $7)
		WHERE id = $1 AND cursor = $2 AND state IN (3, 4) AND paused = 0 AND deleted_ms IS NULL AND epoch IN (0, $6)`,
		b.ID, b.Cursor, cursor, int64(state), b.nextDue(tx.Now()), m.Node.Epoch(), tx.Now())
	if err != nil {
		return 0, taken, err
	}
	if moved == 0 {
		return 0, taken, errMoved
	}
	if state == Released {
		err = m.recount(tx, b.ID)
	}
	return len(next), taken, err
}

func expired(all []*message.Message, now int64) []message.Change {
	changes := make([]message.Change, len(all))
	for i, msg := range all {
		changes[i] = message.Change{ID: msg.ID, Status: message.Expired, AtMs: now, Of: msg}
	}
	return changes
}

// expiresMs is when the validity of a message ends that is released now. Without a
// rate all are to be sent at once, so validity runs for all since then; with one it
// runs for each since its step.
func (b *Bulk) expiresMs(now int64) int64 {
	from := b.ValidMs
	if b.RatePeriod > 0 {
		from = max(from, min(b.DueMs, now))
	}
	return from + b.validity().Milliseconds()
}

// perStep and stepMs: a rate is kept in even steps, of one message while that is not
// more than ten a second.
func (b *Bulk) perStep() int {
	tenth := b.RateLimit / (10 * b.RatePeriod)
	return min(max(1, tenth), stepMost)
}

func (b *Bulk) stepMs() int64 {
	limit := int64(b.RateLimit)
	return (int64(b.perStep())*int64(b.RatePeriod)*1000 + limit - 1) / limit // rounded up: never more than the rate
}

// nextDue is when the next step is due. One that is late is made up for, but not a
// whole time that the server was away.
func (b *Bulk) nextDue(now int64) int64 {
	if b.RatePeriod == 0 {
		return now // behind the account's others
	}
	return max(b.DueMs, now-b.stepMs()) + b.stepMs()
}

// Topic is touched when a campaign is paused, resumed or cancelled.
const Topic = "campaign"

// stopped are the campaigns of which nothing may be sent now: paused or cancelled.
type stopped map[int64]bool

// Stopped tells from memory whether a message's campaign is paused or cancelled.
func (m *Module) Stopped(campaignID int64) bool { return (*m.Get())[campaignID] }

func (m *Module) loadStopped(ctx context.Context) (*stopped, error) {
	all := stopped{}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id FROM campaign WHERE (paused = 1 OR cancelled_ms IS NOT NULL) AND state <> $1`, func(row db.Row) error {
			var id int64
			err := row.Scan(&id)
			all[id] = true
			return err
		}, int64(Done))
	})
	if err != nil {
		return nil, fmt.Errorf("read the campaigns that are stopped: %w", err)
	}
	return &all, nil
}
