package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/shadow"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestTheShadowKnowsWhichMethodsRead: its list is the table of methods without those that
// write.
func TestTheShadowKnowsWhichMethodsRead(t *testing.T) {
	d := testkit.Open(t, testkit.NewDatabase(t, "sqlite"), nil)
	s, err := newServer(t.Context(), config.Default(), d, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(strings.ToLower(strings.Join(shadow.Reading(), " ")), " ")
	slices.Sort(known)
	if table := s.door.Reading(); !slices.Equal(known, table) {
		t.Errorf("shadow.Reading has\n%s\nthe table has\n%s", strings.Join(known, "\n"), strings.Join(table, "\n"))
	}
}

// startShadow runs `heliograph shadow` before an upstream, and gives its address.
func startShadow(t *testing.T, upstream, ours string, args ...string) (p *process, url string) {
	t.Helper()
	p = launch(t, append([]string{"shadow", "--listen", "127.0.0.1:0", "--upstream", upstream, "--to", ours, "--every", "1h"}, args...)...)
	return p, p.await(p.out, `shadow on (http://\S+):`)[1]
}

// TestTheShadowOfAServerAgreesWithIt: every reading method, put to one server twice.
func TestTheShadowOfAServerAgreesWithIt(t *testing.T) {
	s := startSandbox(t, t.TempDir())
	id := s.send(t, "77010000001", "a secret text")
	s.becomes(t, id, "UNDELIV")
	dir := t.TempDir()
	keys, report := filepath.Join(dir, "keys"), filepath.Join(dir, "report")
	theirs := strings.Repeat("ab12", 10)
	if err := os.WriteFile(keys, []byte(s.key+" "+s.key+"\n"+theirs+" "+s.key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, url := startShadow(t, s.url, s.url, "--values", "--key-file", keys, "--report", report)
	through := newCaller(t, url, s.key)
	for _, method := range shadow.Reading() {
		for _, fields := range [][]string{nil, {"ids[0]", id, "id", id, "output", "json"}} {
			if method == "taskQueue.getStatus" && fields != nil {
				continue // it may be asked once a second
			}
			if _, err := through.try(strings.ReplaceAll(method, ".", "/"), fields...); err != nil && method != "campaign.export" {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
	p.stop()
	said := p.out.String()
	for _, method := range shadow.Reading() {
		if !strings.Contains(said, "\n"+method+" ") {
			t.Errorf("%s is not in the summary", method)
		}
	}
	if written, err := os.ReadFile(report); err != nil || strings.Contains(string(written), `"event":"difference"`) {
		t.Errorf("a server differs from itself: %v\n%s", err, written)
	}
	s.stop()
}

// TestTheShadowTellsWhatDiffers from a server that answers in other types, and keeps
// what is in the answers to itself.
func TestTheShadowTellsWhatDiffers(t *testing.T) {
	s := startSandbox(t, t.TempDir())
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		answer := `{"code":0,"data":{"balance":190.4280,"points":"77010000001"},"message":""}`
		if strings.HasSuffix(r.URL.Path, "/sendSmsMessage") {
			answer = `{"code":0,"data":{"campaignId":"1","messageId":"1","status":2},"message":""}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer upstream.Close()
	report := filepath.Join(t.TempDir(), "report")
	p, url := startShadow(t, upstream.URL, s.url, "--api-key", s.key, "--report", report)
	theirs := strings.Repeat("ab12", 10)
	through := newCaller(t, url, theirs)
	through.http = upstream.Client() // the answers are theirs, not what our document declares
	before := s.balance(t)
	through.call(t, 0, nil, "user/getOwnBalance")
	through.call(t, 0, nil, "message/sendSmsMessage", "recipient", "77010000000", "text", "a secret text")
	p.stop()
	if s.balance(t) != before {
		t.Error("a message was sent twice")
	}
	written, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	said := p.out.String()
	for _, want := range []string{"missing  data.points", "extra    data.currency", "theirs num, ours str"} {
		if !strings.Contains(said, want) {
			t.Errorf("the summary lacks %q:\n%s", want, said)
		}
	}
	if strings.Count(string(written), `"event":"difference"`) != 3 || strings.Count(string(written), `"event":"summary"`) != 2 {
		t.Errorf("the report is\n%s", written)
	}
	for _, content := range []string{s.key, theirs, "7701", "secret", "190.4"} {
		if strings.Contains(said+string(written)+p.errors.String(), content) {
			t.Errorf("%q is repeated", content)
		}
	}
}

func TestTheShadowRefusesWhatItCannotDo(t *testing.T) {
	base := []string{"shadow", "--upstream", "http://127.0.0.1:1", "--to", "http://127.0.0.1:1"}
	for want, args := range map[string][]string{
		"--methods: .*is no method":      {"--methods", "read"},
		"--api-key: not an API key":      {"--api-key", "hello"},
		"no such file":                   {"--key-file", "/no/such"},
		"--to: want an address":          {"--to", "127.0.0.1"},
		"--upstream: want an address":    {"--upstream", "ftp://x"},
		"must be more than nothing":      {"--pending", "0"},
		"--listen: .*":                   {"--listen", "256.0.0.1:x"},
		"not a directory|is a directory": {"--report", "/"},
	} {
		complains(t, want, append(base, args...)...)
	}
}

// TestTheShadowHangsUpOnSlowClients, whatever they stop in the midst of.
func TestTheShadowHangsUpOnSlowClients(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer upstream.Close()
	p, url := startShadow(t, upstream.URL, upstream.URL, "--client-timeout", "200ms")
	for sent, want := range map[string]string{
		"POST /service/message/list HTTP/1.1\r\nHost: api\r\n":                                                "",
		"POST /service/message/list HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\na=1":                  "408 ",
		"POST /elsewhere HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na=1":                 "408 ",
		"POST /service/message/sendSmsMessage HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nrecipient=": "408 ",
	} {
		conn := dial(t, url)
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if said, err := io.ReadAll(conn); err != nil || !strings.Contains(string(said), want) {
			t.Errorf("to %q: %v after %q, want an end after %q", sent, err, said, want)
		}
	}
	p.stop()
	if said := p.out.String(); !strings.Contains(said, "\nmessage.list            0     0          0          0        1           0                0") {
		t.Errorf("not counted as a call that broke off:\n%s", said)
	}
}
