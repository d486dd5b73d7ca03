package campaign

import (
	"context"
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// hold takes a draft for one call that adds to it, or for a task: who is the node's
// epoch or the task's id, negative; key is the idempotency key of the call, if any; groups
// are those that it is added from then. It fails with code 10 where it is no draft any
// more, somebody else adds to it, or somebody has since it was read.
func hold(tx *db.Tx, b *Bulk, who int64, key []byte, groups groupIDs) error {
	held, err := tx.Exec(`UPDATE campaign SET adding = $2, adding_key = $6, group_ids = $3 WHERE id = $1 AND state = 0 AND adding = 0
		AND messages = $4 AND group_ids = $5 AND deleted_ms IS NULL`, b.ID, who, groups.text(), b.Messages, b.Groups.text(), key)
	if err == nil && held == 0 {
		return errState
	}
	return err
}

// errLost: another node took this one for dead and let the campaign go.
var errLost = errors.New("the campaign is not held any more")

// holds makes sure in a transaction that the campaign is still held.
func holds(tx *db.Tx, campaignID, who int64) error {
	held, err := tx.Exec(`UPDATE campaign SET adding = adding WHERE id = $1 AND adding = $2`, campaignID, who)
	if err == nil && held == 0 {
		return errLost
	}
	return err
}

// letGo ends what hold began.
func letGo(tx *db.Tx, campaignID, who int64) error {
	_, err := tx.Exec(`UPDATE campaign SET adding = 0 WHERE id = $1 AND adding = $2`, campaignID, who)
	return err
}

// letGoSoon lets a campaign go, as soon as the database takes that: the caller may have
// gone, and what was added stands.
func (m *Module) letGoSoon(campaignID, who int64) {
	err := m.DB.Write(context.Background(), db.Answers, func(tx *db.Tx) error { return letGo(tx, campaignID, who) })
	if err != nil {
		m.again.Add(err, func() { m.letGoSoon(campaignID, who) })
	}
}

// held does work on a draft that nobody else adds to meanwhile.
func (m *Module) held(ctx context.Context, b *Bulk, key []byte, groups groupIDs, work func(who int64) error) error {
	who := m.Node.Epoch()
	if err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error { return hold(tx, b, who, key, groups) }); err != nil {
		return err
	}
	defer m.letGoSoon(b.ID, who)
	return work(who)
}
