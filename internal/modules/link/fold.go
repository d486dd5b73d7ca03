package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Clicks on many links at once are kept as one row, which is a page or two of the
// database, where counting them link by link is several pages a link. A while later they
// are folded: batches are sorted together into parts, and each part is counted in the
// transaction that removes it. Whoever removes a row does what is to be done with it, so
// nodes may fold side by side, and a crash leaves nothing counted twice or not at all.
const (
	foldEvery = 10 * time.Second
	foldBytes = 1 << 20 // of batches that are sorted together
	foldParts = 500     // parts that are looked up at once
)

// batchID names a row of link_click_batch. Part 0 is a batch, others are parts of several.
type batchID struct{ id, part int64 }

var insertBatch = db.Rows(`INSERT INTO link_click_batch (id, part, body) SELECT :id, :part, :body {rows}`, "id bigint", "part bigint", "body bytea")

// writeBatches writes encoded tallies under one id, the first as that part.
func writeBatches(tx *db.Tx, first batchID, bodies [][]byte) error {
	return tx.Each(insertBatch, len(bodies), func(i int, args []any) {
		args[0], args[1], args[2] = first.id, first.part+int64(i), bodies[i]
	})
}

// keepBatch keeps a tally as it is.
func (m *Module) keepBatch(ctx context.Context, t clickTally) error {
	id, err := m.DB.NextID(ctx, batchIDs)
	if err != nil {
		return err
	}
	return m.DB.Write(ctx, db.Background, func(tx *db.Tx) error { return writeBatches(tx, batchID{id, 0}, [][]byte{t.encode()}) })
}

const batchIDs = "link click batch"

// fold counts what is kept in batches. What can't be counted is left, told, and in
// nobody's way.
func (m *Module) fold(ctx context.Context) (err error) {
	for {
		ids, failed := m.someBatches(ctx)
		if failed != nil || len(ids) == 0 {
			return errors.Join(err, failed, m.foldParts(ctx))
		}
		if failed := m.sortBatches(ctx, ids); failed != nil {
			return errors.Join(err, failed)
		}
		err = errors.Join(err, m.foldParts(ctx))
	}
}

// someBatches gives batches that were not sorted yet, as many as are sorted together.
func (m *Module) someBatches(ctx context.Context) (ids []batchID, err error) {
	size := 0
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, length(body) FROM link_click_batch WHERE part = 0 ORDER BY id LIMIT 1000`, func(row db.Row) error {
			var b batchID
			var bytes int
			err := row.Scan(&b.id, &bytes)
			if size == 0 || size+bytes <= foldBytes {
				ids = append(ids, b)
			}
			size += bytes
			return err
		})
	})
	return ids, err
}

var takeBatch = db.Rows(`DELETE FROM link_click_batch {rows} WHERE link_click_batch.id = :id AND link_click_batch.part = :part
	RETURNING link_click_batch.body`, "id bigint", "part bigint")

// takeBatches removes rows and gives what all of them hold, and the bodies that can't be read;
// those that another node has removed hold nothing.
func takeBatches(tx *db.Tx, ids []batchID) (all counts, unread [][]byte, err error) {
	all = noCounts()
	err = tx.EachReturning(takeBatch, len(ids), func(i int, args []any) {
		args[0], args[1] = ids[i].id, ids[i].part
	}, func(row db.Row) error {
		var body []byte
		if err := row.Scan(&body); err != nil {
			return err
		}
		t, err := decodeTally(body)
		if err != nil {
			unread = append(unread, body)
		}
		all.addAll(t)
		return nil
	})
	return all, unread, err
}

// sortBatches puts parts in the place of batches. A batch that can't be read becomes a part
// as it is.
func (m *Module) sortBatches(ctx context.Context, ids []batchID) error {
	id, err := m.DB.NextID(ctx, batchIDs)
	if err != nil {
		return err
	}
	err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
		all, parts, err := takeBatches(tx, ids)
		if err != nil {
			return err
		}
		for rest := all.sorted(); rest.len() > 0; {
			part := rest.cut(flushChunk)
			parts = append(parts, part.encode())
		}
		return writeBatches(tx, batchID{id, 1}, parts)
	})
	if err != nil {
		return fmt.Errorf("sort clicks: %w", err)
	}
	return nil
}

// foldParts counts all parts there are.
func (m *Module) foldParts(ctx context.Context) (failed error) {
	last := batchID{}
	for {
		ids, err := m.someParts(ctx, last)
		if err != nil || len(ids) == 0 {
			return errors.Join(failed, err)
		}
		for _, id := range ids {
			err := m.DB.Write(ctx, db.Background, func(tx *db.Tx) error {
				all, unread, err := takeBatches(tx, []batchID{id})
				if err == nil && len(unread) > 0 {
					err = errTally
				}
				if err != nil {
					return err
				}
				return writeClicks(tx, all.sorted())
			})
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("count clicks %d, part %d: %w", id.id, id.part, err))
			}
			if ctx.Err() != nil {
				return failed
			}
		}
		last = ids[len(ids)-1]
	}
}

func (m *Module) someParts(ctx context.Context, after batchID) (ids []batchID, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, part FROM link_click_batch WHERE part > 0 AND (id, part) > ($1, $2) ORDER BY id, part LIMIT $3`, func(row db.Row) error {
			var b batchID
			err := row.Scan(&b.id, &b.part)
			ids = append(ids, b)
			return err
		}, after.id, after.part, foldParts)
	})
	return ids, err
}

// readWaiting calls add for each click on links that waits in a batch. Those that can't be
// read are left to fold, which tells of them.
func readWaiting(q *db.Reader, add func(linkCount)) error {
	return q.Query(`SELECT body FROM link_click_batch`, func(row db.Row) error {
		var body []byte
		if err := row.Scan(&body); err != nil {
			return err
		}
		t, _ := decodeTally(body)
		for _, l := range t.links {
			add(l)
		}
		return nil
	})
}
