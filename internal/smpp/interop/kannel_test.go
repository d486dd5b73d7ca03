//go:build interop

package interop

import (
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// What Kannel binds with, and what it sends from.
const (
	systemID   = "kannel"
	password   = "secret"
	systemType = "interop"
	sender     = "Shop"
)

// kannel is a bearerbox with its smsbox.
type kannel struct {
	bearerbox *process
	admin     string // host:port of its status
	sendsms   string // host:port that takes texts

	web     *httptest.Server
	reports chan report
	inbox   chan url.Values // messages from handsets
}

// report is what Kannel says of a text that it was given.
type report struct{ to, kind, id string }

// The kinds of report, in Kannel's numbers. The first two are about the submit, the others about receipts.
const (
	taken     = "8"
	refused   = "16"
	delivered = "1"
	failed    = "2"
	buffered  = "4"
	expired   = "34"
)

// startKannel starts a Kannel with the connections that esme describes. It returns as soon as Kannel takes texts, bound
// or not.
func startKannel(t testing.TB, esmes ...string) *kannel {
	t.Helper()
	ports := freePorts(t, 3)
	k := &kannel{
		admin: "127.0.0.1:" + ports[0], sendsms: "127.0.0.1:" + ports[2],
		reports: make(chan report, 1000), inbox: make(chan url.Values, 1000),
	}
	k.startWeb(t)
	file := filepath.Join(t.TempDir(), "kannel.conf")
	config := fmt.Sprintf(configuration, ports[0], ports[1], ports[2], k.web.URL, strings.Join(esmes, ""))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	k.bearerbox = start(t, "bearerbox", "-v", "0", file)
	k.until(t, k.bearerbox, "bearerbox answers", func(status) bool { return true })
	smsbox := start(t, "smsbox", "-v", "0", file)
	t.Cleanup(k.bearerbox.stop) // before smsbox: alone, it would wait for 10 s with what it has for that
	// Not before it has told its name: a text that comes between its connection and that makes smsbox crash.
	k.until(t, smsbox, "smsbox is connected", func(s status) bool { return len(s.Boxes) == 1 && s.Boxes[0].ID == boxID })
	return k
}

// startWeb starts what Kannel calls.
func (k *kannel) startWeb(t testing.TB) {
	mux := http.NewServeMux()
	mux.HandleFunc("/report", func(_ http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		k.reports <- report{q.Get("to"), q.Get("kind"), q.Get("id")}
	})
	mux.HandleFunc("/inbox", func(_ http.ResponseWriter, r *http.Request) { k.inbox <- r.URL.Query() })
	k.web = httptest.NewServer(mux)
	t.Cleanup(k.web.Close)
}

// The names of smsbox and of its SMSC within Kannel.
const (
	boxID        = "texts"
	connectionID = "heliograph"
)

// configuration of Kannel, in groups of lines. What an SMSC throttles is sent again after a second; a smsbox with a name
// gets only what is routed to it; messages from handsets are not answered.
const configuration = `
group = core
admin-port = %[1]s
admin-interface = 127.0.0.1
admin-password = any
smsbox-port = %[2]s
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
sms-resend-freq = 1

group = smsbox
smsbox-id = ` + boxID + `
bearerbox-host = 127.0.0.1
bearerbox-port = %[2]s
sendsms-port = %[3]s
sendsms-interface = 127.0.0.1

group = smsbox-route
smsbox-id = ` + boxID + `
smsc-id = ` + connectionID + `

group = sendsms-user
username = any
password = any
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "%[4]s/inbox?from=%%p&to=%%P&coding=%%c&text=%%b"

%[5]s`

// esme is the group of a connection to the SMSC at addr. settings, "name=value" each, add to it or change it; an empty
// value takes a line out.
func esme(addr string, settings ...string) string {
	host, port, _ := net.SplitHostPort(addr)
	lines := map[string]string{
		"smsc": "smpp", "smsc-id": connectionID, "host": host, "port": port, "transceiver-mode": "true",
		"smsc-username": systemID, "smsc-password": password, "system-type": systemType, "reconnect-delay": "1",
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		lines[name] = value
	}
	group := "group = smsc\n"
	for name, value := range lines {
		if value != "" {
			group += name + " = " + value + "\n"
		}
	}
	return group + "\n"
}

// status is some of what Kannel says about itself.
type status struct {
	Boxes []struct {
		ID string `xml:"id"`
	} `xml:"boxes>box"`
	Connections []struct {
		Status string `xml:"status"`
	} `xml:"smscs>smsc"`
}

func (k *kannel) status() (s status, err error) {
	resp, err := http.Get("http://" + k.admin + "/status.xml?password=any")
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, xml.NewDecoder(resp.Body).Decode(&s)
}

// until polls Kannel's status, as long as p runs.
func (k *kannel) until(t testing.TB, p *process, what string, holds func(status) bool) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		select {
		case <-p.gone:
			t.Fatalf("%s has left: %v", p.name, p.err)
		default:
		}
		s, err := k.status()
		if err == nil && !holds(s) {
			err = fmt.Errorf("never: %s; last seen: %+v", what, s)
		}
		return err
	})
}

// send hands Kannel a text and asks for every kind of report. params are Kannel's own, "name=value".
func (k *kannel) send(t testing.TB, to, text string, params ...string) {
	t.Helper()
	q := url.Values{
		"username": {"any"}, "password": {"any"}, "charset": {"UTF-8"}, "from": {sender}, "to": {to}, "text": {text},
		// Kannel puts in the kind of the report and the SMSC's id of the message.
		"dlr-url": {k.web.URL + "/report?to=" + to + "&kind=%d&id=%F"}, "dlr-mask": {"31"},
	}
	for _, param := range params {
		name, value, _ := strings.Cut(param, "=")
		q.Set(name, value)
	}
	resp, err := http.Get("http://" + k.sendsms + "/cgi-bin/sendsms?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("Kannel does not take a text: %s: %s", resp.Status, body)
	}
}
