package webhook

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// A book is all webhooks as of one moment. It is never changed.
type book struct {
	byID    map[int64]*Webhook
	reports map[int64][]*Webhook // by account: those that are on and want delivery reports
}

const columns = `id, account_id, event_type, url, format, secret, status, created_ms, updated_ms, coalesce(failing_ms, 0)`

// fields are where columns are scanned to.
func (w *Webhook) fields() []any {
	return []any{&w.ID, &w.AccountID, &w.EventType, &w.URL, &w.Format, &w.Secret, &w.Status, &w.CreatedMs, &w.UpdatedMs, &w.FailingMs}
}

func (m *Module) load(ctx context.Context) (*book, error) {
	b := &book{byID: map[int64]*Webhook{}, reports: map[int64][]*Webhook{}}
	err := m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT "+columns+" FROM webhook WHERE deleted_ms IS NULL ORDER BY id", func(rows db.Row) error {
			w := &Webhook{}
			err := rows.Scan(w.fields()...)
			b.add(w)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the webhooks: %w", err)
	}
	return b, nil
}

func (b *book) add(w *Webhook) {
	b.byID[w.ID] = w
	if w.Status == On && w.EventType == DeliveryReport {
		b.reports[w.AccountID] = append(b.reports[w.AccountID], w)
	}
}

// on gives a webhook that is switched on; nil where there is none.
func (b *book) on(id int64) *Webhook {
	if w := b.byID[id]; w != nil && w.Status == On {
		return w
	}
	return nil
}
