package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// Validate returns everything that is wrong with the values, each problem beginning
// with its key, or nil. The problems are joined (Unwrap() []error).
func (c *Config) Validate() error {
	var p problems
	c.validateServer(&p)
	c.validateCell(&p)
	for i := range c.Carriers {
		c.Carriers[i].validate(i, &p)
		if name := c.Carriers[i].Name; c.carrier(name) < i && name != "" {
			p.add("carrier", "two are called %q", name)
		}
	}
	for i := range c.Routes {
		c.validateRoute(i, &p)
	}
	return errors.Join(p...)
}

// problems gathers what is wrong, by key.
type problems []error

func (p *problems) add(key, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: %w", key, fmt.Errorf(format, args...)))
}

// check notes a problem where ok does not hold.
func (p *problems) check(ok bool, key, format string, args ...any) {
	if !ok {
		p.add(key, format, args...)
	}
}

var (
	prefixForm = regexp.MustCompile(`^[a-z]{2}$`)
	domainForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
)

func (c *Config) validateServer(p *problems) {
	p.check(isAddress(c.HTTP.Listen), "http.listen", "%q is no host:port", c.HTTP.Listen)
	p.check(c.HTTP.Language != "", "http.language", "must not be empty")
	p.check(c.HTTP.ReadTimeout > 0, "http.read_timeout", "must be longer than 0")
	p.check(c.HTTP.WriteTimeout > 0, "http.write_timeout", "must be longer than 0")
	p.check(c.Server.StopTimeout > 0, "server.stop_timeout", "must be longer than 0")
	p.check(c.Session.Lifetime > 0, "session.lifetime", "must be longer than 0")
	p.check(c.Database.URL != "", "database.url", "is missing: write sqlite:/path/to/heliograph.db or postgres://…")
	p.check(c.Database.MinFree >= 0, "database.min_free", "is less than 0")
	p.check(c.Message.MaxSegments >= 1 && c.Message.MaxSegments <= 255, "message.max_segments", "%d is not from 1 to 255", c.Message.MaxSegments)
	p.check(c.Message.Held >= 1, "message.held", "%d is less than 1", c.Message.Held)
	if c.Links.Base != "" {
		base, err := url.Parse(c.Links.Base)
		ok := err == nil && (base.Scheme == "https" || base.Scheme == "http") && base.Host != "" && base.RawQuery == "" && base.Fragment == ""
		p.check(ok, "links.base", "%q is no address such as https://s.example", c.Links.Base)
	}
	p.check(c.Links.Listen == "" || isAddress(c.Links.Listen), "links.listen", "%q is no host:port", c.Links.Listen)
	if _, err := api.ParseLimits(c.Limits); err != nil {
		p.add("limits", "%w", err)
	}
}

func (c *Config) validateCell(p *problems) {
	cell := &c.Cell
	p.check(cell.Prefix == "" || prefixForm.MatchString(cell.Prefix), "cell.prefix", "%q is not two lower-case letters", cell.Prefix)
	p.check(cell.Prefix != "" || cell.Domain == "", "cell.prefix", "is missing beside cell.domain")
	p.check(cell.Domain == "" || domainForm.MatchString(cell.Domain), "cell.domain", "%q is no domain such as api.kz.example", cell.Domain)
	for _, prefix := range slices.Sorted(maps.Keys(cell.Peers)) {
		domain, key := cell.Peers[prefix], "cell.peers."+prefix
		p.check(prefixForm.MatchString(prefix), key, "%q is not two lower-case letters", prefix)
		p.check(prefix != cell.Prefix, key, "is this cell's own prefix")
		p.check(domainForm.MatchString(domain), key, "%q is no domain such as api.br.example", domain)
	}
}

// carrier returns the index of the first carrier of that name, or -1.
func (c *Config) carrier(name string) int {
	return slices.IndexFunc(c.Carriers, func(other Carrier) bool { return other.Name == name })
}

// Lengths of the strings of a bind (SMPP 3.4 §4.1.1), without their final zero.
const (
	maxSystemID   = 15
	maxPassword   = 8
	maxSystemType = 12
)

func (c *Carrier) validate(i int, p *problems) {
	key := c.key(i) + "."
	p.check(c.Name != "", key+"name", "is missing")
	p.check(c.Type == "smpp", key+"type", "%q is not smpp", c.Type)
	p.check(isAddress(c.Address) && c.Address[0] != ':', key+"address", "%q is no host:port", c.Address)
	p.check(c.SystemID != "", key+"system_id", "is missing")
	p.check(len(c.SystemID) <= maxSystemID, key+"system_id", "is longer than %d characters", maxSystemID)
	p.check(len(c.Password) <= maxPassword, key+"password", "is longer than %d characters", maxPassword)
	p.check(len(c.SystemType) <= maxSystemType, key+"system_type", "is longer than %d characters", maxSystemType)
	p.check(c.Window >= 1 && c.Window <= 1000, key+"window", "%d is not from 1 to 1000", c.Window)
	p.check(c.Binds >= 1 && c.Binds <= 100, key+"binds", "%d is not from 1 to 100", c.Binds)
	p.check(c.Rate >= 0, key+"rate", "%d is less than 0", c.Rate)
	p.check(slices.Contains([]string{InDoubtResend, InDoubtWait, InDoubtFail}, c.InDoubt), key+"in_doubt", "%q is not resend, wait or fail", c.InDoubt)
	p.check(c.ReferenceBits == 8 || c.ReferenceBits == 16, key+"reference_bits", "%d is not 8 or 16", c.ReferenceBits)
}

func (c *Config) validateRoute(i int, p *problems) {
	route, key := &c.Routes[i], fmt.Sprintf("route[%d].", i)
	for _, a2 := range route.Country {
		_, known := phone.FindCountry(a2)
		p.check(known, key+"country", "%q is no ISO 3166 code such as KZ", a2)
	}
	for _, id := range route.Account {
		p.check(id > 0, key+"account", "%d is no account's id", id)
	}
	p.check(len(route.Carriers) > 0, key+"carriers", "is missing")
	for j, name := range route.Carriers {
		p.check(c.carrier(name) >= 0, key+"carriers", "no [[carrier]] is called %q", name)
		p.check(!slices.Contains(route.Carriers[:j], name), key+"carriers", "%q stands there twice", name)
	}
}

// isAddress tells whether s is host:port with a port in figures.
func isAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	return err == nil && notNumber == nil && n <= 65535 && !strings.ContainsAny(host, " /")
}
