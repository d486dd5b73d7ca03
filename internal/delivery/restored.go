package delivery

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Unsent is what DropUnsent found in a copy of the database.
type Unsent struct {
	Expired int // messages that waited in the queue
	InDoubt int // segments on their way to a carrier
}

// DropUnsent keeps a restored copy of the database from sending what its original
// has sent since. Messages whose time to go had come end as EXPIRED and are paid
// back; those deferred to later than now stay, as nobody can have sent them.
// Segments on their way are in doubt, whatever their carrier's policy: they wait
// for a receipt until their validity ends. No server may be running.
func DropUnsent(ctx context.Context, d *db.DB, messages *message.Module) (found Unsent, err error) {
	for cursor := int64(0); ; {
		var chunk []int64
		err := d.Write(ctx, db.Background, func(tx *db.Tx) error {
			chunk = nil
			if err := tx.Query(`SELECT message_id FROM queue WHERE message_id > $1 AND release_ms <= $2 ORDER BY message_id LIMIT $3`,
				ids(&chunk), cursor, tx.Now(), expireChunk); err != nil {
				return err
			}
			_, err := expireQueued(tx, messages, chunk)
			return err
		})
		if err != nil {
			return found, fmt.Errorf("drop the queue: %w", err)
		}
		if len(chunk) == 0 {
			break
		}
		found.Expired += len(chunk)
		cursor = chunk[len(chunk)-1]
	}
	err = d.Write(ctx, db.Background, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE pending SET doubt = attempt, epoch = 0 WHERE status = 1`)
		found.InDoubt = int(n)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("give up what was on its way: %w", err)
	}
	return found, nil
}
