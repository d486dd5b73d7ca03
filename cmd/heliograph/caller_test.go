package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// caller calls the API of a server, as a program of a client does. What it is answered is
// held to the document.
type caller struct {
	url, key string
	http     *http.Client
}

// newCaller makes a caller whose test fails if an answer is not what the document declares.
func newCaller(t *testing.T, url, key string) caller {
	return inspectedBy(newInspector(t), url, key)
}

func inspectedBy(i *inspector, url, key string) caller {
	return caller{url, key, &http.Client{Timeout: patience, Transport: i}}
}

// reply is the envelope.
type reply struct {
	Code    int
	Data    json.RawMessage
	Message string
}

// try makes a call whose connection may fail. fields are names and values in turn.
func (c caller) try(method string, fields ...string) (r reply, err error) {
	form := url.Values{"apiKey": {c.key}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	resp, err := c.http.PostForm(c.url+"/service/"+method, form)
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return r, fmt.Errorf("%s: HTTP %s", method, resp.Status)
	}
	return r, json.NewDecoder(resp.Body).Decode(&r)
}

// call makes a call that must be answered with the code; into, unless nil, gets
// the data.
func (c caller) call(t *testing.T, code int, into any, method string, fields ...string) {
	t.Helper()
	r, err := c.try(method, fields...)
	if err == nil && into != nil {
		err = json.Unmarshal(r.Data, into)
	}
	if err != nil || r.Code != code {
		t.Fatalf("%s: code %d %s %q, %v; want %d", method, r.Code, r.Data, r.Message, err, code)
	}
}

// post makes a call with a form as it is and gives the code and the whole answer.
func (c caller) post(t *testing.T, method, form string) (code, body string) {
	t.Helper()
	resp, err := c.http.Post(c.url+"/service/"+method, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: HTTP %s, %v", method, resp.Status, err)
	}
	return resp.Header.Get("X-Api-Code"), string(text)
}

// send sends a message and gives its id.
func (c caller) send(t *testing.T, to, text string) string {
	t.Helper()
	var sent struct{ MessageID string }
	c.call(t, 0, &sent, "message/sendSmsMessage", "recipient", to, "text", text)
	return sent.MessageID
}

// report is an item of getSMSStatus.
type report struct{ ID, Status, SegNum string }

// statuses asks for the messages' statuses, at most 100.
func (c caller) statuses(t *testing.T, ids ...string) []report {
	t.Helper()
	var reports []report
	c.call(t, 0, &reports, "message/getSMSStatus", "ids", strings.Join(ids, ","))
	return reports
}

// becomes waits until the message has the status.
func (c caller) becomes(t *testing.T, id, status string) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		if got := c.statuses(t, id); len(got) != 1 || got[0].Status != status {
			return fmt.Errorf("message %s: %v, want %s", id, got, status)
		}
		return nil
	})
}

func (c caller) balance(t *testing.T) string {
	t.Helper()
	var own struct{ Balance, Currency string }
	c.call(t, 0, &own, "user/getOwnBalance")
	return own.Balance + " " + own.Currency
}

// get fetches a page that is no part of the API.
func (c caller) get(t *testing.T, path string) (status int, contentType, body string) {
	t.Helper()
	resp, err := c.http.Get(c.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
}
