package numberstoplist

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Add puts an entry on the list and gives its id, and that of the one that is there
// already if it is: whose comment then is the new one, unless that is empty. When it
// returns, this process knows. It does not check that the account is there.
func (m *Module) Add(ctx context.Context, e Entry) (id int64, err error) {
	return m.add(ctx, e, func(*db.Tx, int64) error { return nil })
}

// add has then called in the same transaction, with the id.
func (m *Module) add(ctx context.Context, e Entry, then func(tx *db.Tx, id int64) error) (id int64, err error) {
	if err := checkComment(e.Comment); err != nil {
		return 0, err
	}
	if e.ID, err = m.DB.NextID(ctx, IDs); err != nil {
		return 0, err
	}
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		id = e.ID
		added, err := put(tx, e.AccountID, []Entry{e})
		if err == nil && added == 0 {
			err = tx.One(`SELECT id FROM stop_number WHERE account_id = $1 AND number_from = $2 AND number_to = $3`,
				[]any{e.AccountID, e.Numbers.From, e.Numbers.To}, &id)
		}
		if err != nil {
			return err
		}
		return then(tx, id)
	})
	if err == nil {
		err = m.follow(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("stop %s: %w", e.Numbers, err)
	}
	return id, nil
}

// Remove takes an entry off an account's list, or Global's: the same number, or the same
// range, or it is ErrNone.
func (m *Module) Remove(ctx context.Context, accountID int64, r Range) error {
	return m.remove(ctx, accountID, func(*db.Tx) error { return nil }, "number_from = $2 AND number_to = $3", r.From, r.To)
}

// remove takes off the one entry that a condition holds for, and has then called in the
// same transaction.
func (m *Module) remove(ctx context.Context, accountID int64, then func(tx *db.Tx) error, condition string, args ...any) error {
	text := "DELETE FROM stop_number WHERE account_id = $1 AND " + condition + " RETURNING number_from, number_to"
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := tx.Touch(Topic); err != nil {
			return err
		}
		went := change{account: accountID}
		if err := tx.One(text, append([]any{accountID}, args...), &went.numbers.From, &went.numbers.To); err != nil {
			return err
		}
		return errors.Join(record(tx, accountID, []change{went}, -1), then(tx))
	})
	if errors.Is(err, db.ErrNotFound) {
		return ErrNone
	}
	if err == nil {
		err = m.follow(ctx)
	}
	return err
}

var (
	insertEntry = db.Rows(`INSERT INTO stop_number (id, account_id, number_from, number_to, comment, comment_folded, created_by, created_ms)
		SELECT :id, :account_id, :number_from, :number_to, :comment, :comment_folded, :created_by, :created_ms {rows}
		WHERE true ON CONFLICT (account_id, number_from, number_to) DO NOTHING RETURNING :place BY id`,
		"id bigint", "account_id bigint", "number_from bigint", "number_to bigint", "comment text", "comment_folded text",
		"created_by bigint", "created_ms bigint")

	setComment = db.Rows(`UPDATE stop_number SET comment = :comment, comment_folded = :comment_folded {rows}
		WHERE stop_number.account_id = :account_id AND stop_number.number_from = :number_from AND stop_number.number_to = :number_to`,
		"account_id bigint", "number_from bigint", "number_to bigint", "comment text", "comment_folded text")

	insertChange = db.Rows(`INSERT INTO stop_change (seq, account_id, number_from, number_to, stopped, changed_ms)
		SELECT :seq, :account_id, :number_from, :number_to, :stopped, :changed_ms {rows}`,
		"seq bigint", "account_id bigint", "number_from bigint", "number_to bigint", "stopped bigint", "changed_ms bigint")
)

// put writes an account's entries that are not on its list, and the comments of those
// that are. It tells how many came. To touch the topic first keeps all others who change
// the list waiting: so changes are numbered in the order of the commits.
func put(tx *db.Tx, accountID int64, entries []Entry) (added int, err error) {
	if err := tx.Touch(Topic); err != nil {
		return 0, err
	}
	isNew := make([]bool, len(entries))
	err = tx.EachTouched(insertEntry, len(entries), func(i int, args []any) {
		e := &entries[i]
		args[0], args[1], args[2], args[3] = e.ID, accountID, e.Numbers.From, e.Numbers.To
		args[4], args[5], args[6], args[7] = e.Comment, fold(e.Comment), e.CreatedBy, tx.Now()
	}, func(i int) {
		isNew[i] = true
		added++
	})
	if err != nil {
		return 0, err
	}
	var changes []change
	var said []*Entry
	for i := range entries {
		e := &entries[i]
		if !isNew[i] && e.Comment == "" {
			continue
		}
		changes = append(changes, change{accountID, e.Numbers, true})
		if !isNew[i] {
			said = append(said, e)
		}
	}
	err = tx.Each(setComment, len(said), func(i int, args []any) {
		e := said[i]
		args[0], args[1], args[2], args[3], args[4] = accountID, e.Numbers.From, e.Numbers.To, e.Comment, fold(e.Comment)
	})
	if err != nil {
		return 0, err
	}
	return added, record(tx, accountID, changes, int64(added))
}

// record writes changes of an account's list, by which it has so many entries more.
func record(tx *db.Tx, accountID int64, changes []change, more int64) error {
	if len(changes) == 0 {
		return nil
	}
	n := int64(len(changes))
	var last int64
	if err := tx.One("UPDATE stop_last SET seq = seq + $1 WHERE id = 1 RETURNING seq", []any{n}, &last); err != nil {
		return err
	}
	err := tx.Each(insertChange, len(changes), func(i int, args []any) {
		c := &changes[i]
		args[0], args[1], args[2], args[3] = last-n+1+int64(i), accountID, c.numbers.From, c.numbers.To
		args[4], args[5] = int64(0), tx.Now()
		if c.stopped {
			args[4] = int64(1)
		}
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO stop_total (account_id, entries, seq) VALUES ($1, $2, $3)
		ON CONFLICT (account_id) DO UPDATE SET entries = stop_total.entries + excluded.entries, seq = excluded.seq`, accountID, more, last)
	return err
}

// fold is a comment as it is searched.
func fold(comment string) string { return strings.ToLower(comment) }
