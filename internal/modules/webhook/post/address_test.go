package post

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// inner are networks that no attempt may reach unless it is allowed to, by their first and
// last addresses.
var inner = []string{
	"0.0.0.0", "0.255.255.255", // this network
	"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", // private
	"100.64.0.0", "100.127.255.255", // carriers' NAT
	"127.0.0.0", "127.255.255.255", // loopback
	"169.254.0.0", "169.254.169.254", "169.254.255.255", // link-local
	"224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255", // multicast, reserved, broadcast
	"::", "::1", "::7f00:1", // unspecified, loopback, IPv4-compatible
	"::ffff:0.0.0.0", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", // mapped
	"64:ff9b::7f00:1", "64:ff9b:1::1", // NAT64
	"2002:7f00:1::", "2001::1", // 6to4, Teredo
	"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", // unique local
	"fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", // link-local, site-local, multicast
}

func TestInnerAddressesAreNotConnectedTo(t *testing.T) {
	g := newGuard(nil)
	for _, a := range inner {
		if err := g.control("tcp", netip.AddrPortFrom(netip.MustParseAddr(a), 443).String(), nil); !errors.Is(err, ErrInner) {
			t.Errorf("%s: %v, want ErrInner", a, err)
		}
	}
	for _, a := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
		"::ffff:1.1.1.1", "2606:4700:4700::1111",
	} {
		if err := g.control("tcp", netip.AddrPortFrom(netip.MustParseAddr(a), 8443).String(), nil); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// TestAllowLetsThroughWhatItNames, in whatever form, and nothing else.
func TestAllowLetsThroughWhatItNames(t *testing.T) {
	for _, near := range inner {
		base := netip.MustParseAddr(near).WithZone("")
		for bits := range base.BitLen() + 1 {
			allowed, err := base.Prefix(bits)
			if err != nil {
				t.Fatal(err)
			}
			g := newGuard([]netip.Prefix{netip.PrefixFrom(base, bits)})
			for _, a := range inner {
				address := netip.MustParseAddr(a).WithZone("")
				named := allowed.Contains(address.Unmap())
				if base.Is4In6() && bits >= 96 {
					named = allowed.Contains(netip.AddrFrom16(address.As16()))
				}
				if err := g.address(netip.MustParseAddr(a)); (err == nil) != named {
					t.Errorf("%s allowed, %s: %v", allowed, a, err)
				}
			}
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, c := range []struct {
		url  string
		want error
	}{
		{"https://example.com/sms?token=1#here", nil},
		{"http://example.com:8080", nil},
		{"HTTPS://EXAMPLE.COM", nil},
		{"https://xn--e1afmkfd.xn--p1ai/", nil},
		{"http://1.1.1.1/", nil},
		{"http://[2606:4700:4700::1111]:80/", nil},
		{"http://127.0.0.1.example.com/", nil},
		{"http://localhost.example.com/", nil},
		{"http://1.2.3.4.5/", nil}, // a name, and nobody's
		{"https://example.com/" + strings.Repeat("ж", maxURL-len("https://example.com/")), nil},
		{"https://example.com/" + strings.Repeat("ж", maxURL-len("https://example.com/")+1), ErrURL},
		{"", ErrURL},
		{"example.com/sms", ErrURL},
		{"//example.com/sms", ErrURL},
		{"ftp://example.com/", ErrURL},
		{"javascript:alert(1)", ErrURL},
		{"http:example.com", ErrURL},
		{"http:///sms", ErrURL},
		{"http://:80/", ErrURL},
		{"http://example.com:0/", ErrURL},
		{"http://example.com:65536/", ErrURL},
		{"http://example.com:http/", ErrURL},
		{"http://user:password@example.com/", ErrURL},
		{"http://exa mple.com/", ErrURL},
		{"http://example.com\r\nHost: x/", ErrURL},
		{"http://example.com/\r\nX: y", ErrURL},
		{"http://пример.рф/", ErrURL},
		{"http://①②⑦.⓪.⓪.①/", ErrURL},
		{"http://[fe80::1%25eth0]/", ErrURL},
		{"http://[::1/", ErrURL},
		{"http://localhost/", ErrInner},
		{"http://LOCALHOST.:8080/", ErrInner},
		{"http://any.localhost/", ErrInner},
		{"http://127.0.0.1/", ErrInner},
		{"http://127.0.0.1./", ErrInner},
		{"https://10.1.2.3:8443/", ErrInner},
		{"http://[::1]/", ErrInner},
		{"http://[::ffff:127.0.0.1]/", ErrInner},
		{"http://[::ffff:7f00:1]/", ErrInner},
		{"http://[fd00::1]/", ErrInner},
		{"http://[64:ff9b::10.0.0.1]/", ErrInner},
		{"http://2130706433/", ErrInner},
		{"http://0177.0.0.1/", ErrInner},
		{"http://0x7f.0.0.1/", ErrInner},
		{"http://0X7F000001/", ErrInner},
		{"http://017700000001/", ErrInner},
		{"http://127.1/", ErrInner},
		{"http://127.0.1/", ErrInner},
		{"http://0/", ErrInner},
		{"http://0xa9fea9fe/", ErrInner},
		{"http://134744072/", nil}, // 8.8.8.8
	} {
		err := CheckURL(c.url, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "password") && !strings.Contains(err.Error(), "a user name") {
			t.Errorf("%q: %v", c.url, err)
		}
	}
}

func TestCheckURLHeedsAllow(t *testing.T) {
	for _, c := range []struct {
		allow, url string
		want       error
	}{
		{"127.0.0.0/8", "http://127.0.0.1/", nil},
		{"127.0.0.0/8", "http://2130706433/", nil},
		{"127.0.0.0/8", "http://localhost/", nil},
		{"127.0.0.0/8", "http://[::1]/", ErrInner},
		{"::1/128", "http://localhost/", nil},
		{"::1/128", "http://127.0.0.1/", ErrInner},
		{"10.1.0.0/16", "http://10.1.255.255/", nil},
		{"10.1.0.0/16", "http://10.2.0.0/", ErrInner},
		{"10.1.0.0/16", "http://localhost/", ErrInner},
	} {
		if err := CheckURL(c.url, []netip.Prefix{netip.MustParsePrefix(c.allow)}); !errors.Is(err, c.want) {
			t.Errorf("%s allowed, %s: %v, want %v", c.allow, c.url, err, c.want)
		}
	}
}

// TestANameIsJudgedEachTimeItIsConnectedTo: one that passed once, and passes CheckURL, may
// lead elsewhere the next time.
func TestANameIsJudgedEachTimeItIsConnectedTo(t *testing.T) {
	r := listen(t, nil, answers("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
	var lookups atomic.Int32
	names := resolver(t, func(string) []string {
		if lookups.Add(1) == 1 {
			return []string{"127.0.0.1"} // allowed here, as a public address is everywhere
		}
		return []string{"127.0.0.2"}
	})
	p := poster(t, Config{Allow: onlyHere, Resolver: names})
	url := strings.Replace(r.url, "127.0.0.1", "rebinding.test", 1)
	if err := CheckURL(url, nil); err != nil {
		t.Error(err)
	}
	expect(t, post(t, p, url), 200, "")
	expect(t, post(t, p, url), 0, Address)
}

// TestEverySpellingIsJudgedByWhereItLeads: of odd names a resolver may make an address.
// Some the system's own refuses to look up.
func TestEverySpellingIsJudgedByWhereItLeads(t *testing.T) {
	p := poster(t, Config{Resolver: resolver(t, func(string) []string { return []string{"127.0.0.1"} })})
	for want, hosts := range map[Problem][]string{
		Address: {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "[::]", "0x7f.1.", "inner.test"},
		Lookup:  {"2130706433", "0177.0.0.1", "127.1"},
	} {
		for _, host := range hosts {
			if r := post(t, p, "http://"+host+":9/"); r.Problem != want {
				t.Errorf("%s: %q, %v", host, r.Problem, r.Err)
			}
		}
	}
}
