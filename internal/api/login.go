package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Lengths of an API key (contract §1): 70 with a cell's prefix, 40 without.
const (
	longKey   = 70
	shortKey  = 40
	prefixLen = 2
)

// headerToken returns the key of an Authorization header, or "". Other schemes
// are none of ours: a proxy may have its own.
func headerToken(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authenticate finds the key's owner: errors 8, 13 and 14.
func (d *Door) authenticate(ctx context.Context, token string, x *exchange) (*Principal, error) {
	if token == "" {
		return nil, Login("login.missing")
	}
	if !isKey(token) {
		return nil, Login("login.unknown")
	}
	if domain, elsewhere := d.otherCell(token); elsewhere {
		return nil, WrongServer(domain)
	}
	return d.config.Auth.Authenticate(ctx, token, x.ip)
}

func isKey(token string) bool {
	notOfKey := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	return (len(token) == longKey || len(token) == shortKey) && strings.IndexFunc(token, notOfKey) < 0
}

// otherCell returns the domain of the listed peer that issued the key.
func (d *Door) otherCell(token string) (domain string, ok bool) {
	prefix := token[:prefixLen]
	if len(token) != longKey || prefix == d.config.CellPrefix {
		return "", false
	}
	domain, ok = d.config.Peers[prefix]
	return domain, ok
}

// covers reports whether a key's scopes allow the method: "message" everything
// of the module, "message:read" and "message:write" one side of it.
func (e *entry) covers(scopes []string) bool {
	side := ":read"
	if e.writes {
		side = ":write"
	}
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(scope string) bool {
		rest, ok := cutPrefixFold(scope, e.scope)
		return ok && (rest == "" || rest == side)
	})
}

func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
