package alphaname

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of the administration; they come wrapped with the sender they are about.
var (
	ErrName   = errors.New("must be up to 11 Latin letters, digits, spaces and . _ - &, or a number of up to 15 digits")
	ErrExists = errors.New("exists already")
	ErrNone   = errors.New("no such sender")
)

// nameForm: what a carrier takes as an alphanumeric address is 11 characters of the
// GSM alphabet (3GPP TS 23.040 §9.1.2.5), of which these survive everywhere.
var nameForm = regexp.MustCompile(`^(?:[0-9]{1,15}|[A-Za-z0-9._&-](?:[A-Za-z0-9 ._&-]{0,9}[A-Za-z0-9._&-])?)$`)

// Add adds a usable sender to an account, or to all with Shared. A default takes
// the place of the one before. It does not check that the account is there.
func (m *Module) Add(ctx context.Context, accountID int64, name string, isDefault bool) (id int64, err error) {
	if !nameForm.MatchString(name) {
		return 0, fmt.Errorf("sender %q: %w", name, ErrName)
	}
	for range 10 { // another may take the same id at the same moment
		err = m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
			id, err = add(tx, accountID, name, isDefault)
			return err
		})
		if !errors.Is(err, db.ErrConflict) {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("sender %q: %w", name, err)
	}
	m.Changed()
	return id, nil
}

func add(tx *db.Tx, accountID int64, name string, isDefault bool) (id int64, err error) {
	err = tx.One(`SELECT id FROM alphaname WHERE account_id = $1 AND name = $2`, []any{accountID, name}, &id)
	if err == nil {
		return 0, ErrExists
	}
	if !errors.Is(err, db.ErrNotFound) {
		return 0, err
	}
	first := int64(0)
	if isDefault {
		first = 1
		if _, err := tx.Exec(`UPDATE alphaname SET is_default = 0 WHERE account_id = $1`, accountID); err != nil {
			return 0, err
		}
	}
	err = tx.One(`INSERT INTO alphaname (id, account_id, name, is_default, status, created_ms, updated_ms)
		SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6 FROM alphaname RETURNING id`,
		[]any{accountID, name, first, int64(Usable), tx.Now(), tx.Now()}, &id)
	if err != nil {
		return 0, err
	}
	return id, tx.Touch(Topic)
}

// Remove takes a sender away from an account, or from all with Shared. Messages
// that were accepted with it and still wait in the queue are rejected and paid back.
func (m *Module) Remove(ctx context.Context, accountID int64, name string) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		found, err := tx.Exec(`DELETE FROM alphaname WHERE account_id = $1 AND name = $2`, accountID, name)
		if err == nil && found == 0 {
			return ErrNone
		}
		return errors.Join(err, tx.Touch(Topic))
	})
	if err != nil {
		return fmt.Errorf("sender %q: %w", name, err)
	}
	m.Changed()
	return nil
}

// List reads all senders in order of id.
func (m *Module) List(ctx context.Context) (all []Alphaname, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, account_id, name, is_default, status, created_ms, updated_ms FROM alphaname ORDER BY id`,
			func(rows db.Row) error {
				var a Alphaname
				err := rows.Scan(&a.ID, &a.AccountID, &a.Name, &a.Default, &a.Status, &a.Created, &a.Updated)
				all = append(all, a)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read the senders: %w", err)
	}
	return all, nil
}
