package webhook

import (
	"cmp"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
)

// triesMost is how often an event is posted to a receiver before it is left to be
// replayed (contract §8).
const triesMost = 10

// wait is how long a receiver is left alone after a try that failed: a minute after
// the first, two after the second.
func wait(tries int) time.Duration { return time.Duration(tries) * time.Minute }

// pause is for an event that could not be attempted.
const pause = 5 * time.Second

// soon is how fast a receiver answers that may have many attempts at once.
const soon = time.Second

// State of a delivery. The numbers are stored.
type State int64

const (
	Waiting State = iota
	Delivered
	Failed
)

// outcome is what became of an attempt, or that there was none. It counts the attempt
// in its delivery.
type outcome struct {
	*delivery
	beganMs   int64
	result    post.Result
	state     State
	dueMs     int64 // while it waits
	attempted bool
	turned    *Webhook // that came to work, or to fail, with it; nil = none did
}

// postpone: there was no attempt.
func (o *outcome) postpone(now int64) *outcome {
	o.dueMs = now + pause.Milliseconds()
	return o
}

// judge decides what follows from the result of an attempt.
func (o *outcome) judge(now int64) {
	o.attempted = true
	o.attempts++
	o.tries++
	switch {
	case o.result.Problem == "":
		o.state = Delivered
	case o.result.Problem == post.Interrupted: // no fault of the receiver's: the last try is never used up by it
		o.tries = min(o.tries, triesMost-1)
		o.dueMs = now
	case o.tries >= triesMost:
		o.state = Failed
	default:
		o.dueMs = now + wait(o.tries).Milliseconds()
	}
}

// health is what the outcome tells about the receiver.
func (o *outcome) health() health {
	switch {
	case !o.attempted, o.result.Problem == post.Interrupted:
		return unknown
	case o.result.Problem != "":
		return failing
	case o.result.Duration > soon:
		return late
	default:
		return well
	}
}

// noteTurn compares what the attempt told with what is known of its webhook. Several
// outcomes may say the same, until the first one is written and seen.
func (o *outcome) noteTurn(to *Webhook) {
	switch as := o.health(); {
	case (as == well || as == late) && to.FailingMs != 0, as == failing && to.FailingMs == 0:
		o.turned = to
	}
}

var (
	updateDelivered = db.Rows(`UPDATE webhook_delivery SET state = 1, epoch = 0, attempts = :attempts, tries = :tries,
			attempted_ms = :attempted_ms, http_status = :http_status, duration_ms = :duration_ms {rows}
		WHERE webhook_delivery.account_id = :account_id AND webhook_delivery.event_id = :event_id AND webhook_delivery.webhook_id = :webhook_id
			AND webhook_delivery.epoch = :epoch AND webhook_delivery.state = 0`,
		"account_id bigint", "event_id bigint", "webhook_id bigint", "epoch bigint",
		"attempts bigint", "tries bigint", "attempted_ms bigint", "http_status bigint", "duration_ms bigint")

	updateWaiting = db.Rows(`UPDATE webhook_delivery SET state = :state, epoch = 0, attempts = :attempts, tries = :tries, due_ms = :due_ms {rows}
		WHERE webhook_delivery.account_id = :account_id AND webhook_delivery.event_id = :event_id AND webhook_delivery.webhook_id = :webhook_id
			AND webhook_delivery.epoch = :epoch AND webhook_delivery.state = 0 RETURNING :place`,
		"account_id bigint", "event_id bigint", "webhook_id bigint", "epoch bigint",
		"attempts bigint", "tries bigint", "state bigint", "due_ms bigint")

	insertAttempt = db.Rows(`INSERT INTO webhook_attempt (account_id, event_id, webhook_id, attempt, attempted_ms, http_status, duration_ms, problem)
		SELECT :account_id, :event_id, :webhook_id, :attempt, :attempted_ms, :http_status, :duration_ms, :problem {rows}`,
		"account_id bigint", "event_id bigint", "webhook_id bigint", "attempt bigint", "attempted_ms bigint", "http_status bigint",
		"duration_ms bigint", "problem text")
)

// writeOutcomes writes outcomes of deliveries that are still this node's.
func (d *Deliverer) writeOutcomes(tx *db.Tx, all []*outcome) error {
	slices.SortFunc(all, func(a, b *outcome) int { return a.compare(b.delivery) })
	var delivered, others []*outcome
	for _, o := range all {
		if o.state == Delivered {
			delivered = append(delivered, o)
		} else {
			others = append(others, o)
		}
	}
	err := tx.Each(updateDelivered, len(delivered), func(i int, args []any) {
		o := delivered[i]
		o.key(args)
		args[4], args[5] = int64(o.attempts), int64(o.tries)
		args[6], args[7], args[8] = o.beganMs, int64(o.result.HTTPStatus), o.result.Duration.Milliseconds()
	})
	if err != nil {
		return err
	}
	if err := writeOthers(tx, others); err != nil {
		return err
	}
	return writeHealth(tx, all)
}

// writeOthers writes those that wait again or have failed, and the attempts that were
// made.
func writeOthers(tx *db.Tx, others []*outcome) error {
	var made []*outcome
	err := tx.EachTouched(updateWaiting, len(others), func(i int, args []any) {
		o := others[i]
		o.key(args)
		args[4], args[5], args[6], args[7] = int64(o.attempts), int64(o.tries), int64(o.state), o.dueMs
	}, func(i int) {
		if others[i].attempted {
			made = append(made, others[i])
		}
	})
	if err != nil {
		return err
	}
	return tx.Each(insertAttempt, len(made), func(i int, args []any) {
		o := made[i]
		args[0], args[1], args[2], args[3] = o.AccountID, o.eventID(), o.webhookID, int64(o.attempts)
		args[4], args[5], args[6], args[7] = o.beganMs, nil, o.result.Duration.Milliseconds(), string(o.result.Problem)
		if o.result.HTTPStatus != 0 {
			args[5] = int64(o.result.HTTPStatus)
		}
	})
}

// key fills the arguments that say which row it is, and that it must be this node's.
func (d *delivery) key(args []any) {
	args[0], args[1], args[2], args[3] = d.AccountID, d.eventID(), d.webhookID, d.epoch
}

// compare orders deliveries as their rows are locked.
func (d *delivery) compare(other *delivery) int {
	return cmp.Or(cmp.Compare(d.AccountID, other.AccountID), cmp.Compare(d.eventID(), other.eventID()), cmp.Compare(d.webhookID, other.webhookID))
}

// writeHealth notes on a webhook since when it fails, or that it does not any more. A
// failure at an address that it had before is none of its present one.
func writeHealth(tx *db.Tx, all []*outcome) error {
	touched := false
	for _, o := range all {
		if o.turned == nil {
			continue
		}
		text, args := `UPDATE webhook SET failing_ms = NULL WHERE id = $1 AND failing_ms IS NOT NULL`, []any{o.webhookID}
		if o.health() == failing {
			text, args = `UPDATE webhook SET failing_ms = $2 WHERE id = $1 AND url = $3 AND failing_ms IS NULL`, []any{o.webhookID, o.beganMs, o.turned.URL}
		}
		changed, err := tx.Exec(text, args...)
		if err != nil {
			return err
		}
		touched = touched || changed > 0
	}
	if !touched {
		return nil
	}
	return tx.Touch(Topic)
}
