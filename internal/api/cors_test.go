package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const elsewhere = "https://shop.example"

// listed tells whether a header with a list in it has the name, in any case.
func listed(h http.Header, header, name string) bool {
	return slices.ContainsFunc(strings.Split(h.Get(header), ","), func(each string) bool {
		return strings.EqualFold(strings.TrimSpace(each), name)
	})
}

// TestPagesOfOtherOriginsReadEveryAnswer, refusals too, with the headers that say what to do
// then; and none of them comes with credentials.
func TestPagesOfOtherOriginsReadEveryAnswer(t *testing.T) {
	limited := func(c *Config) { c.Limits = Limits{"test.open": {Calls: 1, Period: time.Hour}} }
	d := newDoor(t, limited, downloads("x.csv", says("a;b")))
	expect(t, d, get("open"), CodeOK)
	for _, tt := range []struct {
		request *http.Request
		code    string
	}{
		{get("tree?apiKey=" + goodKey), "0"},
		{get("tree?output=xml&apiKey=" + goodKey), "0"},
		{get("export"), "0"},
		{post("sendSmsMessage", formType, "recipient=1&text=&apiKey="+goodKey), "1"},
		{get("defect?apiKey=" + goodKey), "3"},
		{get("boom?apiKey=" + goodKey), "3"},
		{httptest.NewRequest("GET", "/service/nope/open", nil), "4"},
		{get("nope"), "5"},
		{get("open?output=yaml"), "6"},
		{get("tree"), "8"},
		{get("sendSmsMessage?apiKey=" + readKey), "9"},
		{get("sendSmsMessage?apiKey=" + goodKey), "11"},
		{post("tree", "application/json", `{"apiKey":`), "8"},
		{post("tree?apiKey="+goodKey, "application/json", `{"data":`), "12"},
		{post("tree?apiKey="+goodKey, formType, strings.Repeat("x", 10<<20+1)), "12"},
		{get("tree?apiKey=" + foreignKey), "13"},
		{get("tree?apiKey=" + blockedKey), "14"},
		{get("open"), "30"},
		{get("database?apiKey=" + goodKey), "999"},
	} {
		tt.request.Header.Set("Origin", elsewhere)
		tt.request.Header.Set("Cookie", sessionCookie+"=1") // as a browser might
		w := httptest.NewRecorder()
		d.ServeHTTP(w, tt.request)
		h := w.Header()
		if h.Get("X-Api-Code") != tt.code || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: want code %s for every origin, without credentials: %v", tt.request.URL, tt.code, h)
		}
		for _, name := range []string{"X-Request-Id", "X-Api-Code", "Retry-After", "Idempotent-Replay"} {
			if !listed(h, "Access-Control-Expose-Headers", name) {
				t.Errorf("%s: a page can't read %s", tt.request.URL, name)
			}
		}
	}
}

// TestAPreflightAllowsWhatACallMayHave, without a key and without counting as a call.
func TestAPreflightAllowsWhatACallMayHave(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits = Limits{"test.open": {Calls: 1, Period: time.Hour}} })
	for range 3 {
		for _, path := range []string{"test/open", "TEST/sendSmsMessage/", "test/upload?output=yaml", "nope/nope"} {
			r := httptest.NewRequest("OPTIONS", "/service/"+path, nil)
			r.Header.Set("Origin", elsewhere)
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			h := w.Header()
			if w.Code != http.StatusNoContent || w.Body.Len() > 0 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: %d %v %q", path, w.Code, h, w.Body)
			}
			for _, name := range []string{"Authorization", "Content-Type", "Idempotency-Key"} {
				if !listed(h, "Access-Control-Allow-Headers", name) {
					t.Errorf("%s: no call may have %s", path, name)
				}
			}
			if !listed(h, "Access-Control-Allow-Methods", "GET") || !listed(h, "Access-Control-Allow-Methods", "POST") || listed(h, "Access-Control-Allow-Methods", "PUT") {
				t.Errorf("%s: calls may be %s", path, h.Get("Access-Control-Allow-Methods"))
			}
		}
	}
	expect(t, d, get("open"), CodeOK)
}
