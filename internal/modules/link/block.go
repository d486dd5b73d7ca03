package link

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// SetBlocked has a link, by its id, one of its codes or its short link, lead nowhere, with
// all codes of its recipients; or, without on, lead to where it did. A text that has a code's
// form is a code. The error wraps ErrNone where there is no such link.
func (m *Module) SetBlocked(ctx context.Context, link string, on bool) (id int64, err error) {
	status := Allowed
	if on {
		status = Blocked
	}
	err = m.change(ctx, func(tx *db.Tx) error {
		if id, err = named(tx, link); err != nil {
			return err
		}
		found, err := tx.Exec("UPDATE short_link SET moderator_status = $1, updated_ms = $2 WHERE id = $3", int64(status), tx.Now(), id)
		if err == nil && found == 0 {
			err = ErrNone
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("link %q: %w", link, err)
	}
	return id, nil
}

// Find gives a link by its id, one of its codes or its short link, whoever's it is, a deleted
// one too. The error wraps ErrNone where there is no such link.
func (m *Module) Find(ctx context.Context, link string) (l *Link, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		id, err := named(q, link)
		if err != nil {
			return err
		}
		l, err = find(q, "id = $1", id)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		err = ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("link %q: %w", link, err)
	}
	return l, nil
}

// named gives the id of a link.
func named(q one, link string) (int64, error) {
	link = codeOf(link)
	if isCode(link) {
		var id int64
		err := q.One("SELECT link_id FROM link_code WHERE code = $1", []any{link}, &id)
		if !errors.Is(err, db.ErrNotFound) {
			return id, err
		}
	}
	id, err := strconv.ParseInt(link, 10, 64)
	if err != nil {
		return 0, ErrNone
	}
	return id, nil
}

// change makes a change of links. It counts at once here, and within a second in other
// processes; one that is refused costs no redirect a read.
func (m *Module) change(ctx context.Context, change func(tx *db.Tx) error) error {
	return m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		tx.After(m.targets.outdate)
		return tx.Touch(TopicLink)
	})
}
