package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/config"
)

// TestShortLinksAreServedUnderEverySpellingOfTheirHost: a browser asks for the one of DNS,
// however links.base is written.
func TestShortLinksAreServedUnderEverySpellingOfTheirHost(t *testing.T) {
	for _, tt := range []struct {
		base   string
		served map[string]bool // by host
	}{
		{"https://s.example", map[string]bool{"s.example": true, "S.example:443": true, "s.example.": true, "api.example": false, "": false}},
		{"https://s.example.", map[string]bool{"s.example": true, "s.example.:8080": true, "example": false}},
		{"https://BÜCHER.example", map[string]bool{"xn--bcher-kva.example": true, "xn--bcher-kva.example:8443": true, "bucher.example": false}},
		{"http://[2001:DB8::0:1]:8080", map[string]bool{"[2001:db8::1]": true, "[2001:db8::1]:8080": true, "[2001:db8::2]": false}},
		{"http://192.0.2.9", map[string]bool{"192.0.2.9:80": true, "192.0.2.8": false}},
		{"https://api.example/s", map[string]bool{"api.example": true, "any.example": true}},
	} {
		conf := &config.Config{}
		conf.Links.Base = tt.base
		links := newShortLinks(conf, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for host, want := range tt.served {
			r := httptest.NewRequest("GET", "http://x"+links.path+"/8fKq2Zb5", nil)
			r.Host = host
			answer := httptest.NewRecorder()
			links.ServeHTTP(answer, r)
			if served := answer.Code == http.StatusOK; served != want {
				t.Errorf("%s, asked for by the host %q: %t", tt.base, host, served)
			}
		}
	}
}
