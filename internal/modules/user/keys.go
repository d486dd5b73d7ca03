package user

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// KeyOptions are what a new key may be told. The zero value is a key for
// everything, from anywhere, for ever.
type KeyOptions struct {
	Scopes  []string  // "user", "message:read"; none = everything
	IPs     []string  // addresses and networks it may be used from; none = anywhere
	Expires time.Time // from then on it is refused; zero = never
	Key     string    // the key itself, where it is given and not made
}

// Key is what is known of an API key; the key itself is not.
type Key struct {
	ID, AccountID             int64
	Scopes, IPs               []string
	Created, Expires, Revoked int64 // Unix ms; 0 = never
}

// secretBytes make the 68 hex digits behind a key's prefix.
const secretBytes = (longKey - len(defaultPrefix)) / 2

func newSecret(prefix string) string {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails
	return prefix + hex.EncodeToString(secret)
}

// CreateKey makes a further key of an account and returns it in clear, this once.
func (m *Module) CreateKey(ctx context.Context, accountID int64, o KeyOptions) (id int64, key string, err error) {
	if err := m.checkKey(&o); err != nil {
		return 0, "", err
	}
	err = m.insert(ctx, func(tx *db.Tx) error {
		if err := mustLive(tx, accountID); err != nil {
			return err
		}
		id, key, err = addKey(tx, accountID, o)
		return err
	})
	if err != nil {
		return 0, "", fmt.Errorf("key for account %d: %w", accountID, err)
	}
	m.keys.outdate()
	return id, key, nil
}

// checkKey checks the options and gives the networks one spelling.
func (m *Module) checkKey(o *KeyOptions) error {
	if err := checkScopes(o.Scopes); err != nil {
		return err
	}
	networks, err := parseNetworks(o.IPs)
	if err != nil {
		return err
	}
	o.IPs = nil
	for _, network := range networks {
		o.IPs = append(o.IPs, network.String())
	}
	if !o.Expires.IsZero() && o.Expires.UnixMilli() <= m.db.Now() {
		return fmt.Errorf("expiry %s: is over already", o.Expires.Format(time.DateOnly))
	}
	if o.Key != "" && !keyForm.MatchString(o.Key) {
		return errors.New("key: must be 40 or 70 lower-case letters and digits") // and is not to be shown
	}
	return nil
}

// insert runs fn in a transaction that takes the next id of a table; it is tried
// again when another took the same one.
func (m *Module) insert(ctx context.Context, fn func(tx *db.Tx) error) error {
	var err error
	for range 10 {
		if err = m.db.Write(ctx, db.Answers, fn); !errors.Is(err, db.ErrConflict) {
			return err
		}
	}
	return err
}

// addKey stores a key of which the options were checked.
func addKey(tx *db.Tx, accountID int64, o KeyOptions) (id int64, key string, err error) {
	key = o.Key
	if key == "" {
		cell, err := readCell(tx)
		if err != nil {
			return 0, "", err
		}
		key = newSecret(cell.Prefix)
	}
	hash := hashKey(key).String()
	err = tx.One(`SELECT id FROM api_key WHERE hash = $1`, []any{hash}, &id)
	if err == nil {
		return 0, "", ErrKeyTaken
	}
	if !errors.Is(err, db.ErrNotFound) {
		return 0, "", err
	}
	expires := sql.NullInt64{Int64: o.Expires.UnixMilli(), Valid: !o.Expires.IsZero()}
	err = tx.One(`INSERT INTO api_key (id, account_id, hash, scopes, ips, created_ms, expires_ms)
		SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6 FROM api_key RETURNING id`,
		[]any{accountID, hash, strings.Join(o.Scopes, ","), strings.Join(o.IPs, ","), tx.Now(), expires}, &id)
	if err != nil {
		return 0, "", err
	}
	return id, key, tx.Touch(TopicKey)
}

// RevokeKey ends a key for ever, within a second on all nodes. Revoking it again
// does nothing.
func (m *Module) RevokeKey(ctx context.Context, id int64) error {
	err := m.db.Write(ctx, db.Answers, func(tx *db.Tx) error {
		found, err := tx.Exec(`UPDATE api_key SET revoked_ms = coalesce(revoked_ms, $1) WHERE id = $2`, tx.Now(), id)
		if err == nil && found == 0 {
			return ErrNoKey
		}
		return errors.Join(err, tx.Touch(TopicKey))
	})
	if err != nil {
		return fmt.Errorf("key %d: %w", id, err)
	}
	m.keys.outdate()
	return nil
}

const keyColumns = `id, account_id, scopes, ips, created_ms, expires_ms, revoked_ms`

// ListKeys returns an account's keys in the order they were made, revoked ones too.
func (m *Module) ListKeys(ctx context.Context, accountID int64) (keys []Key, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		var there int64
		if err := q.One(`SELECT id FROM account WHERE id = $1`, []any{accountID}, &there); err != nil {
			return err
		}
		return q.Query(`SELECT `+keyColumns+` FROM api_key WHERE account_id = $1 ORDER BY id`, func(rows db.Row) error {
			k, err := scanKey(rows.Scan)
			keys = append(keys, k)
			return err
		}, accountID)
	})
	if errors.Is(err, db.ErrNotFound) {
		err = ErrNoAccount
	}
	if err != nil {
		return nil, fmt.Errorf("keys of account %d: %w", accountID, err)
	}
	return keys, nil
}

// FindKey finds a key that somebody holds in clear; the error wraps ErrNoKey where
// there is none.
func (m *Module) FindKey(ctx context.Context, key string) (found Key, err error) {
	err = m.db.Read(ctx, func(q *db.Reader) error {
		found, err = scanKey(func(dest ...any) error {
			return q.One(`SELECT `+keyColumns+` FROM api_key WHERE hash = $1`, []any{hashKey(key).String()}, dest...)
		})
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		err = ErrNoKey
	}
	if err != nil {
		return Key{}, fmt.Errorf("find a key: %w", err)
	}
	return found, nil
}

func scanKey(scan func(dest ...any) error) (k Key, err error) {
	var scopes, ips string
	var expires, revoked sql.NullInt64
	err = scan(&k.ID, &k.AccountID, &scopes, &ips, &k.Created, &expires, &revoked)
	k.Scopes, k.IPs, k.Expires, k.Revoked = split(scopes), split(ips), expires.Int64, revoked.Int64
	return k, err
}
