package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// A causedCode is a way to be answered with a code.
type causedCode struct {
	code   api.Code
	method string
	fields []string // names and values in turn; apiKey among them replaces the site's
	data   string   // what the data looks like
	during trouble  // what the call runs into; nil: the call itself is the cause
}

// trouble makes a call while something is wrong, and then mends that.
type trouble func(call func())

// Forms of the envelope's data (contract §2.1).
const (
	noData  = `^null$`
	aNumber = `^\d+$`
)

// TestEveryCodeComesFromItsRealCause over HTTP, and carries what the contract says.
func TestEveryCodeComesFromItsRealCause(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newDarkSite(t, url)
		server := s.serve()
		reached := map[api.Code]bool{}
		for _, row := range s.causes(server.caller) {
			s.causeCode(server.caller, row)
			reached[row.code] = true
		}
		for _, c := range api.Codes() {
			if !reached[c.Code] {
				t.Errorf("nothing here is answered with code %d, %s", c.Code, c.Name)
			}
		}
		server.stop()
	})
}

// darkSite is a site whose database can go away.
type darkSite struct {
	*site
	away trouble
}

// newDarkSite makes a site with a listed peer and a limit that is soon reached. Its
// database goes away as it does on each engine: the server can't be reached, or
// somebody else holds the file.
func newDarkSite(t *testing.T, url string) *darkSite {
	t.Helper()
	d := &darkSite{}
	d.away = func(call func()) { d.write(func(*db.Tx) error { call(); return nil }) }
	if strings.HasPrefix(url, "postgres") {
		gate, through := testkit.NewGate(t, url)
		url, d.away = through, func(call func()) { gate.Shut(); call(); gate.Open() }
	}
	d.site = newSite(t, url, options{carrier: "127.0.0.1:1"}) // where none answers
	text, err := os.ReadFile(d.config)
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(string(text), "[limits]\n", "[limits]\n\"price.listPublic\" = \"1/h\"\n", 1)
	d.file("heliograph.toml", more+"[cell.peers]\nbr = \"api.br.example\"\n")
	return d
}

// causes are all codes with what brings each about.
func (s *darkSite) causes(c caller) []causedCode {
	poor := s.make("account", "create", "--name", "Poor", "--currency", "KZT", "--balance", "16.1999")
	blocked := s.make("account", "create", "--name", "Bob", "--currency", "KZT")
	s.run("account", "block", blocked.ID)
	reader := s.make("key", "create", "1", "--scopes", "message:read").APIKey
	const group, number, prices = "contactGroup/create", "77010000000", "price/listPublic"
	draft := func() (id string) {
		c.call(s.t, 0, &id, "campaign/create", "data[text]", "Hello")
		return id
	}
	listPrices := []string{"countryA2", "KZ", "currency", "KZT", "language", "en"}
	c.call(s.t, 0, nil, prices, listPrices...)
	return []causedCode{
		{code: api.CodeOK, method: "user/getOwnBalance", data: `^{"balance":"\d+\.\d{4}","currency":"KZT"}$`},
		{code: api.CodeValidation, method: group, fields: []string{"data[name]", ""}, data: `^{"name":\["[^"]+"\]}$`},
		{code: api.CodeNotFound, method: "campaign/get", fields: []string{"id", "999999"}, data: noData},
		{code: api.CodeInternal, method: "contactGroup/list", data: noData, during: s.lost("contact_group")},
		{code: api.CodeBadModule, method: "massage/list", data: noData},
		{code: api.CodeBadMethod, method: "message/sendFax", data: noData},
		{code: api.CodeBadFormat, method: "message/list", fields: []string{"output", "yaml"}, data: noData},
		{code: api.CodeLogin, method: "message/list", fields: []string{"apiKey", strings.Repeat("0", 70)}, data: noData},
		{code: api.CodeAccess, method: "message/sendSmsMessage", fields: []string{"apiKey", reader}, data: noData},
		{code: api.CodeDataUpdate, method: "campaign/send", fields: []string{"id", draft()}, data: noData},
		{code: api.CodeMissingParameter, method: "message/sendSmsMessage", fields: []string{"recipient", number}, data: noData},
		{code: api.CodeBadParameter, method: "message/list", fields: []string{"pagination[pageSize]", "many"}, data: noData},
		{code: api.CodeWrongServer, method: "message/list", fields: []string{"apiKey", "br" + strings.Repeat("0", 68)}, data: `^"api\.br\.example"$`},
		{code: api.CodeAccountBlocked, method: "message/list", fields: []string{"apiKey", blocked.APIKey}, data: noData},
		{code: api.CodeOperationFailed, method: "message/sendSmsMessage", fields: []string{"apiKey", poor.APIKey, "recipient", number, "text", "Hello"}, data: noData},
		{code: api.CodeRateLimit, method: prices, fields: listPrices, data: noData},
		{code: api.CodePartlyDone, method: "campaign/addRecipients", fields: []string{"id", draft(), "recipients", number + ",nobody"}, data: `^\[{.*"code":0,.*},{.*"code":2,.*}\]$`},
		{code: api.CodeNothingDone, method: "campaign/addRecipients", fields: []string{"id", draft(), "recipients", "nobody"}, data: `^\[{.*"code":2,.*}\]$`},
		{code: api.CodeBackground, method: "campaign/addRecipients", fields: []string{"id", draft(), "recipientGroups", s.group(c)}, data: aNumber},
		{code: api.CodeServiceError, method: group, fields: []string{"data[name]", "Friends"}, data: noData, during: s.away},
	}
}

