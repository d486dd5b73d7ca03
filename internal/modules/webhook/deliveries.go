package webhook

import (
	"context"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook/post"
)

type deliveriesParams struct {
	Criteria   deliveriesCriteria `param:"criteria" doc:"What to look for; absent = everything."`
	Pagination api.Pagination     `param:"pagination" doc:"Which page, and how many deliveries on it."`
}

type deliveriesCriteria struct {
	api.Criteria
	WebhookID *int64 `param:"webhookId" doc:"Id of a webhook."`
	EventID   *int64 `param:"eventId" doc:"Id of an event: of a delivery report the message's id."`
	State     string `param:"state,oneof=waiting|delivered|failed" doc:"waiting, delivered, or failed: not tried any more."`
}

// deliveryItem is what was told, or is to be told, to one webhook.
type deliveryItem struct {
	EventID       int64         `json:"eventId,string" doc:"Id of the event, the same over all attempts; of a delivery report the message's id."`
	EventType     string        `json:"eventType" doc:"The type of the event."`
	EventCreateTs string        `json:"eventCreateTs" doc:"When the event happened."`
	WebhookID     int64         `json:"webhookId,string" doc:"Id of the webhook that it is told to."`
	State         string        `json:"state" doc:"waiting = it is yet to be told, delivered = it was told, failed = it is not tried any more."`
	NextAttemptTs *string       `json:"nextAttemptTs" doc:"When it is told next, at the earliest; null = it does not wait."`
	Attempts      []attemptItem `json:"attempts" doc:"The attempts to tell it, the first one first."`
}

// attemptItem is one attempt. Nothing of the receiver's body is kept.
type attemptItem struct {
	Attempt    int     `json:"attempt,string" doc:"Which attempt it was, from 1."`
	Ts         string  `json:"ts" doc:"When it began."`
	HTTPStatus *string `json:"httpStatus" doc:"HTTP status of the answer; null = there was none."`
	DurationMs int64   `json:"durationMs,string" doc:"How long it took, in milliseconds."`
	Problem    *string `json:"problem" doc:"Why it failed, in the account's language; null = it succeeded."`
}

// record is a row of webhook_delivery with its attempts.
type record struct {
	accountID, eventID, webhookID int64
	createdMs                     int64
	state                         State
	dueMs                         int64
	attempts                      []attempt
}

type attempt struct {
	number     int
	atMs       int64
	httpStatus int // 0 = there was no answer
	durationMs int64
	problem    post.Problem // "" = it succeeded
}

