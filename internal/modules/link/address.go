package link

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is wrong with an address that a link is to lead to.
var (
	ErrAddress = errors.New("must be an http or https address with a host")
	ErrTooLong = errors.New("is too long")
	ErrOwn     = errors.New("leads back to this server")
	ErrBlocked = errors.New("is on the operator's block list")
)

// maxAddress is in bytes: what an index of either engine takes.
const maxAddress = 2000

// judge tells which addresses a link may lead to.
type judge struct {
	base    site             // where short links are
	also    []site           // what else this server is called
	listen  []netip.AddrPort // of this server; the address may be unspecified, which is all of the machine's
	machine []netip.Addr     // the machine's addresses
}

// site is what lies under a path of a host.
type site struct {
	host string
	port string // "" = any
	path string
}

func (s site) holds(host, port, path string) bool {
	return host == s.host && (s.port == "" || s.port == port) && (path == s.path || strings.HasPrefix(path, strings.TrimRight(s.path, "/")+"/"))
}

// newJudge takes what stands before a code, and where else this server answers: hosts, or
// hosts and ports.
func newJudge(base string, own ...string) judge {
	j := judge{machine: machineAddresses()}
	if u, err := url.Parse(base); err == nil {
		j.base = site{hostOf(u), u.Port(), cleanPath(u)}
	}
	for _, at := range own {
		if at != "" {
			j.add(at)
		}
	}
	return j
}

func (j *judge) add(own string) {
	host, port, err := net.SplitHostPort(own)
	if err != nil {
		host, port = own, "" // a host alone
	}
	if host == "" {
		host = "0.0.0.0"
	}
	host = FoldHost(host)
	if at, err := netip.ParseAddrPort(net.JoinHostPort(addressOf(host), port)); err == nil {
		j.listen = append(j.listen, at)
		return
	}
	j.also = append(j.also, site{host, port, "/"})
}

// machineAddresses are none where the machine does not tell them: then only loopback is
// known to be ours.
func machineAddresses() (all []netip.Addr) {
	found, _ := net.InterfaceAddrs()
	for _, a := range found {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, prefix.Addr().Unmap())
		}
	}
	return all
}

// read completes an address (www.example.com) and takes it apart. The error is
// ErrAddress, ErrTooLong or ErrOwn.
func (j judge) read(raw string) (address, host string, err error) {
	address = strings.TrimSpace(raw)
	if len(address) >= 4 && strings.EqualFold(address[:4], "www.") {
		address = "http://" + address
	}
	if len(address) > maxAddress {
		return "", "", ErrTooLong
	}
	if !utf8.ValidString(address) || strings.ContainsFunc(address, unfit) {
		return "", "", ErrAddress
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return "", "", ErrAddress
	}
	if host = hostOf(u); host == "" || !isPort(u.Port()) {
		return "", "", ErrAddress
	}
	if j.ours(u, host) {
		return "", "", ErrOwn
	}
	return address, host, nil
}

// unfit characters have no place in an address; browsers take a backslash for a slash.
func unfit(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\\' || r == utf8.RuneError
}

// cleanPath is a path as servers understand it: nothing in it is escaped, and no dots
// lead out of it.
func cleanPath(u *url.URL) string { return path.Clean("/" + u.Path) }

// ours tells whether an address leads to short links, or to this server. A base
// without a port is ours at any.
func (j judge) ours(u *url.URL, host string) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	named := func(s site) bool { return s.holds(host, port, cleanPath(u)) }
	if named(j.base) || slices.ContainsFunc(j.also, named) {
		return true
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(addressOf(host), port))
	return err == nil && slices.ContainsFunc(j.listen, func(mine netip.AddrPort) bool { return j.reaches(at, mine) })
}

// reaches tells whether who asks for an address comes to where this server listens.
func (j judge) reaches(at, mine netip.AddrPort) bool {
	its, own := at.Addr().Unmap(), mine.Addr().Unmap()
	switch {
	case at.Port() != mine.Port():
		return false
	case its == own, its.IsUnspecified():
		return true
	case its.IsLoopback():
		return own.IsUnspecified() || own.IsLoopback()
	default:
		return own.IsUnspecified() && slices.Contains(j.machine, its)
	}
}

// Check completes an address that a link is to lead to (www.example.com becomes
// http://www.example.com), or says what is wrong with it: ErrAddress, ErrTooLong,
// ErrOwn or ErrBlocked.
func (m *Module) Check(raw string) (address string, err error) {
	address, host, err := m.judge.read(raw)
	if err == nil && m.blocked.Get().name(host) {
		return "", ErrBlocked
	}
	return address, err
}

// wordsFor are the catalogue's keys of what is wrong with an address.
func wordsFor(err error) string {
	switch {
	case errors.Is(err, ErrTooLong):
		return "link.tooLong"
	case errors.Is(err, ErrOwn):
		return "link.own"
	case errors.Is(err, ErrBlocked):
		return "link.blocked"
	default:
		return "link.notURL"
	}
}
