package testkit

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
)

// Form is the media type of a form, written as a query.
const Form = "application/x-www-form-urlencoded"

// Caller calls the API's methods as a client does, with no network between. A method is
// named as in the URL: "message/list".
type Caller struct {
	T    testing.TB
	Door http.Handler
}

// Reply is an envelope as a client sees it.
type Reply struct {
	Code    api.Code
	Data    json.RawMessage
	Message string
}

// Post sends a body with an account's key and gives the whole answer; its status must be
// 200.
func (c Caller) Post(key, method, media, body string) []byte {
	c.T.Helper()
	request := httptest.NewRequest(http.MethodPost, "/service/"+method, strings.NewReader(body))
	request.Header.Set("Content-Type", media)
	request.Header.Set("Authorization", "Bearer "+key)
	answer := httptest.NewRecorder()
	c.Door.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		c.T.Errorf("%s: status %d", method, answer.Code)
	}
	return answer.Body.Bytes()
}

// Send sends a body and reads the envelope.
func (c Caller) Send(key, method, media, body string) (r Reply) {
	c.T.Helper()
	c.decode(c.Post(key, method, media, body), &r)
	return r
}

// Call sends a form.
func (c Caller) Call(key, method, form string) Reply {
	c.T.Helper()
	return c.Send(key, method, Form, form)
}

// Get sends a form that must be answered with a code, and decodes the data into to; nil =
// it does not matter.
func (c Caller) Get(key, method, form string, code api.Code, to any) {
	c.T.Helper()
	r := c.Call(key, method, form)
	if r.Code != code {
		c.T.Fatalf("%s %.200s: code %d (%s %.300s), want %d", method, form, r.Code, r.Message, r.Data, code)
	}
	if to != nil {
		c.decode(r.Data, to)
	}
}

// Want sends a form that must be answered with a code, and with data that is JSON like
// want; "" = any. It gives the data.
func (c Caller) Want(key, method, form string, code api.Code, want string) json.RawMessage {
	c.T.Helper()
	r := c.Call(key, method, form)
	var got, wanted any
	c.decode(r.Data, &got)
	if want != "" {
		c.decode([]byte(want), &wanted)
	}
	if r.Code != code || want != "" && !reflect.DeepEqual(got, wanted) {
		c.T.Errorf("%s %.100s: %d %s (%s), want %d %s", method, form, r.Code, r.Data, r.Message, code, want)
	}
	return r.Data
}

func (c Caller) decode(data []byte, to any) {
	c.T.Helper()
	if err := json.Unmarshal(data, to); err != nil {
		c.T.Fatalf("%v: %.300s", err, data)
	}
}
