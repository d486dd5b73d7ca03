package price

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// An import writes its rows in chunks, under its own id, and nobody sees them. One
// small transaction then completes it: of a price's rows the one of the latest
// complete import counts. What that replaced is removed after it. An import that died
// is given up by a later one, and its rows are removed then.

// state of an import. The numbers are stored.
type state int64

const (
	writing  state = 0 // or dead
	complete state = 1
	givenUp  state = 2
)

const (
	chunkRows = 1000        // of a transaction
	deadAfter = time.Minute // since an import's last sign of life
)

// errGivenUp ends an import that was silent for so long that another took it for dead.
var errGivenUp = errors.New("the import stood still for too long and was given up")

// put adds prices, or replaces those that are there, all of them or none.
func (m *Module) put(ctx context.Context, prices []Price) error {
	slices.SortFunc(prices, inOrder)
	id, err := m.begin(ctx)
	for chunk := range slices.Chunk(prices, chunkRows) {
		if err == nil {
			err = m.write(ctx, id, chunk)
		}
	}
	if err == nil {
		err = m.finish(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("write the prices, of which none is changed: %w", err)
	}
	m.Changed()
	if err := m.tidy(ctx); err != nil { // the prices stand: what is left over is left to the next import
		m.log.WarnContext(ctx, "could not remove old prices", "error", err)
	}
	return nil
}

// begin makes a new import and gives up those that are dead.
func (m *Module) begin(ctx context.Context) (id int64, err error) {
	for range 10 { // another may take the same id at the same moment
		err = m.db.Write(ctx, db.Background, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE price_import SET state = $1 WHERE state = $2 AND written_ms < $3`,
				int64(givenUp), int64(writing), tx.Now()-deadAfter.Milliseconds())
			if err != nil {
				return err
			}
			return tx.One(`INSERT INTO price_import (id, state, written_ms) SELECT coalesce(max(id), 0) + 1, $1, $2 FROM price_import RETURNING id`,
				[]any{int64(writing), tx.Now()}, &id)
		})
		if !errors.Is(err, db.ErrConflict) {
			break
		}
	}
	return id, err
}

var insert = db.Rows(`INSERT INTO price (currency, country, operator, import_id, price)
	SELECT :currency, :country, :operator, :import_id, :price {rows}`,
	"currency text", "country text", "operator text", "import_id bigint", "price bigint")

func (m *Module) write(ctx context.Context, id int64, chunk []Price) error {
	return m.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		if err := mark(tx, id, writing); err != nil {
			return err
		}
		return tx.Each(insert, len(chunk), func(i int, args []any) {
			p := &chunk[i]
			args[0], args[1], args[2], args[3], args[4] = p.Currency, p.Country, p.Operator, id, int64(p.Amount)
		})
	})
}

// finish makes all of an import's prices count.
func (m *Module) finish(ctx context.Context, id int64) error {
	return m.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		if err := mark(tx, id, complete); err != nil {
			return err
		}
		return tx.Touch(Topic)
	})
}

// mark is a sign of life of an import that is not given up.
func mark(tx *db.Tx, id int64, to state) error {
	found, err := tx.Exec(`UPDATE price_import SET state = $1, written_ms = $2 WHERE id = $3 AND state = $4`,
		int64(to), tx.Now(), id, int64(writing))
	if err == nil && found == 0 {
		return errGivenUp
	}
	return err
}

var remove = db.Rows(`DELETE FROM price {rows} WHERE price.currency = :currency AND price.country = :country
		AND price.operator = :operator AND price.import_id = :import_id`,
	"currency text", "country text", "operator text", "import_id bigint")

// tidy removes the rows that count no more and never will again.
func (m *Module) tidy(ctx context.Context) error {
	_, stale, err := m.read(ctx)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(stale, chunkRows) {
		err := m.db.Write(ctx, db.Background, func(tx *db.Tx) error {
			return tx.Each(remove, len(chunk), func(i int, args []any) {
				r := &chunk[i]
				args[0], args[1], args[2], args[3] = r.Currency, r.Country, r.Operator, r.importID
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
