package taskqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/taskqueue"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// keys are those of accounts 1 and 2.
var keys = [...]string{1: strings.Repeat("1", 40), 2: strings.Repeat("2", 40)}

type keyring struct{}

func (keyring) Authenticate(_ context.Context, token string, _ netip.Addr) (*api.Principal, error) {
	for id, key := range keys {
		if token == key {
			return &api.Principal{Account: &api.Account{ID: int64(id), Language: "en", Location: time.UTC}}, nil
		}
	}
	return nil, api.Login("login.unknown")
}

// site is the module with tasks that go on where the test says.
type site struct {
	t     *testing.T
	db    *db.DB
	node  *db.Node
	tasks *tasks.Tasks
	clock *testkit.Clock
	door  *api.Door
}

func onBoth(t *testing.T, test func(t *testing.T, s *site)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		s := &site{t: t, clock: clock, db: testkit.Open(t, url, clock)}
		s.node = db.NewNode(s.db, "test", testkit.Logger(t))
		s.tasks = tasks.New(tasks.Config{DB: s.db, Node: s.node, Logger: testkit.Logger(t)})
		var err error
		s.door, err = api.New(api.Config{
			Modules: []api.Module{taskqueue.New(s.tasks).Methods()}, Auth: keyring{}, Clock: clock.Now, Undeclared: testkit.Fails(t), CellPrefix: "kz",
			Logger: slog.New(slog.DiscardHandler),
		})
		s.ok(err)
		test(t, s)
	})
}

func (s *site) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// start lets tasks be done by a worker.
func (s *site) start(work tasks.Worker) {
	s.t.Helper()
	s.tasks.Handle("test", work)
	s.ok(s.node.Start(s.t.Context()))
	s.ok(s.tasks.Start(s.t.Context()))
	s.t.Cleanup(func() {
		s.ok(s.tasks.Stop(context.Background()))
		s.ok(s.node.Stop(context.Background()))
	})
}

func (s *site) add(account int64) (id int64) {
	s.t.Helper()
	id, err := s.tasks.NextID(s.t.Context())
	s.ok(err)
	s.ok(s.db.Write(s.t.Context(), db.Answers, func(tx *db.Tx) error {
		return s.tasks.Add(tx, id, tasks.Spec{AccountID: account, Kind: "test"})
	}))
	return id
}

func (s *site) getStatus(account int, query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, httptest.NewRequest("GET", "/service/taskqueue/getstatus?apiKey="+keys[account]+query, nil))
	return w
}

// answers checks the envelope, or its beginning.
func (s *site) answers(account int, query, want string) {
	s.t.Helper()
	if got := s.getStatus(account, query).Body.String(); !strings.HasPrefix(got, want) {
		s.t.Errorf("account %d %s: %s, want %s", account, query, got, want)
	}
}

// becomes asks once a second until the answer comes.
func (s *site) becomes(id int64, data string) {
	s.t.Helper()
	want := `{"code":0,"data":` + data + `,"message":""}`
	testkit.Eventually(s.t, time.Minute, func() error {
		s.clock.Advance(time.Second)
		if got := s.getStatus(1, fmt.Sprintf("&id=%d", id)).Body.String(); got != want {
			return fmt.Errorf("%s, want %s", got, want)
		}
		return nil
	})
}

func nothing(*db.Tx) error { return nil }

func TestATasksWayIsSeenOnTheWire(t *testing.T) {
	onBoth(t, func(t *testing.T, s *site) {
		done, rejected := s.add(1), s.add(1)
		s.becomes(done, `{"progress":0,"status":0}`)
		goOn := make(chan struct{})
		s.start(func(ctx context.Context, task *tasks.Task) error {
			if err := task.Advance(ctx, 1, 40, nothing); err != nil {
				return err
			}
			<-goOn
			if task.ID == rejected {
				return task.Reject(ctx, "a secret", nothing)
			}
			return task.Finish(ctx, nothing)
		})
		s.becomes(done, `{"progress":40,"status":1}`)
		close(goOn)
		s.becomes(done, `{"progress":100,"status":2}`)
		s.becomes(rejected, `{"progress":40,"status":3}`)
	})
}

func TestOnlyAnAccountsOwnTasksAreThere(t *testing.T) {
	onBoth(t, func(t *testing.T, s *site) {
		id := s.add(2)
		for range 3 { // such a question is not counted as one about a task
			s.answers(1, fmt.Sprintf("&id=%d", id), `{"code":2,"data":null,`)
			s.answers(1, "&id=987654", `{"code":2,"data":null,`)
		}
		s.answers(2, fmt.Sprintf("&id=%d", id), `{"code":0,"data":{"progress":0,"status":0},`)
		s.answers(1, "", `{"code":11,`)
		s.answers(1, "&id=x", `{"code":12,`)
	})
}

func TestATaskIsAskedAboutOnceASecond(t *testing.T) {
	onBoth(t, func(t *testing.T, s *site) {
		ids := []string{fmt.Sprintf("&id=%d", s.add(1)), fmt.Sprintf("&id=%d", s.add(1))}
		allowed := func(want bool) {
			t.Helper()
			for _, id := range ids { // each counts for itself
				w := s.getStatus(1, id)
				if limited := strings.HasPrefix(w.Body.String(), `{"code":30,"data":null,`); limited == want || limited != (w.Header().Get("Retry-After") == "1") {
					t.Errorf("%s, Retry-After %q", w.Body, w.Header().Get("Retry-After"))
				}
			}
		}
		allowed(true)
		allowed(false)
		s.clock.Advance(999 * time.Millisecond)
		allowed(false)
		s.clock.Advance(time.Millisecond)
		allowed(true)
		allowed(false)
		s.clock.Advance(-time.Hour)
		allowed(true)
	})
}
