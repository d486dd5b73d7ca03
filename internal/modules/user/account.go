package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// PartnerID stands on the wire as the reseller an account belongs to. A cell has
// one: its operator.
const PartnerID = "1"

// Status says whether an account may do anything. The numbers are stored.
type Status int64

const (
	Usable  Status = 0
	Blocked Status = 1
	Deleted Status = 2
)

func (s Status) String() string {
	switch s {
	case Usable:
		return "usable"
	case Blocked:
		return "blocked"
	case Deleted:
		return "deleted"
	default:
		return fmt.Sprintf("status %d", int64(s))
	}
}

// Account is what is known of an account, but for its balance, which is never
// cached. It is shared: not to be changed.
type Account struct {
	ID         int64
	Name       string
	Currency   string // ISO 4217
	Timezone   string // IANA name
	Language   string // BCP 47
	Location   *time.Location
	Moderation api.Moderation // which of its texts wait for a moderator
	APIAccess  bool
	Barred     Countries // it may not send to
	Guard      int64     // seconds for which the same message is taken for the same call; 0 = it is not
	Status     Status
	Created    int64 // Unix ms
}

const accountColumns = `a.id, a.name, a.currency, a.timezone, a.language, a.moderated, a.api_access, a.barred, a.duplicate_guard, a.status, a.created_ms`

// columns are where accountColumns are scanned to.
func (a *Account) columns() []any {
	return []any{&a.ID, &a.Name, &a.Currency, &a.Timezone, &a.Language, &a.Moderation, &a.APIAccess, &a.Barred, &a.Guard, &a.Status, &a.Created}
}

// locate fills Location in.
func (a *Account) locate() (err error) {
	a.Location, err = time.LoadLocation(a.Timezone)
	if err != nil {
		return fmt.Errorf("time zone of account %d: %w", a.ID, err)
	}
	return nil
}

// Public is what the door and the methods know of the account.
func (a *Account) Public() *api.Account {
	return &api.Account{ID: a.ID, Currency: a.Currency, Language: a.Language, Location: a.Location, Moderation: a.Moderation, BarredCountries: a.Barred,
		DuplicateGuard: time.Duration(a.Guard) * time.Second}
}

// Account returns an account, deleted ones too, from memory where it can. It
// follows a change within a second. The error wraps ErrNoAccount where there is
// none.
func (m *Module) Account(ctx context.Context, id int64) (*Account, error) {
	a, err := m.accounts.get(ctx, id)
	if errors.Is(err, db.ErrNotFound) {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, fmt.Errorf("account %d: %w", id, err)
	}
	return a, nil
}

// Usable tells whether the account is neither blocked nor deleted. It costs a look
// into a map, nearly always.
func (m *Module) Usable(ctx context.Context, id int64) (bool, error) {
	a, err := m.Account(ctx, id)
	return err == nil && a.Status == Usable, err
}

func (m *Module) loadAccount(ctx context.Context, id int64) (*Account, error) {
	a := &Account{}
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT `+accountColumns+` FROM account a WHERE a.id = $1`, []any{id}, a.columns()...)
	})
	if err != nil {
		return nil, err
	}
	return a, a.locate()
}
