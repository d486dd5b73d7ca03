package numberstoplist

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// readChunk is how many rows are read at once.
const readChunk = 20_000

// errForgotten: changes that were not read yet are there no more.
var errForgotten = errors.New("changes of the stop list are gone")

// load reads the whole list for the first time.
func (m *Module) load(ctx context.Context) error {
	m.following.Lock()
	defer m.following.Unlock()
	return m.reload(ctx)
}

// follow makes the changes in memory that were made on the list since the last time. It
// does nothing where nobody asks: before the start.
func (m *Module) follow(ctx context.Context) error {
	m.following.Lock()
	defer m.following.Unlock()
	if !m.loaded {
		return nil
	}
	err := m.catchUp(ctx)
	if errors.Is(err, errForgotten) {
		err = m.reload(ctx)
	}
	return err
}

// reload reads the list, and then what was changed meanwhile, perhaps for a second time.
func (m *Module) reload(ctx context.Context) error {
	fresh := newBook()
	var seen int64
	err := m.DB.Read(ctx, func(q *db.Reader) error { return readLast(q, &seen) }) // before the rows, so that no change is missed
	for id, more := int64(0), true; more && err == nil; {
		var chunk []change
		if chunk, id, err = m.readEntries(ctx, id); err == nil {
			fresh.apply(chunk)
		}
		more = len(chunk) == readChunk
	}
	if err != nil {
		return fmt.Errorf("read the stop list: %w", err)
	}
	m.book.Store(fresh)
	m.seen, m.loaded = seen, true
	return m.catchUp(ctx)
}

func readLast(q *db.Reader, seq *int64) error {
	return q.One("SELECT seq FROM stop_last WHERE id = 1", nil, seq)
}

// readEntries reads the entries behind an id, and tells the last one's.
func (m *Module) readEntries(ctx context.Context, after int64) (chunk []change, last int64, err error) {
	chunk, last = make([]change, 0, readChunk), after
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT id, account_id, number_from, number_to FROM stop_number WHERE id > $1 ORDER BY id LIMIT $2",
			func(row db.Row) error {
				c := change{stopped: true}
				err := row.Scan(&last, &c.account, &c.numbers.From, &c.numbers.To)
				chunk = append(chunk, c)
				return err
			}, after, int64(readChunk))
	})
	return chunk, last, err
}

// catchUp makes all changes that were committed before the call.
func (m *Module) catchUp(ctx context.Context) error {
	for more := true; more; {
		var changes []change
		var last int64
		err := m.DB.Read(ctx, func(q *db.Reader) (err error) {
			if err = readLast(q, &last); err == nil && last != m.seen {
				changes, err = m.readChanges(q, min(last, m.seen+readChunk))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("follow the stop list: %w", err)
		}
		m.book.Load().apply(changes)
		m.seen += int64(len(changes))
		more = m.seen < last
	}
	return nil
}

// readChanges reads those behind what was seen, up to a last one. There is one for each
// number.
func (m *Module) readChanges(q *db.Reader, last int64) (changes []change, err error) {
	err = q.Query(`SELECT account_id, number_from, number_to, stopped FROM stop_change WHERE seq > $1 AND seq <= $2 ORDER BY seq`,
		func(row db.Row) error {
			var c change
			err := row.Scan(&c.account, &c.numbers.From, &c.numbers.To, &c.stopped)
			changes = append(changes, c)
			return err
		}, m.seen, last)
	if err == nil && int64(len(changes)) != last-m.seen {
		err = errForgotten
	}
	return changes, err
}

const (
	// sweepEvery is how often old changes are removed.
	sweepEvery = time.Minute
	// changesFor is how long they are kept: who is further behind reads the whole list.
	changesFor = time.Hour
	// sweepChunk is how many go in one transaction.
	sweepChunk = 1000
)

// sweep removes changes that everybody has read long ago.
func (m *Module) sweep(ctx context.Context) error {
	for gone := int64(sweepChunk); gone == sweepChunk; {
		err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
			gone, err = tx.Exec(`DELETE FROM stop_change WHERE seq IN (
				SELECT seq FROM (SELECT seq, changed_ms FROM stop_change ORDER BY seq LIMIT $1) AS oldest WHERE changed_ms < $2)`,
				int64(sweepChunk), tx.Now()-changesFor.Milliseconds())
			return err
		})
		if err != nil {
			return fmt.Errorf("remove old changes of the stop list: %w", err)
		}
	}
	return nil
}
