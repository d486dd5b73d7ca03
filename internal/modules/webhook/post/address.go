package post

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"code.dny.dev/ssrf"
)

// Why an address is refused.
var (
	ErrURL   = errors.New("not a usable http or https address")
	ErrInner = errors.New("an address inside the operator's network")
)

// maxURL is in characters (contract §8).
const maxURL = 1000

// CheckURL tells whether a webhook may have this address: ErrURL, or ErrInner where the
// host is an inner address itself, in any spelling, that allow does not name. Names are not
// looked up: what counts is where an attempt connects to, and Post judges that each time.
func CheckURL(raw string, allow []netip.Prefix) error {
	if utf8.RuneCountInString(raw) > maxURL {
		return fmt.Errorf("%w: longer than %d characters", ErrURL, maxURL)
	}
	u, err := parse(raw)
	if err != nil {
		return err
	}
	return newGuard(allow).host(u.Hostname())
}

// parse reads an address that can be posted to. Its errors do not repeat it: what stands in
// a path or a query may be a secret.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: it can't be read", ErrURL)
	}
	return u, usable(u)
}

func usable(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: neither http nor https", ErrURL)
	case u.Hostname() == "":
		return fmt.Errorf("%w: no host", ErrURL)
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII || r == '%' }):
		return fmt.Errorf("%w: a host that is not in ASCII (xn--…), or with a zone", ErrURL)
	case u.User != nil: // would be shown and logged with the address
		return fmt.Errorf("%w: a user name or password in it", ErrURL)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%w: no such port", ErrURL)
		}
	}
	return nil
}

// guard keeps attempts from reaching inner addresses.
type guard struct{ *ssrf.Guardian }

func newGuard(allow []netip.Prefix) guard {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p = unmap(p); p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return guard{ssrf.New(ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// mappedBits are before the IPv4 address in one mapped to IPv6 (RFC 4291 §2.5.5.2).
const mappedBits = 96

func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= mappedBits {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
	}
	return p
}

// control is a net.Dialer's: it sees what is really connected to.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("judge an address: %w", err)
	}
	return g.address(to.Addr())
}

func (g guard) address(a netip.Addr) error {
	if g.SafeAddr(a.Unmap().WithZone("")) != nil {
		return ErrInner
	}
	return nil
}

// host judges a host that says by itself where it leads.
func (g guard) host(host string) error {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		if g.address(netip.IPv6Loopback()) == nil {
			return nil
		}
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		a = oldIPv4(host)
	}
	if !a.IsValid() {
		return nil
	}
	return g.address(a)
}

// oldIPv4 reads the spellings that inet_aton knows and a resolver may pass on: up to four
// numbers, decimal, octal (0…) or hexadecimal (0x…), the last of which fills what remains.
// What is none of them gives no valid address.
func oldIPv4(host string) netip.Addr {
	parts := strings.Split(host, ".")
	if len(parts) > net.IPv4len {
		return netip.Addr{}
	}
	var sum uint64
	for i, part := range parts {
		room := 8
		if i == len(parts)-1 {
			room = 8 * (net.IPv4len - i)
		}
		n, err := strconv.ParseUint(part, 0, room)
		if err != nil {
			return netip.Addr{}
		}
		sum = sum<<room | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}
