package webhook

import (
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// delivery is an event on its way to one webhook.
type delivery struct {
	message.Final
	webhookID int64
	attempts  int   // made before
	tries     int   // of those, since it was asked for, at first or by a replay
	epoch     int64 // of its row: this node's while it is in memory, 0 = nobody's
}

// eventID: an event about a message has the message's id.
func (d *delivery) eventID() int64 { return d.ID }

var insertDelivery = db.Rows(`INSERT INTO webhook_delivery (account_id, event_id, webhook_id, created_ms, state, attempts, tries, due_ms, epoch)
	SELECT :account_id, :event_id, :webhook_id, :created_ms, 0, 0, 0, :created_ms, :epoch {rows}`,
	"account_id bigint", "event_id bigint", "webhook_id bigint", "created_ms bigint", "epoch bigint")

// Wanted tells from memory whether anybody wants to hear of final statuses.
func (m *Module) Wanted() bool { return len(m.Get().reports) > 0 }

// Report writes, in the transaction that makes messages final, whom to tell. After
// the commit the deliverer tells those it has room for.
func (m *Module) Report(tx *db.Tx, finals []message.Final) error {
	reports := m.Get().reports
	var all []*delivery
	for _, f := range finals {
		for _, w := range reports[f.AccountID] {
			all = append(all, &delivery{Final: f, webhookID: w.ID})
		}
	}
	if len(all) == 0 {
		return nil
	}
	held := m.deliverer.admit(all)
	err := tx.Each(insertDelivery, len(all), func(i int, args []any) {
		d := all[i]
		args[0], args[1], args[2], args[3], args[4] = d.AccountID, d.eventID(), d.webhookID, d.AtMs, d.epoch
	})
	tx.After(func() { m.deliverer.take(held) })
	return err
}
