package main

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// dial connects to the server below HTTP; whatever it sends must come within the
// test's patience.
func (c caller) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answerOn reads the next answer of a connection.
func answerOn(conn net.Conn, method string) (resp *http.Response, body string, err error) {
	resp, err = http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

// A hostileCall is a request as it goes over the wire, in its parts.
type hostileCall struct {
	name   string
	verb   string // default POST
	target string // below /service/
	header string // further lines, each with its line break
	body   string
	status int    // default 200
	code   string // X-Api-Code
}

// wire is the request with the caller's key in its header.
func (h hostileCall) wire(key string) (verb, text string) {
	if verb = h.verb; verb == "" {
		verb = "POST"
	}
	return verb, fmt.Sprintf("%s /service/%s HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n%s\r\n%s",
		verb, h.target, key, len(h.body), h.header, h.body)
}

const (
	asJSON  = "Content-Type: application/json\r\n"
	balance = "user/getOwnBalance"
	sending = "message/sendSmsMessage"
	evil    = "%0d%0aX-Evil:%201"
)

func hostileCalls() []hostileCall {
	many := func(s string) string { return strings.Repeat(s, 10_001) }
	return []hostileCall{
		{name: "open brackets", target: balance, body: "a" + many("[") + "=1", code: "0"},
		{name: "pairs of brackets", target: balance, body: "a" + many("[]") + "=1", code: "12"},
		{name: "levels in the query", verb: "GET", target: balance + "?a" + many("[b]") + "=1", code: "12"},
		{name: "levels of JSON", target: balance, header: asJSON, body: many(`{"a":`), code: "12"},
		{name: "levels of JSON, closed", target: balance, header: asJSON, body: `{"a":` + many("[") + many("]") + "}", code: "12"},
		{name: "an array for an object", target: balance, header: asJSON, body: many("["), code: "12"},
		{name: "a list index of nine digits", target: balance, body: "ids[999999999]=1&ids[]=2", code: "0"},
		{name: "too many keys", target: balance, body: many("a&"), code: "12"},
		{name: "too many keys in the query", verb: "GET", target: balance + "?" + many("a&"), code: "12"},
		{name: "too many keys of JSON", target: balance, header: asJSON, body: "{" + strings.TrimSuffix(many(`"a":1,`), ",") + "}", code: "12"},
		{name: "no type, JSON", target: balance, body: `{"output":"yaml"}`, code: "6"},
		{name: "an unknown type, JSON", target: balance, header: "Content-Type: image/png\r\n", body: ` {"output":"yaml"}`, code: "6"},
		{name: "an unknown type, a form", target: balance, header: "Content-Type: text/xml; \"\r\n", body: "output=yaml", code: "6"},
		{name: "several types", target: balance, header: asJSON + "Content-Type: text/plain\r\n", body: "{}", code: "0"},
		{name: "parts without a boundary", target: balance, header: "Content-Type: multipart/form-data\r\n", body: "--\r\n", code: "12"},
		{name: "parts that never begin", target: balance, header: "Content-Type: multipart/form-data; boundary=b\r\n", body: many("-"), code: "12"},
		{name: "JSON in UTF-16", target: balance, header: asJSON, body: "\xff\xfe{\x00}\x00", code: "12"},
		{name: "zipped JSON", target: balance, header: asJSON + "Content-Encoding: gzip\r\n", body: "\x1f\x8b\x08\x00", code: "12"},
		{name: "a text that is no UTF-8", target: sending, body: "recipient=77010000000&text=%c3%28", code: "12"},
		{name: "a name that is no UTF-8", target: sending, body: "recipient=77010000000&text=a&%ff=1", code: "12"},
		{name: "a query that is no UTF-8", target: sending + "?from=%ed%a0%80", body: "recipient=77010000000&text=a", code: "12"},
		{name: "JSON that is no UTF-8", target: sending, header: asJSON, body: "{\"recipient\":\"77010000000\",\"text\":\"\xc3\x28\"}", code: "12"},
		{name: "a zero byte", target: sending, body: "recipient=77010000000&text=a%00b", code: "12"},
		{name: "a header in the module", target: "message" + evil + "/list", code: "4"},
		{name: "a header in the method", target: "message/list" + evil, code: "5"},
		{name: "a header in the format", target: balance + "?output=xml" + evil, code: "6"},
		{name: "a header in the sender", target: sending, body: "recipient=77010000000&text=a&from=A" + evil, code: "0"},
		{name: "a header in a webhook's address", target: "webhook/create", body: "data[eventType]=sms-delivery-report&data[url]=http://198.51.100.1/" + evil, code: "1"},
		{name: "a header in a webhook's host", target: "webhook/create", body: "data[eventType]=sms-delivery-report&data[url]=http://a.example" + strings.ReplaceAll(evil, "%", "%25"), code: "1"},
		{name: "a header in a link", target: "link/create", body: "data[fullLink]=https://a.example/" + evil, code: "1"},
		{name: "a request's id", target: balance, header: "X-Request-Id: X-Evil: 1\r\n", code: "0"},
		{name: "what XML can't hold, in a method", target: "message/%01%3C%26%5D%5D%3E%EF%BF%BF?output=xml", code: "5"},
		{name: "what XML can't hold, in a name", target: "contactGroup/create?output=xml", body: "data[name]=%01%3C%26%22%5D%5D%3E%EF%BF%BE", code: "0"},
		{name: "what XML can't hold, in a list", target: "contactGroup/list?output=xml", code: "0"},
		{name: "a preflight", verb: "OPTIONS", target: balance, header: "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", status: 204},
		{name: "a page of another origin", target: balance, header: "Origin: https://evil.example\r\nCookie: a=b\r\n", code: "0"},
		{name: "another verb", verb: "PUT", target: balance, status: 405, code: "5"},
		{name: "a verb of its own", verb: "BREW", target: balance, body: many("x"), status: 405, code: "5"},
		{name: "a verb that shows headers", verb: "TRACE", target: balance, status: 405, code: "5"},
		{name: "two lengths", target: balance, header: "Content-Length: 1\r\n", status: 400},
		{name: "a length and chunks", target: balance, header: "Transfer-Encoding: chunked\r\n", body: "0\r\n\r\n", code: "0"},
		{name: "chunks of no size", target: balance, header: "Transfer-Encoding: chunked\r\n", body: "fffffffffffffffff\r\n", code: "12"},
		{name: "a header of a mebibyte", target: balance, header: "X-Long: " + strings.Repeat("x", 2*mebibyte) + "\r\n", status: 431},
	}
}

// TestHostileCallsGetTheCodeThatIsPromisedAndHarmNobody over one server, which answers
// a plain call after each.
func TestHostileCallsGetTheCodeThatIsPromisedAndHarmNobody(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"}) // where none answers
		server := s.serve()
		for _, call := range hostileCalls() {
			verb, text := call.wire(server.key)
			conn := server.dial(t)
			go func() { _, _ = io.WriteString(conn, text) }() // the server need not read all of it
			resp, body, err := answerOn(conn, verb)
			if err == nil {
				err = call.kept(resp, body)
			}
			if err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
			server.balance(t)
		}
		server.stop()
	})
}

