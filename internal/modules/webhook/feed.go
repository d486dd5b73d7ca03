package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// claimMost bounds the rows that one transaction claims, or gives up.
const claimMost = 500

const (
	// selectDue walks from webhook to webhook along the index of what waits, however
	// much waits for each. What waits for a deleted one is due at once.
	selectDue = `WITH RECURSIVE turn(webhook_id) AS (
			SELECT min(webhook_id) FROM webhook_delivery WHERE state = 0
			UNION ALL
			SELECT (SELECT min(d.webhook_id) FROM webhook_delivery d WHERE d.state = 0 AND d.webhook_id > turn.webhook_id)
			FROM turn WHERE turn.webhook_id IS NOT NULL)
		SELECT webhook_id FROM turn WHERE webhook_id IS NOT NULL AND (
			EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.state = 0 AND d.webhook_id = turn.webhook_id AND d.epoch = 0 AND d.due_ms <= $1)
			OR NOT EXISTS (SELECT 1 FROM webhook WHERE webhook.id = turn.webhook_id AND webhook.deleted_ms IS NULL))`

	// claim takes rows of a webhook that nobody has, the longest due first.
	claim = `UPDATE webhook_delivery SET epoch = $1 WHERE (account_id, event_id, webhook_id) IN (
			SELECT account_id, event_id, webhook_id FROM webhook_delivery
			WHERE state = 0 AND webhook_id = $2 AND epoch = 0 AND due_ms <= $3 ORDER BY due_ms, event_id LIMIT $4%s)
		RETURNING account_id, event_id, webhook_id, attempts, tries`

	// giveUp ends what waits for a webhook that was deleted.
	giveUp = `UPDATE webhook_delivery SET state = 2, epoch = 0 WHERE (account_id, event_id, webhook_id) IN (
			SELECT account_id, event_id, webhook_id FROM webhook_delivery
			WHERE state = 0 AND webhook_id = $1 AND epoch = 0 ORDER BY due_ms, event_id LIMIT $2%s)
		AND NOT EXISTS (SELECT 1 FROM webhook WHERE id = $1 AND deleted_ms IS NULL)`
)

// feed claims what is due for receivers that memory has room for.
func (d *Deliverer) feed(ctx context.Context) error {
	if !d.m.Node.Alive() {
		return nil
	}
	due, err := d.due(ctx)
	if err != nil {
		return fmt.Errorf("look for webhooks with something due: %w", err)
	}
	book, waiting := d.m.Get(), map[int64]bool{}
	var errs []error
	for _, id := range due {
		left, err := d.feedOne(ctx, book, id)
		if errs = append(errs, err); left || err != nil {
			waiting[id] = true
		}
	}
	d.line.tidy(waiting, func(id int64) bool { return book.byID[id] != nil })
	return errors.Join(errs...)
}

func (d *Deliverer) due(ctx context.Context) (webhooks []int64, err error) {
	err = d.m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(selectDue, func(rows db.Row) error {
			var id int64
			err := rows.Scan(&id)
			webhooks = append(webhooks, id)
			return err
		}, d.m.DB.Now())
	})
	return webhooks, err
}

// feedOne claims of one webhook's rows as many as there is room for; left tells
// whether others wait.
func (d *Deliverer) feedOne(ctx context.Context, book *book, id int64) (left bool, err error) {
	switch w := book.byID[id]; {
	case w == nil:
		return true, d.abandon(ctx, id)
	case w.Status != On:
		return true, nil
	default:
		n := min(d.line.wants(w.AccountID, id), claimMost)
		if n <= 0 {
			return true, nil
		}
		claimed, err := d.claim(ctx, id, n)
		if err != nil {
			return true, fmt.Errorf("claim events for webhook %d: %w", id, err)
		}
		d.take(claimed)
		return len(claimed) == n, nil
	}
}

func (d *Deliverer) claim(ctx context.Context, webhook int64, n int) (claimed []*delivery, err error) {
	err = d.m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		epoch := d.m.Node.Epoch()
		claimed = nil
		err := tx.Query(fmt.Sprintf(claim, tx.SkipLocked()), func(rows db.Row) error {
			e := &delivery{epoch: epoch}
			err := rows.Scan(&e.AccountID, &e.ID, &e.webhookID, &e.attempts, &e.tries)
			claimed = append(claimed, e)
			return err
		}, epoch, webhook, tx.Now(), n)
		if err != nil {
			return err
		}
		return d.fill(tx, claimed)
	})
	return claimed, err
}

var errNoMessage = errors.New("the message of an event is gone")

// fill reads what the events are about.
func (d *Deliverer) fill(tx *db.Tx, claimed []*delivery) error {
	ids := make([]int64, len(claimed))
	for i, e := range claimed {
		ids[i] = e.eventID()
	}
	finals, err := d.m.Messages().Finals(tx, ids)
	if err != nil {
		return err
	}
	for _, e := range claimed {
		final, found := finals[e.eventID()]
		if !found {
			return fmt.Errorf("message %d: %w", e.eventID(), errNoMessage)
		}
		e.Final = final
	}
	return nil
}

// abandon gives up a chunk of what waits for a webhook that was deleted; the next one
// follows at once.
func (d *Deliverer) abandon(ctx context.Context, webhook int64) error {
	var given int64
	err := d.m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
		given, err = tx.Exec(fmt.Sprintf(giveUp, tx.SkipLocked()), webhook, claimMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("give up events for webhook %d: %w", webhook, err)
	}
	if given == claimMost {
		d.feeder.Wake()
	}
	return nil
}

var releaseDelivery = db.Rows(`UPDATE webhook_delivery SET epoch = 0 {rows}
	WHERE webhook_delivery.account_id = :account_id AND webhook_delivery.event_id = :event_id AND webhook_delivery.webhook_id = :webhook_id
		AND webhook_delivery.epoch = :epoch AND webhook_delivery.state = 0`,
	"account_id bigint", "event_id bigint", "webhook_id bigint", "epoch bigint")

// letGo gives back what is in memory and was not posted.
func (d *Deliverer) letGo(ctx context.Context) error {
	for chunk := range d.line.leave(claimMost) {
		err := d.m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
			return tx.Each(releaseDelivery, len(chunk), func(i int, args []any) { chunk[i].key(args) })
		})
		if err != nil {
			return fmt.Errorf("give back events: %w", err)
		}
	}
	return nil
}
