package link

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
	base   site
	listen netip.AddrPort // of this server; the address may be unspecified, which is all of the machine's
}

// site is where short links are.
type site struct{ host, port, path string }

func newJudge(base, listen string) judge {
	var j judge
	if u, err := url.Parse(base); err == nil {
		j.base = site{hostOf(u), u.Port(), cleanPath(u)}
	}
	host, port, _ := net.SplitHostPort(listen)
	if host == "" {
		host = "0.0.0.0"
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	j.listen, _ = netip.ParseAddrPort(net.JoinHostPort(host, port)) // a name is no address: the base says it
	return j
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
	if host = hostOf(u); host == "" {
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

// hostOf is a host as browsers understand it: wide letters are letters, and a final dot
// says nothing.
func hostOf(u *url.URL) string { return foldHost(u.Hostname()) }

func foldHost(host string) string {
	host = strings.ReplaceAll(fold(norm.NFKC.String(host)), "。", ".")
	return strings.TrimRight(host, ".")
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
	if host == j.base.host && (j.base.port == "" || j.base.port == port) && (cleanPath(u) == j.base.path || strings.HasPrefix(cleanPath(u), strings.TrimRight(j.base.path, "/")+"/")) {
		return true
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil || at.Port() != j.listen.Port() || !j.listen.IsValid() {
		return false
	}
	mine, its := j.listen.Addr().Unmap(), at.Addr().Unmap()
	return its == mine || its.IsUnspecified() || its.IsLoopback() && (mine.IsUnspecified() || mine.IsLoopback())
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
