package message

import (
	"context"
	"errors"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
)

// admitLate makes blocks anew that miss messages.
func (f *Filler) admitLate(ctx context.Context) error {
	var accounts []int64
	err := f.db.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT DISTINCT account_id FROM message_late", func(rows db.Row) error {
			var account int64
			err := rows.Scan(&account)
			accounts = append(accounts, account)
			return err
		})
	})
	if len(accounts) > 0 && f.discovers() {
		err = errors.Join(err, f.forget(ctx))
	}
	for _, account := range accounts {
		err = errors.Join(err, f.admitLateOf(ctx, account))
	}
	return err
}

func (f *Filler) admitLateOf(ctx context.Context, account int64) error {
	var late []int64
	var s *shelf
	err := f.db.Read(ctx, func(q *db.Reader) (err error) {
		if late, err = readLate(q, account); err == nil {
			s, err = f.shelves.read(q, account)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, b := range s.blocks {
		if here := within(slices.Clone(late), b.first, b.last); len(here) > 0 {
			return f.remake(ctx, s, b, here) // one a round: the shelf is another one now
		}
	}
	return nil
}

// remake makes a block anew, of all rows in its range.
func (f *Filler) remake(ctx context.Context, s *shelf, b *block, late []int64) error {
	var rows []column.Row
	err := f.db.Read(ctx, func(q *db.Reader) (err error) {
		rows, err = readRows(q, b.account, b.first, b.last, 10*f.BlockRows)
		return err
	})
	if err != nil {
		return err
	}
	d := newDraft(b.account, b.first, b.last, rows)
	d.late = late
	f.checkIn(d, f.CheckAt)
	return f.put(ctx, d, s)
}
