package alphaname

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of the administration; they come wrapped with the sender they are about.
var (
	ErrName    = errors.New("must be up to 11 Latin letters, digits, spaces and . _ - &, or a number of up to 15 digits")
	ErrExists  = errors.New("exists already")
	ErrNone    = errors.New("no such sender")
	ErrUnready = errors.New("only a usable sender can be the default")
)

// nameForm: what a carrier takes as an alphanumeric address is 11 characters of the
// GSM alphabet (3GPP TS 23.040 §9.1.2.5), of which these survive everywhere.
var nameForm = regexp.MustCompile(`^(?:[0-9]{1,15}|[A-Za-z0-9._&-](?:[A-Za-z0-9 ._&-]{0,9}[A-Za-z0-9._&-])?)$`)

const maxWords = 1000 // characters of a description or a comment

func checkWords(field, text string) error {
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") || utf8.RuneCountInString(text) > maxWords {
		return fmt.Errorf("%s: must be text of up to %d characters", field, maxWords)
	}
	return nil
}

// Add adds a usable sender to an account, or to all with Shared. A default takes
// the place of the one before. It does not check that the account is there.
func (m *Module) Add(ctx context.Context, accountID int64, name string, isDefault bool) (id int64, err error) {
	return m.insert(ctx, Alphaname{AccountID: accountID, Name: name, Status: Usable, Default: isDefault})
}

// Request adds a sender that waits for Approve or Refuse. It does not check that the
// account is there.
func (m *Module) Request(ctx context.Context, accountID int64, name, description string) (id int64, err error) {
	if err := checkWords("description", description); err != nil {
		return 0, err
	}
	return m.insert(ctx, Alphaname{AccountID: accountID, Name: name, Status: Waiting, Description: description})
}

func (m *Module) insert(ctx context.Context, a Alphaname) (id int64, err error) {
	if !nameForm.MatchString(a.Name) {
		return 0, fmt.Errorf("sender %q: %w", a.Name, ErrName)
	}
	for range 10 { // another may take the same id at the same moment
		err = m.change(ctx, func(tx *db.Tx) error {
			id, err = insert(tx, a)
			return err
		})
		if !errors.Is(err, db.ErrConflict) {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("sender %q: %w", a.Name, err)
	}
	return id, nil
}

func insert(tx *db.Tx, a Alphaname) (id int64, err error) {
	err = tx.One(`SELECT id FROM alphaname WHERE account_id = $1 AND name = $2`, []any{a.AccountID, a.Name}, &id)
	if err == nil {
		return 0, ErrExists
	}
	if !errors.Is(err, db.ErrNotFound) {
		return 0, err
	}
	err = tx.One(`INSERT INTO alphaname (id, account_id, name, status, description, created_ms, updated_ms)
		SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6 FROM alphaname RETURNING id`,
		[]any{a.AccountID, a.Name, int64(a.Status), db.OrNull(a.Description), tx.Now(), tx.Now()}, &id)
	if err == nil && a.Default {
		err = makeDefault(tx, id, a.AccountID)
	}
	return id, err
}

// makeDefault takes the place of the owner's default before.
func makeDefault(tx *db.Tx, id, accountID int64) error {
	_, err := tx.Exec(`UPDATE alphaname SET is_default = CASE WHEN id = $1 THEN 1 ELSE 0 END WHERE account_id = $2`, id, accountID)
	return err
}

// Remove takes a sender away from an account, or from all with Shared. Messages
// that were accepted with it and still wait in the queue are rejected and paid back.
func (m *Module) Remove(ctx context.Context, accountID int64, name string) error {
	err := m.change(ctx, func(tx *db.Tx) error {
		found, err := tx.Exec(`DELETE FROM alphaname WHERE account_id = $1 AND name = $2`, accountID, name)
		if err == nil && found == 0 {
			err = ErrNone
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sender %q: %w", name, err)
	}
	return nil
}

// Approve makes a sender usable, whatever it was before, until an instant (Unix ms)
// or, with 0, for good.
func (m *Module) Approve(ctx context.Context, id, until int64) error {
	return m.changeOne(ctx, id, func(tx *db.Tx, _ *Alphaname) error {
		if until != 0 && until <= tx.Now() {
			return errors.New("the end of the approval is over already")
		}
		expires := any(until)
		if until == 0 {
			expires = nil
		}
		_, err := tx.Exec(`UPDATE alphaname SET status = $1, comment = NULL, expires_ms = $2, updated_ms = $3 WHERE id = $4`,
			int64(Usable), expires, tx.Now(), id)
		return err
	})
}

// Refuse makes a sender unusable, whatever it was before, and says why. Messages that
// were accepted with it and still wait in the queue are rejected and paid back.
func (m *Module) Refuse(ctx context.Context, id int64, comment string) error {
	if err := checkWords("comment", comment); err != nil {
		return err
	}
	return m.changeOne(ctx, id, func(tx *db.Tx, _ *Alphaname) error {
		_, err := tx.Exec(`UPDATE alphaname SET status = $1, comment = $2, is_default = 0, expires_ms = NULL, updated_ms = $3 WHERE id = $4`,
			int64(Refused), db.OrNull(comment), tx.Now(), id)
		return err
	})
}

// SetDefault makes a usable sender the default of its account, or of all where it is
// shared, in place of the one before; or, without on, the default no more.
func (m *Module) SetDefault(ctx context.Context, id int64, on bool) error {
	return m.changeOne(ctx, id, func(tx *db.Tx, a *Alphaname) error {
		switch {
		case on && a.Status != Usable:
			return ErrUnready
		case on:
			return makeDefault(tx, id, a.AccountID)
		}
		_, err := tx.Exec(`UPDATE alphaname SET is_default = 0 WHERE id = $1`, id)
		return err
	})
}

// Register says in which countries a sender is registered: in these and no others.
// They are as phone.ParseCountries gives them.
func (m *Module) Register(ctx context.Context, id int64, countries []string) error {
	return m.changeOne(ctx, id, func(tx *db.Tx, _ *Alphaname) error {
		_, err := tx.Exec(`UPDATE alphaname SET registered = $1 WHERE id = $2`, strings.Join(countries, ","), id)
		return err
	})
}

// changeOne makes a change of one sender, which must be there.
func (m *Module) changeOne(ctx context.Context, id int64, change func(tx *db.Tx, a *Alphaname) error) error {
	err := m.change(ctx, func(tx *db.Tx) error {
		a := Alphaname{ID: id}
		err := tx.One(`SELECT account_id, status FROM alphaname WHERE id = $1`, []any{id}, &a.AccountID, &a.Status)
		if errors.Is(err, db.ErrNotFound) {
			err = ErrNone
		}
		if err != nil {
			return err
		}
		return change(tx, &a)
	})
	if err != nil {
		return fmt.Errorf("sender %d: %w", id, err)
	}
	return nil
}

// change makes a change and tells the caches.
func (m *Module) change(ctx context.Context, change func(tx *db.Tx) error) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return tx.Touch(Topic)
	})
	if err == nil {
		m.Changed()
	}
	return err
}
