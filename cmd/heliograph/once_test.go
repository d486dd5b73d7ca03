package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/shadow"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// writes are a call of each method that changes something. Made twice without a key, each
// would answer otherwise the second time, or do something twice. %s is the id of a record
// that the method before has made.
var writes = []struct {
	method, form string
	makes        string // what %s is from now on: the answer itself, or a field of it
}{
	{"message.sendSmsMessage", "recipient=77010000020&text=hello", ""},
	{"contactGroup.create", "data[name]=Friends", "."},
	{"contactGroup.update", "id=%s&data[name]=Family", ""},
	{"contactGroup.delete", "id=%s", ""},
	{"contactCard.create", "data[name]=Ann&data[mobile]=77010000021", "."},
	{"contactCard.update", "id=%s&data[name]=Anna", ""},
	{"contactCard.setGroups", "id=%s", ""},
	{"contactCard.delete", "id=%s", ""},
	{"numberStopList.create", "number=77010000022", "."},
	{"numberStopList.delete", "id=%s", ""},
	{"webhook.create", "data[eventType]=sms-delivery-report&data[url]=https://a.example", "."},
	{"webhook.update", "id=%s&data[status]=0", ""},
	{"webhook.delete", "ids=%s", ""},
	{"webhook.replay", "eventIds=1", ""}, // there is no such event: nothing is done, and so nothing kept
	{"link.create", "data[fullLink]=https://a.example", "id"},
	{"link.update", "id=%s&data[status]=0", ""},
	{"link.delete", "ids=%s", ""},
	{"campaign.create", "data[text]=hello", "."},
	{"campaign.addRecipients", "id=%s&recipients=77010000023,77010000024", ""},
	{"campaign.test", "id=%s&recipient=77010000025", ""},
	{"campaign.send", "id=%s", ""},
	{"campaign.pause", "id=%s", ""},
	{"campaign.resume", "id=%s", ""},
	{"campaign.cancel", "id=%s", ""},
	{"campaign.create", "data[text]=hello", "."},
	{"campaign.delete", "id=%s", ""},
}

// neverKept are writing methods whose answers are secrets, or nothing without a session.
var neverKept = []string{"user.login", "user.logout"}

// TestEveryMethodThatWritesIsDoneOnceForAKey walks the document, so that a method can't be
// forgotten.
func TestEveryMethodThatWritesIsDoneOnceForAKey(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		s := newSite(t, at, options{carrier: "127.0.0.1:1"})
		server := s.serve()
		left := server.writing(t)
		id := ""
		for i, w := range writes {
			left = slices.DeleteFunc(left, func(method string) bool { return method == w.method })
			form := strings.ReplaceAll(w.form, "%s", id)
			first, replayed := server.repeatable(t, w.method, form, fmt.Sprint("key ", i))
			if replayed {
				t.Errorf("%s: the first call is a repetition", w.method)
			}
			again, replayed := server.repeatable(t, w.method, form, fmt.Sprint("key ", i))
			if had := !strings.HasPrefix(first, `{"code":99,`); replayed != had || again != first {
				t.Errorf("%s: %s, and again %s, replayed: %t", w.method, first, again, replayed)
			}
			if w.makes != "" {
				id = idMade(t, first, w.makes)
			}
		}
		if len(left) > 0 {
			t.Errorf("no call of %v is tried", left)
		}
		server.stop()
	})
}

// writing gives the methods that change something.
func (c caller) writing(t *testing.T) (methods []string) {
	t.Helper()
	var document struct{ Paths map[string]json.RawMessage }
	_, _, body := c.get(t, "/openapi.json")
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	for path := range document.Paths {
		method := strings.ReplaceAll(strings.TrimPrefix(path, "/service/"), "/", ".")
		if !slices.Contains(shadow.Reading(), method) && !slices.Contains(neverKept, method) {
			methods = append(methods, method)
		}
	}
	return methods
}

// repeatable makes a call with an idempotency key.
func (c caller) repeatable(t *testing.T, method, form, key string) (body string, replayed bool) {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", c.url+"/service/"+strings.ReplaceAll(method, ".", "/"), strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Idempotency-Key", key)
	resp, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	switch code := resp.Header.Get("X-Api-Code"); code {
	case "0", "98", "99":
	default:
		t.Errorf("%s %s: %s", method, form, text)
	}
	return string(text), resp.Header.Get("Idempotent-Replay") == "1"
}

// idMade is the id that an answer gives, itself or in a field.
func idMade(t *testing.T, body, field string) string {
	t.Helper()
	var answer struct{ Data any }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if object, ok := answer.Data.(map[string]any); ok {
		answer.Data = object[field]
	}
	return fmt.Sprint(answer.Data)
}

// TestAGuardedAccountSendsTheSameMessageOnce for the seconds that its operator chose.
func TestAGuardedAccountSendsTheSameMessageOnce(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		s := newSite(t, at, options{carrier: "127.0.0.1:1"})
		s.run("account", "set", "1", "--duplicate-guard", "60")
		server := s.serve()
		first := server.send(t, "77010000020", "hello")
		before := server.balance(t)
		if again := server.send(t, "+7 (701) 000-00-20", "hello"); again != first {
			t.Errorf("the same message has the ids %s and %s", first, again)
		}
		if after := server.balance(t); after != before {
			t.Errorf("it was paid twice: %s, then %s", before, after)
		}
		if other := server.send(t, "77010000020", "Hello"); other == first {
			t.Error("another text was taken for the same")
		}
		server.stop()
	})
}