// kept compares an answer with what is promised for the call, and for all.
func (h hostileCall) kept(resp *http.Response, body string) error {
	status := h.status
	if status == 0 {
		status = http.StatusOK
	}
	header := resp.Header
	switch {
	case resp.StatusCode != status || header.Get("X-Api-Code") != h.code:
		return fmt.Errorf("HTTP %s, code %q, want %d and %q: %s", resp.Status, header.Get("X-Api-Code"), status, h.code, body)
	case header.Get("X-Evil") != "":
		return fmt.Errorf("the caller wrote a header of the answer: %v", header)
	case header.Get("Access-Control-Allow-Credentials") != "":
		return fmt.Errorf("another origin gets credentials: %v", header)
	case status < 300 && header.Get("Access-Control-Allow-Origin") != "*":
		return fmt.Errorf("other origins are kept away: %v", header)
	}
	switch method, _, _ := strings.Cut(h.target, "?"); {
	case strings.HasPrefix(body, "<?xml"):
		return wellFormed(body)
	case strings.HasPrefix(header.Get("Content-Type"), "application/json"):
		return declared(method, []byte(body))
	}
	return nil
}

func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
	}
}

// slowCalls are requests that never end, by what is answered to them before the server
// hangs up.
func slowCalls(key string) map[string]string {
	const head = " HTTP/1.1\r\nHost: api\r\n"
	keyed, unending := "Authorization: Bearer "+key+"\r\n", "Content-Length: 100\r\n\r\na=1"
	return map[string]string{
		"POST /service/" + balance + head: "", // in the midst of the header
		"P":                               "",
		"POST /service/" + balance + head + keyed + unending:                                          `"code":12`,
		"POST /service/" + balance + head + unending:                                                  `"code":8`,
		"POST /service/" + balance + head + "Transfer-Encoding: chunked\r\n\r\n5\r\na=1":              `"code":8`,
		"POST /service/none/none" + head + keyed + unending:                                           `"code":4`,
		"PUT /service/" + balance + head + unending:                                                   "405 ",
		"POST /" + head + unending:                                                                    "HTTP/1.1 ",
		"POST /service/campaign/addRecipients" + head + keyed + "Expect: 100-continue\r\n" + unending: "100 Continue",
		"POST /service/campaign/addRecipients" + head + keyed + "Content-Type: multipart/form-data; boundary=b\r\n" +
			"Content-Length: 1000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"recipientsFile\"; filename=\"a\"\r\n\r\n7701": `"code":12`,
	}
}