// deliveries answers a page, newest events first.
func (m *Module) deliveries(ctx context.Context, c *api.Call, p *deliveriesParams) (any, error) {
	items, total := []deliveryItem{}, int64(0)
	if p.Criteria.Nothing {
		return api.NewList(items, 0), nil
	}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		w := p.Criteria.where(c.Account.ID)
		if err := q.One("SELECT count(*) FROM webhook_delivery"+w.Clause(), w.Args(), &total); err != nil {
			return err
		}
		page, err := readDeliveries(q, w, p.Pagination.Size, p.Pagination.Offset())
		for _, r := range page {
			items = append(items, r.item(c))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return api.NewList(items, total), nil
}

// states are the words on the wire.
func (s State) String() string { return [...]string{"waiting", "delivered", "failed"}[s] }

// where leads along the primary key, or along an index of what waits or has failed: the
// states are written out, so that the engines see it.
func (cr *deliveriesCriteria) where(accountID int64) *db.Where {
	w := db.WhereAccount(accountID)
	if cr.WebhookID != nil {
		w.Holds("webhook_id = ?", *cr.WebhookID)
	}
	if cr.EventID != nil {
		w.Holds("event_id = ?", *cr.EventID)
	}
	switch cr.State {
	case Waiting.String():
		w.Holds("state = 0")
		w.Holds("webhook_id IN (SELECT id FROM webhook WHERE account_id = ?)", accountID)
	case Delivered.String():
		w.Holds("state = 1")
	case Failed.String():
		w.Holds("state = 2")
	}
	return w
}

// readDeliveries reads a page of what is found. The one attempt that succeeded stands
// in the delivery's row, those that failed in rows of their own.
func readDeliveries(q *db.Reader, w *db.Where, limit, offset int) (page []*record, err error) {
	w = w.Clone()
	text := `SELECT account_id, event_id, webhook_id, created_ms, state, due_ms,
			attempts, coalesce(attempted_ms, 0), coalesce(http_status, 0), coalesce(duration_ms, 0)
		FROM webhook_delivery` + w.Clause() + ` ORDER BY event_id DESC, webhook_id DESC` + w.Page(limit, offset)
	err = q.Query(text, func(rows db.Row) error {
		r, last := &record{}, attempt{}
		err := rows.Scan(&r.accountID, &r.eventID, &r.webhookID, &r.createdMs, &r.state, &r.dueMs,
			&last.number, &last.atMs, &last.httpStatus, &last.durationMs)
		if r.state == Delivered {
			r.attempts = []attempt{last}
		}
		page = append(page, r)
		return err
	}, w.Args()...)
	if err != nil {
		return nil, err
	}
	return page, readAttempts(q, page)
}

var selectAttempts = db.Rows(`SELECT CAST(:at AS bigint), webhook_attempt.attempt, webhook_attempt.attempted_ms,
		coalesce(webhook_attempt.http_status, 0), webhook_attempt.duration_ms, webhook_attempt.problem
	FROM webhook_attempt {rows} WHERE webhook_attempt.account_id = :account_id AND webhook_attempt.event_id = :event_id
		AND webhook_attempt.webhook_id = :webhook_id ORDER BY webhook_attempt.attempt DESC`,
	"at bigint", "account_id bigint", "event_id bigint", "webhook_id bigint")

// readAttempts adds the attempts that failed, before the one that succeeded.
func readAttempts(q *db.Reader, page []*record) error {
	return q.Each(selectAttempts, len(page), func(i int, args []any) {
		r := page[i]
		args[0], args[1], args[2], args[3] = int64(i), r.accountID, r.eventID, r.webhookID
	}, func(rows db.Row) error {
		var i int
		var a attempt
		err := rows.Scan(&i, &a.number, &a.atMs, &a.httpStatus, &a.durationMs, &a.problem)
		page[i].attempts = append([]attempt{a}, page[i].attempts...)
		return err
	})
}

// toldMost bounds the webhooks that one message is explained with, deleted ones too.
const toldMost = 200

// Told reads the attempts to tell an account's webhooks of a message.
func (m *Module) Told(q *db.Reader, accountID, messageID int64) (told []message.Told, err error) {
	w := db.WhereAccount(accountID)
	w.Holds("event_id = ?", messageID)
	page, err := readDeliveries(q, w, toldMost, 0)
	for _, r := range page {
		for _, a := range r.attempts {
			told = append(told, message.Told{
				WebhookID: r.webhookID, Attempt: a.number, AtMs: a.atMs, HTTPStatus: a.httpStatus, DurationMs: a.durationMs, Problem: string(a.problem),
			})
		}
	}
	return told, err
}

func (r *record) item(c *api.Call) deliveryItem {
	item := deliveryItem{
		EventID: r.eventID, EventType: DeliveryReport, EventCreateTs: c.FormatTime(r.createdMs), WebhookID: r.webhookID,
		State: r.state.String(), Attempts: []attemptItem{},
	}
	if r.state == Waiting {
		item.NextAttemptTs = c.TimeOrNull(r.dueMs)
	}
	for _, a := range r.attempts {
		item.Attempts = append(item.Attempts, a.item(c))
	}
	return item
}

func (a *attempt) item(c *api.Call) attemptItem {
	item := attemptItem{Attempt: a.number, Ts: c.FormatTime(a.atMs), DurationMs: a.durationMs}
	if a.httpStatus != 0 {
		status := strconv.Itoa(a.httpStatus)
		item.HTTPStatus = &status
	}
	if a.problem != "" {
		problem := c.Say("webhook.problem."+string(a.problem), nil)
		item.Problem = &problem
	}
	return item
}
