package api

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxRequestID bounds a request id that a proxy gives us.
const maxRequestID = 64

// remote finds out who calls: the peer of the connection, or behind trusted
// proxies the nearest address that is not one of them. trusted tells whether
// the peer itself is a trusted proxy.
func (d *Door) remote(r *http.Request) (ip netip.Addr, trusted bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	ip = plainAddr(peer.Addr())
	if !d.trusts(ip) {
		return ip, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break // what stands further left was not written by a proxy of ours
		}
		if ip = next; !d.trusts(ip) {
			break
		}
	}
	return ip, true
}

// parseHop reads an address as proxies write it: some add its port.
func parseHop(hop string) (netip.Addr, bool) {
	if peer, err := netip.ParseAddrPort(hop); err == nil {
		return plainAddr(peer.Addr()), true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	return plainAddr(ip), err == nil
}

// plainAddr is an address as rules name it: one of IPv4 as such, and without the zone, which
// says by which of our own interfaces it came.
func plainAddr(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// Neighbourhood is whom an address stands for: itself, or in IPv6 the /64 that one
// customer is given.
func Neighbourhood(ip netip.Addr) netip.Addr {
	if ip = plainAddr(ip); !ip.Is6() {
		return ip
	}
	return netip.PrefixFrom(ip, 64).Masked().Addr()
}

func (d *Door) trusts(ip netip.Addr) bool {
	for _, prefix := range d.config.TrustedProxies {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// requestID takes a trusted proxy's id, or makes one of 16 hex digits.
func requestID(r *http.Request, trusted bool) string {
	if trusted {
		if id := r.Header.Get("X-Request-Id"); isSaneID(id) {
			return id
		}
	}
	var digits [17]byte
	id := strconv.AppendUint(digits[:0], rand.Uint64()|1<<63, 16)
	return string(id)
}

func isSaneID(id string) bool {
	notSane := func(r rune) bool {
		alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !alphanumeric && !strings.ContainsRune("-_.", r)
	}
	return id != "" && len(id) <= maxRequestID && strings.IndexFunc(id, notSane) < 0
}
