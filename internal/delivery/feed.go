package delivery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const (
	// feedChunk is how many messages a claim takes at most; with less room than
	// that the feeder is not woken but comes by itself.
	feedChunk = 500
	// feedAccounts bounds the accounts that share a claim; the others are next.
	feedAccounts = 100
)

const (
	// waitingAccounts walks from account to account along the index of unowned
	// rows, however many rows each has.
	waitingAccounts = `WITH RECURSIVE turn(account_id) AS (
			SELECT min(account_id) FROM queue WHERE epoch = 0 AND class = $1 AND account_id > $2
			UNION ALL
			SELECT (SELECT min(queue.account_id) FROM queue WHERE queue.epoch = 0 AND queue.class = $1 AND queue.account_id > turn.account_id)
			FROM turn WHERE turn.account_id IS NOT NULL)
		SELECT account_id FROM turn WHERE account_id IS NOT NULL LIMIT $3`

	// claim takes an account's rows that nobody holds and whose time has come, in
	// the order of their release.
	claim = `UPDATE queue SET epoch = $1 WHERE message_id IN (
			SELECT message_id FROM queue WHERE epoch = 0 AND class = $2 AND account_id = $3 AND release_ms <= $4
			ORDER BY release_ms, message_id LIMIT $5 %s)
		RETURNING message_id`
)

// firstDeferral is how long a message is deferred at least (contract §3).
const firstDeferral = time.Hour

// releasedUntil is the time up to which queued messages may go: now, or what the
// clock showed before it was put back. What was queued by then must not wait for the
// clock to come there again; what was deferred since is later by an hour at least,
// which bounds how far this looks ahead.
func (d *Delivery) releasedUntil(now int64) int64 {
	for {
		was := d.released.Load()
		until := max(now, min(was, now+firstDeferral.Milliseconds()))
		if d.released.CompareAndSwap(was, until) {
			return until
		}
	}
}

// feed claims queued messages while there is room for them in memory, single ones
// before bulk. A node that may have been given up for dead claims nothing.
func (d *Delivery) feed(ctx context.Context) error {
	if !d.Node.Alive() {
		return nil
	}
	for class := range d.holds {
		if err := d.feedClass(ctx, class); err != nil {
			return fmt.Errorf("claim queued messages: %w", err)
		}
	}
	return nil
}

func (d *Delivery) feedClass(ctx context.Context, class int) error {
	h := &d.holds[class]
	for n := min(h.free(), feedChunk); n > 0 && ctx.Err() == nil; n = min(h.free(), feedChunk) {
		h.spilled.Store(false) // before looking: what spills from now on sets it again
		claimed, more, err := d.claim(ctx, class, n)
		if err != nil || more {
			h.spilled.Store(true)
		}
		failpoint.Hit(failpoint.Claimed)
		for _, m := range claimed {
			d.assign(m)
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// claim takes up to n messages of a class for this process; more tells whether
// others may wait.
func (d *Delivery) claim(ctx context.Context, class int, n int64) (claimed []*message.Message, more bool, err error) {
	err = d.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		var taken []int64
		if taken, more, err = d.claimInTurn(tx, class, n); err != nil {
			return err
		}
		if claimed, err = d.Messages().Load(tx, sortedUnique(taken)); err != nil {
			return err
		}
		slices.SortFunc(claimed, func(a, b *message.Message) int { return cmp.Compare(a.ID, b.ID) })
		return d.release(tx, claimed)
	})
	if err != nil {
		return nil, false, err
	}
	d.holds[class].held.Add(int64(len(claimed)))
	return claimed, more, nil
}

// claimInTurn shares out n places among the accounts that have something waiting.
// Each claim goes on behind the account that the one before it ended with.
func (d *Delivery) claimInTurn(tx *db.Tx, class int, n int64) (taken []int64, more bool, err error) {
	accounts, err := d.nextAccounts(tx, class)
	text := fmt.Sprintf(claim, tx.SkipLocked())
	for i, account := range accounts {
		share := max(1, (n-int64(len(taken)))/int64(len(accounts)-i))
		before := len(taken)
		if err := tx.Query(text, ids(&taken), d.Node.Epoch(), class, account, d.releasedUntil(tx.Now()), share); err != nil {
			return nil, false, err
		}
		d.fed[class] = account
		more = more || int64(len(taken)-before) == share
		if int64(len(taken)) >= n {
			return taken, true, nil
		}
	}
	return taken, more || len(accounts) == feedAccounts, err
}

// nextAccounts are those that have unowned rows, from the one whose turn it is.
func (d *Delivery) nextAccounts(tx *db.Tx, class int) (accounts []int64, err error) {
	last := d.fed[class]
	if err := tx.Query(waitingAccounts, ids(&accounts), class, last, feedAccounts); err != nil {
		return nil, err
	}
	if len(accounts) < feedAccounts && last >= 0 {
		var first []int64
		if err := tx.Query(waitingAccounts, ids(&first), class, -1, feedAccounts-len(accounts)); err != nil {
			return nil, err
		}
		accounts = append(accounts, slices.DeleteFunc(first, func(id int64) bool { return id > last })...)
	}
	return accounts, nil
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