// group makes a contact group.
func (s *darkSite) group(c caller) (id string) {
	s.t.Helper()
	c.call(s.t, 0, &id, "contactGroup/create", "data[name]", "Family")
	return id
}

// lost is a table that has another name for a while: what no client can bring about.
func (s *darkSite) lost(table string) trouble {
	rename := func(from, to string) {
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to)
			return err
		})
	}
	return func(call func()) { rename(table, "lost"); call(); rename("lost", table) }
}

// causeCode makes the row's call. What only trouble kept the server from, it does again
// as soon as that is over.
func (s *darkSite) causeCode(c caller, row causedCode) {
	s.t.Helper()
	call := func() {
		if err := c.answered(row); err != nil {
			s.t.Error(err)
		}
	}
	if row.during == nil {
		call()
		return
	}
	row.during(call)
	testkit.Eventually(s.t, patience, func() error {
		r, err := c.try(row.method, row.fields...)
		if err == nil && r.Code != 0 {
			err = fmt.Errorf("%s: code %d %s, and its cause is gone", row.method, r.Code, r.Message)
		}
		return err
	})
}

// answered makes a call and holds its answer to the contract: the code in the envelope
// and in a header, data of the code's form, words for everything but success.
func (c caller) answered(row causedCode) error {
	form := url.Values{"apiKey": {c.key}}
	for i := 0; i < len(row.fields); i += 2 {
		form.Set(row.fields[i], row.fields[i+1])
	}
	resp, err := c.http.PostForm(c.url+"/service/"+row.method, form)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var r reply
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w in %s", row.method, err, text)
	}
	header, again := resp.Header.Get, row.code == api.CodeRateLimit || row.code == api.CodeServiceError
	seconds, _ := strconv.Atoi(header("Retry-After"))
	for promise, kept := range map[string]bool{
		"HTTP status 200":                 resp.StatusCode == http.StatusOK,
		"the code":                        r.Code == int(row.code),
		"the code in X-Api-Code":          header("X-Api-Code") == strconv.Itoa(r.Code),
		"a request id":                    header("X-Request-Id") != "",
		"data of its form":                regexp.MustCompile(row.data).Match(r.Data),
		"a message unless it is done":     (r.Message == "") == (row.code == api.CodeOK),
		"Retry-After when it may help":    (seconds > 0) == again,
		"the request's id about a defect": row.code != api.CodeInternal || strings.Contains(r.Message, header("X-Request-Id")),
	} {
		if !kept {
			err = fmt.Errorf("%s for code %d has not %s: HTTP %s, %v %s", row.method, row.code, promise, resp.Status, resp.Header, text)
		}
	}
	return err
}
