package user

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// longKey is the length of the keys made here; the short ones of old have 40.
const longKey = 70

// keyHash is the SHA-256 of an API key, all that is kept of it.
type keyHash [sha256.Size]byte

func hashKey(key string) keyHash {
	var text [longKey]byte // []byte(key) would be on the heap
	return sha256.Sum256(text[:copy(text[:], key)])
}

func (h keyHash) String() string { return hex.EncodeToString(h[:]) }

// A credential is a key or a session that exists, with all that decides whether it lets in.
type credential struct {
	principal api.Principal
	networks  []netip.Prefix // none = from anywhere
	expires   int64          // Unix ms, 0 = never
	revoked   bool
	closedBy  int64 // a session's; 0 = it is open
	status    Status
	apiAccess bool
}

// Authenticate finds the account of an API key or a session's token, for the door (api.Authenticator).
// Refusals are codes 8, 14 and 9, and 30 for an address that tried many unknown
// ones: then only a key that has been in use here lets it in, and the database is not asked
// of others. The principal is shared: not to be changed.
func (m *Module) Authenticate(ctx context.Context, token string, ip netip.Addr) (*api.Principal, error) {
	if len(token) > longKey {
		return nil, api.Login("login.unknown")
	}
	hash := hashKey(token)
	c, known := m.keys.peek(hash)
	if !known {
		var err error
		if c, err = m.look(ctx, hash, ip); err != nil {
			return nil, err
		}
	}
	if refusal := c.refuse(m.db.Now(), ip); refusal != nil {
		m.log.DebugContext(ctx, "login refused", "key", c.principal.KeyID, "reason", refusal)
		return &c.principal, refusal
	}
	return &c.principal, nil
}

// look finds a credential that is not in memory.
func (m *Module) look(ctx context.Context, hash keyHash, ip netip.Addr) (*credential, error) {
	from := api.Neighbourhood(ip)
	if wait := m.strangers.wait(from, m.db.Time()); wait > 0 && !m.keys.existed(hash) {
		return nil, api.RateLimited(wait)
	}
	c, err := m.keys.get(ctx, hash)
	switch {
	case errors.Is(err, db.ErrNotFound):
		m.strangers.failed(from, m.db.Time())
		return nil, api.Login("login.unknown")
	case err != nil:
		return nil, fmt.Errorf("look an API key up: %w", err)
	}
	return c, nil
}

// refuse says why the key does not let in. What concerns the key goes first: who
// holds a stolen or an old one learns nothing of the account.
func (c *credential) refuse(now int64, ip netip.Addr) *api.Error {
	if c.principal.SessionID != 0 {
		if over := c.refuseSession(now); over != nil {
			return over
		}
	}
	switch {
	case c.revoked:
		return api.Login("login.revoked")
	case c.expires != 0 && c.expires <= now:
		return api.Login("login.expired")
	case !c.reachableFrom(ip):
		return api.Login("login.address")
	}
	return refuseAccount(c.status, c.apiAccess)
}

// refuseAccount says why an account's calls are refused, by whatever they come, or nil.
func refuseAccount(status Status, apiAccess bool) *api.Error {
	switch {
	case status == Deleted:
		return api.AccountDeleted()
	case status != Usable:
		return api.AccountBlocked()
	case !apiAccess:
		return api.Access("access.off")
	}
	return nil
}

func (c *credential) reachableFrom(ip netip.Addr) bool {
	if len(c.networks) == 0 {
		return true
	}
	ip = ip.Unmap()
	for _, network := range c.networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// loadCredential reads a key or, where there is none, a session.
func (m *Module) loadCredential(ctx context.Context, hash keyHash) (*credential, error) {
	c, err := m.loadKey(ctx, hash)
	if errors.Is(err, db.ErrNotFound) {
		return m.loadSession(ctx, hash)
	}
	return c, err
}

func (m *Module) loadKey(ctx context.Context, hash keyHash) (*credential, error) {
	c, a := &credential{}, &Account{}
	var scopes, networks string
	var expires, revoked sql.NullInt64
	err := m.db.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT k.id, k.scopes, k.ips, k.expires_ms, k.revoked_ms, `+accountColumns+`
			FROM api_key k JOIN account a ON a.id = k.account_id WHERE k.hash = $1`, []any{hash.String()},
			append([]any{&c.principal.KeyID, &scopes, &networks, &expires, &revoked}, a.columns()...)...)
	})
	if err != nil {
		return nil, err
	}
	if err := a.locate(); err != nil {
		return nil, err
	}
	if c.networks, err = parseNetworks(split(networks)); err != nil {
		return nil, fmt.Errorf("key %d: %w", c.principal.KeyID, err)
	}
	c.principal.Account, c.principal.Scopes = a.Public(), split(scopes)
	c.expires, c.revoked = expires.Int64, revoked.Valid
	c.status, c.apiAccess = a.Status, a.APIAccess
	return c, nil
}

// split is the inverse of strings.Join with a comma.
func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
