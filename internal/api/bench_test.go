package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/metrics"
)

const hotForm = "recipient=77001234567&text=Hello%20from%20the%20hilltop&from=Helio"

type hotParams struct {
	Recipient string   `param:"recipient,required,entity" doc:"Number."`
	Text      string   `param:"text,required,entity" doc:"Text."`
	From      string   `param:"from,entity" doc:"Sender."`
	Params    sendMore `param:"params,entity" doc:"More."`
}

type hotAnswer struct {
	CampaignID string `json:"campaignId" doc:"Campaign."`
	MessageID  string `json:"messageId" doc:"Message."`
	Status     int    `json:"status" doc:"Status."`
}

// sink is a ResponseWriter that costs as little as one can.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// rewound serves the same form again and again, without a new request each time.
type rewound struct{ strings.Reader }

func (*rewound) Close() error { return nil }

func benchmark(b *testing.B, h http.Handler, method, query, form string) {
	u, err := url.Parse("/service/message/sendSmsMessage?" + query)
	if err != nil {
		b.Fatal(err)
	}
	body := &rewound{}
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(form)
		clear(w.header)
		r := &http.Request{
			Method: method, URL: u, Header: http.Header{"Content-Type": {formType}}, Body: body,
			ContentLength: int64(len(form)), RemoteAddr: "192.0.2.1:1234",
		}
		if form == "" {
			r.Body = http.NoBody
		}
		h.ServeHTTP(w, r)
	}
}

func hotDoor(b *testing.B) *Door {
	send := Define("sendSmsMessage", "Sends.", func(context.Context, *Call, *hotParams) (any, error) {
		return hotAnswer{"1", "2", 2}, nil
	}, Returns[hotAnswer]("The ids."), Writes, RateClass("send"))
	d, err := New(Config{
		Modules: []Module{{Name: "message", Doc: "Messages.", Methods: []Method{send}}},
		Auth:    oneKey{&Principal{Account: &Account{ID: 7, Language: "en"}}}, CellPrefix: "kz", Metrics: metrics.New(),
		Limits: Limits{"send": {1e9, time.Second}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

type oneKey struct{ *Principal }

func (k oneKey) Authenticate(context.Context, string, netip.Addr) (*Principal, error) {
	return k.Principal, nil
}

// bare does by net/http, net/url and encoding/json what the door does at the
// very least.
func bare(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.Form.Get("recipient") == "" || r.Form.Get("apiKey") != goodKey {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	out, err := json.Marshal(struct {
		Code    int       `json:"code"`
		Data    hotAnswer `json:"data"`
		Message string    `json:"message"`
	}{Data: hotAnswer{"1", "2", 2}})
	if err != nil {
		http.Error(w, "bad", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.Writer(w).Write(out)
}

func BenchmarkDoorPost(b *testing.B) {
	benchmark(b, hotDoor(b), "POST", "apiKey="+goodKey, hotForm)
}
func BenchmarkBarePost(b *testing.B) {
	benchmark(b, http.HandlerFunc(bare), "POST", "apiKey="+goodKey, hotForm)
}
func BenchmarkDoorPostKeyInBody(b *testing.B) {
	benchmark(b, hotDoor(b), "POST", "", "apiKey="+goodKey+"&"+hotForm)
}
func BenchmarkDoorGet(b *testing.B) {
	benchmark(b, hotDoor(b), "GET", "apiKey="+goodKey+"&"+hotForm, "")
}
func BenchmarkBareGet(b *testing.B) {
	benchmark(b, http.HandlerFunc(bare), "GET", "apiKey="+goodKey+"&"+hotForm, "")
}
