package api

import (
	"context"
	"net/netip"
	"testing"
)

func TestOnlyTrustedProxiesSayWhoCalls(t *testing.T) {
	var seen *Call
	look := Define("look", "Looks.", func(_ context.Context, c *Call, _ *nothing) (any, error) {
		seen = c
		return nil, nil
	}, Returns[any]("Nothing."), Public)
	d := newDoor(t, func(c *Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	}, look)
	tests := []struct {
		peer      string
		forwarded []string
		ip        string
		takesID   bool
	}{
		{"203.0.113.9:1", nil, "203.0.113.9", false},
		{"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9", false},
		{"10.0.0.1:1", nil, "10.0.0.1", true},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1", true},
		{"10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1, 10.2.2.2"}, "198.51.100.1", true},
		{"10.0.0.1:1", []string{"1.1.1.1", "198.51.100.1", "10.2.2.2"}, "198.51.100.1", true},
		{"10.0.0.1:1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3", true},
		{"10.0.0.1:1", []string{"1.1.1.1, forged, 10.2.2.2"}, "10.2.2.2", true},
		{"[::ffff:10.0.0.1]:1", []string{"2001:db8::1"}, "2001:db8::1", true},
		{"[fd00::1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1", true},
		{"10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1:567, 10.2.2.2:80"}, "198.51.100.1", true},
		{"10.0.0.1:1", []string{"[2001:db8::1]:567"}, "2001:db8::1", true},
		{"10.0.0.1:1", []string{"[2001:db8::1]"}, "2001:db8::1", true},
		{"10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1:port, 10.2.2.2"}, "10.2.2.2", true},
		{"[fd00::1%eth0]:1", []string{"2001:db8::1%eth1"}, "2001:db8::1", true},
	}
	for _, tt := range tests {
		r := get("look")
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		r.Header.Set("X-Request-Id", "from-proxy_1.2")
		got := expect(t, d, r, CodeOK)
		if seen.RemoteIP.String() != tt.ip {
			t.Errorf("%s via %v: %s, want %s", tt.peer, tt.forwarded, seen.RemoteIP, tt.ip)
		}
		if id := got.http.Header().Get("X-Request-Id"); (id == "from-proxy_1.2") != tt.takesID || id != seen.RequestID {
			t.Errorf("%s: request id %q, the method saw %q", tt.peer, id, seen.RequestID)
		}
	}
}

func TestRequestIDThatIsNotSaneIsReplaced(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
	seen := map[string]bool{}
	for _, id := range []string{"", "a b", "a\x00", "é", string(make([]byte, 65)), `"`} {
		r := get("open")
		r.Header["X-Request-Id"] = []string{id}
		got := expect(t, d, r, CodeOK).http.Header().Get("X-Request-Id")
		if got == id || len(got) != 16 || seen[got] {
			t.Errorf("%q became %q", id, got)
		}
		seen[got] = true
	}
}
