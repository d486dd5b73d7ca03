package delivery

import (
	"context"
	"fmt"
	"maps"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// links is how a node's links to a carrier are, as its row in link tells others.
type links struct {
	binds, bound int
	slots        int    // the window of those that are bound
	problem      string // the last error of one that is not; "" = there was none
}

func (dis *dispatcher) links() links {
	state := dis.carrier.State()
	return links{state.Binds, state.Bound, dis.carrier.Window(), state.LastError}
}

// tellLinks writes down how this node's links are, where that has changed.
func (d *Delivery) tellLinks(ctx context.Context) error {
	changed := map[int64]links{}
	for _, dis := range d.dispatchers {
		if now := dis.links(); d.told[dis.id] != now {
			changed[dis.id] = now
		}
	}
	if len(changed) == 0 {
		return nil
	}
	err := d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		for carrier, l := range changed {
			_, err := tx.Exec(`INSERT INTO link (carrier_id, epoch, binds, bound, slots, problem, changed_ms)
				VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (carrier_id, epoch) DO UPDATE SET binds = excluded.binds,
				bound = excluded.bound, slots = excluded.slots, problem = excluded.problem, changed_ms = excluded.changed_ms`,
				carrier, d.Node.Epoch(), l.binds, l.bound, l.slots, l.problem, tx.Now())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell how the links are: %w", err)
	}
	maps.Copy(d.told, changed)
	return nil
}

// forgetLinks removes what a node told of its links.
func (d *Delivery) forgetLinks(ctx context.Context, epoch int64) error {
	err := d.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM link WHERE epoch = $1`, epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget the links of node %d: %w", epoch, err)
	}
	return nil
}
