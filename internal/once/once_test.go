package once_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// node is a door with one module that writes, and answers that are kept.
type node struct {
	t     *testing.T
	clock *testkit.Clock
	db    *db.DB
	users *user.Module
	once  *once.Answers
	door  *api.Door
}

func newNode(t *testing.T, url string, clock *testkit.Clock) *node {
	t.Helper()
	n := &node{t: t, clock: clock, db: testkit.Open(t, url, clock)}
	n.users = user.New(n.db, db.NewWatcher(n.db), slog.New(slog.DiscardHandler))
	n.once = once.New(n.db, testkit.Logger(t))
	door, err := api.New(api.Config{
		Modules: []api.Module{contactgroup.New(n.db).Methods()},
		Auth:    n.users, Clock: clock.Now, Repeats: n.once, Undeclared: testkit.Fails(t), Logger: testkit.Logger(t), TempDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.door = door
	return n
}

func onBoth(t *testing.T, test func(t *testing.T, n *node, key string)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		n := newNode(t, url, testkit.NewClock())
		test(t, n, n.account())
	})
}

func (n *node) account() (key string) {
	n.t.Helper()
	_, key, err := n.users.CreateAccount(n.t.Context(), user.NewAccount{Name: "test", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
	if err != nil {
		n.t.Fatal(err)
	}
	return key
}

// answer is what a call came to.
type answer struct {
	body     string
	replayed bool
}

// call calls a method of contactGroup with an idempotency key; "" = without one.
func (n *node) call(key, idempotency, method, form string) answer {
	request := httptest.NewRequest("POST", "/service/contactGroup/"+method, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+key)
	if idempotency != "" {
		request.Header.Set("Idempotency-Key", idempotency)
	}
	recorder := httptest.NewRecorder()
	n.door.ServeHTTP(recorder, request)
	return answer{recorder.Body.String(), recorder.Header().Get("Idempotent-Replay") == "1"}
}

// wants compares an answer's code and data.
func (n *node) wants(got answer, code api.Code, data string, replayed bool) {
	n.t.Helper()
	var envelope struct {
		Code api.Code
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(got.body), &envelope); err != nil {
		n.t.Fatal(err)
	}
	if envelope.Code != code || data != "" && string(envelope.Data) != data || got.replayed != replayed {
		n.t.Errorf("%s, replayed: %t; want %d %s, replayed: %t", got.body, got.replayed, code, data, replayed)
	}
}

func TestACallWithAKeyHasItsEffectOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *node, key string) {
		const friends, family = "data[name]=Friends", "data[name]=Family"
		n.wants(n.call(key, "a", "create", friends), api.CodeOK, `"1"`, false)
		n.wants(n.call(key, "a", "create", friends), api.CodeOK, `"1"`, true)
		n.wants(n.call(key, "", "create", friends+"&params[idempotencyKey]=a"), api.CodeOK, `"1"`, true)
		n.wants(n.call(key, "a", "create", "api=v1&"+friends+"&output=json"), api.CodeOK, `"1"`, true)
		n.wants(n.call(key, "a", "create", family), api.CodeBadParameter, "null", false)
		n.wants(n.call(key, "a", "delete", "id=1"), api.CodeBadParameter, "null", false)
		n.wants(n.call(key, "", "create", friends), api.CodeValidation, "", false)
		n.wants(n.call(n.account(), "a", "create", family), api.CodeOK, "", false)
		n.wants(n.call(key, strings.Repeat("ж", 129), "create", family), api.CodeBadParameter, "null", false)
		n.wants(n.call(key, strings.Repeat("ж", 128), "create", family), api.CodeOK, "", false)
		n.wants(n.call(key, "a", "list", ""), api.CodeOK, "", false) // what only reads has no use for a key
		xml := n.call(key, "a", "create", friends+"&output=xml")
		if !strings.Contains(xml.body, "<data>1</data>") || !xml.replayed {
			t.Errorf("as XML: %+v", xml)
		}
	})
}

func TestOnlyAnswersWithAnEffectAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, n *node, key string) {
		n.wants(n.call(key, "", "create", "data[name]=Friends"), api.CodeOK, `"1"`, false)
		n.wants(n.call(key, "b", "create", "data[name]=Friends"), api.CodeValidation, "", false)
		n.wants(n.call(key, "c", "delete", "id=1"), api.CodeOK, "", false)
		n.wants(n.call(key, "b", "create", "data[name]=Friends"), api.CodeOK, "", false)
		n.wants(n.call(key, "c", "delete", "id=1"), api.CodeOK, `{"processed":["1"],"notProcessed":[]}`, true)
	})
}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	onBoth(t, func(t *testing.T, n *node, key string) {
		n.wants(n.call(key, "a", "create", "data[name]=Friends"), api.CodeOK, `"1"`, false)
		n.clock.Advance(24*time.Hour - time.Millisecond)
		n.wants(n.call(key, "a", "create", "data[name]=Friends"), api.CodeOK, `"1"`, true)
		n.clock.Advance(time.Millisecond)
		n.wants(n.call(key, "a", "create", "data[name]=Family"), api.CodeOK, "", false)
		n.wants(n.call(key, "a", "create", "data[name]=Family"), api.CodeOK, "", true)
	})
}

// TestCopiesAtOnceHaveOneEffect sends the same calls from everywhere at once: to one node
// on SQLite, to two on PostgreSQL.
func TestCopiesAtOnceHaveOneEffect(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		nodes := []*node{newNode(t, url, clock)}
		if nodes[0].db.Engine == "postgres" {
			nodes = append(nodes, newNode(t, url, clock))
		}
		key := nodes[0].account()
		const copies, calls = 8, 10
		for call := range calls {
			var answers [copies]answer
			var all sync.WaitGroup
			for i := range copies {
				all.Go(func() {
					answers[i] = nodes[i%len(nodes)].call(key, fmt.Sprint("key ", call), "create", fmt.Sprint("data[name]=", call))
				})
			}
			all.Wait()
			effects := 0
			for _, got := range answers {
				if !got.replayed {
					effects++
				}
				if got.body != answers[0].body || !strings.HasPrefix(got.body, `{"code":0,`) {
					t.Errorf("%s and %s", got.body, answers[0].body)
				}
			}
			if effects != 1 {
				t.Errorf("%d effects", effects)
			}
		}
	})
}