// TestSlowCallersAreHungUpOnAndSlowNobody: whatever they stop in the midst of, others are
// answered meanwhile, and soon nothing of them is left.
func TestSlowCallersAreHungUpOnAndSlowNobody(t *testing.T) {
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"})
	uploads := t.TempDir()
	server := s.serve("HELIOGRAPH_HTTP_READ_TIMEOUT=1s", "TMPDIR="+uploads)
	type slow struct {
		net.Conn
		sent, want string
	}
	var conns []slow
	for sent, want := range slowCalls(server.key) {
		for range 20 {
			conn := server.dial(t)
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			conns = append(conns, slow{conn, sent, want})
		}
	}
	for range 100 {
		server.balance(t)
	}
	for _, c := range conns {
		said, err := io.ReadAll(c)
		if err != nil || !strings.Contains(string(said), c.want) {
			t.Errorf("to %q: %v after %q, want an end after %q", c.sent, err, said, c.want)
		}
	}
	empty(t, uploads)
	server.stop()
}

// empty checks that nothing was left behind.
func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCallersWhoTakeNoAnswerAreHungUpOnAndSlowNobody: whatever they call, again and again
// without reading, others are answered meanwhile, and soon nothing of them is left.
func TestCallersWhoTakeNoAnswerAreHungUpOnAndSlowNobody(t *testing.T) {
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"})
	server := s.serve("HELIOGRAPH_HTTP_WRITE_TIMEOUT=500ms")
	for i := range 100 { // so that a list of them is no short answer
		server.call(t, 0, nil, "contactGroup/create", "data[name]", fmt.Sprintf("%d%0200d", i, 0))
	}
	var deaf sync.WaitGroup
	for _, path := range []string{"/service/contactGroup/list?pagination[pageSize]=100&apiKey=" + server.key, "/docs", "/openapi.json", "/metrics"} {
		for range 5 {
			conn := dial(t, server.url)
			deaf.Go(func() { askOn(t, conn, "GET "+path+" HTTP/1.1\r\nHost: api\r\n\r\n") })
		}
	}
	for range 100 {
		server.balance(t)
	}
	deaf.Wait()
	server.stop()
}
