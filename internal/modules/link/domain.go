package link

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Errors of the block list; they come wrapped with the domain.
var (
	ErrDomain   = errors.New("is no domain such as shop.example")
	ErrUnlisted = errors.New("is not on the list")
)

// domains are those that links must not lead to, with all names below them.
type domains map[string]bool

// name tells whether a host is named.
func (d *domains) name(host string) bool {
	if len(*d) == 0 {
		return false
	}
	for {
		if (*d)[host] {
			return true
		}
		_, parent, is := strings.Cut(host, ".")
		if !is {
			return false
		}
		host = parent
	}
}

// leadsTo tells whether an address is on the list by its host.
func (d *domains) leadsTo(address string) bool {
	if len(*d) == 0 {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && d.name(hostOf(u))
}

func (m *Module) loadDomains(ctx context.Context) (*domains, error) {
	all, err := m.BlockedDomains(ctx)
	if err != nil {
		return nil, err
	}
	d := domains{}
	for _, domain := range all {
		d[FoldHost(domain)] = true // the list may be older than this way to write it
	}
	return &d, nil
}

// BlockedDomains reads the operator's list, in order.
func (m *Module) BlockedDomains(ctx context.Context) (all []string, err error) {
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		return q.Query("SELECT domain FROM link_blocked_domain ORDER BY domain", func(row db.Row) error {
			var domain string
			err := row.Scan(&domain)
			all = append(all, domain)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the blocked domains: %w", err)
	}
	return all, nil
}

// BlockDomain puts a domain, with all names below it, on the list: no link to there is
// made, and those that there are lead nowhere.
func (m *Module) BlockDomain(ctx context.Context, domain string) error {
	host := FoldHost(domain)
	if host == "" || len(host) > 253 || strings.ContainsFunc(host, unfit) || strings.ContainsAny(host, "/:@?#*") || slices.Contains(strings.Split(host, "."), "") {
		return fmt.Errorf("%q %w", domain, ErrDomain)
	}
	return m.changeDomains(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO link_blocked_domain (domain) VALUES ($1) ON CONFLICT (domain) DO NOTHING", host)
		return err
	})
}

// UnblockDomain takes a domain off the list.
func (m *Module) UnblockDomain(ctx context.Context, domain string) error {
	return m.changeDomains(ctx, func(tx *db.Tx) error {
		found, err := tx.Exec("DELETE FROM link_blocked_domain WHERE domain = $1 OR domain = $2", FoldHost(domain), fold(domain))
		if err == nil && found == 0 {
			err = fmt.Errorf("%q %w", domain, ErrUnlisted)
		}
		return err
	})
}

func (m *Module) changeDomains(ctx context.Context, change func(tx *db.Tx) error) error {
	err := m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return tx.Touch(TopicDomain)
	})
	if err == nil {
		m.blocked.Refresh(ctx)
	}
	return err
}
