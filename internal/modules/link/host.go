package link

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// hostOf is a host as browsers understand it, so that one host has one spelling; "" where
// they would not go to any.
func hostOf(u *url.URL) string { return FoldHost(u.Hostname()) }

// names are domains in the letters of DNS, as browsers look them up (UTS #46): wide letters
// are letters, capitals are small, and others become xn--.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

// FoldHost gives a domain in the letters of DNS without its final dot, and an address in
// its one form, which for IPv4 inside IPv6 is IPv4's.
func FoldHost(host string) string {
	if at, err := netip.ParseAddr(host); err == nil {
		return at.WithZone("").Unmap().String()
	}
	host, err := names.ToASCII(host)
	if err != nil {
		return ""
	}
	host = strings.TrimRight(host, ".")
	if !endsInNumber(host) {
		return host
	}
	at, ok := readIPv4(host)
	if !ok {
		return ""
	}
	return at.String()
}

// endsInNumber tells whether browsers take a host for IPv4: its last part is a number.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := readNumber(last)
	return ok
}

// readIPv4 reads an address as browsers do (WHATWG URL): 127.1, 2130706433, 0x7f.0.0.1 and
// 0177.0.0.1 are 127.0.0.1. The last number fills what is left of the four bytes.
func readIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var all uint64
	for i, part := range parts {
		n, ok := readNumber(part)
		left := 1
		if i == len(parts)-1 {
			left = 5 - len(parts)
		}
		if !ok || n >= 1<<(8*left) {
			return netip.Addr{}, false
		}
		all = all<<(8*left) | n
	}
	return netip.AddrFrom4([4]byte{byte(all >> 24), byte(all >> 16), byte(all >> 8), byte(all)}), true
}

// readNumber reads a decimal number, one that begins with 0x as hexadecimal, and one that
// begins with 0 as octal.
func readNumber(s string) (uint64, bool) {
	base := 10
	switch digits, hex := strings.CutPrefix(s, "0x"); {
	case hex && digits == "":
		return 0, true
	case hex:
		s, base = digits, 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	n, err := strconv.ParseUint(s, base, 32)
	return n, err == nil
}

// addressOf is the address that a host is known to stand for without asking DNS; else the
// host.
func addressOf(host string) string {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "127.0.0.1"
	}
	return host
}

// isPort tells whether there is such a port; none is the scheme's own.
func isPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}
