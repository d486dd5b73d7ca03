package campaign_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// The keys of two accounts.
const (
	ours   = "kz00000000000000000000000000000000000000000000000000000000000000000001"
	theirs = "kz00000000000000000000000000000000000000000000000000000000000000000002"
)

// world is the module behind a door, with the messages it derives campaigns from.
type world struct {
	t        *testing.T
	db       *db.DB
	messages *message.Module
	door     *api.Door
	account  int64 // ours
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, newWorld(t, url)) })
}

func newWorld(t *testing.T, url string) *world {
	clock := testkit.NewClock()
	w := &world{t: t, db: testkit.Open(t, url, clock)}
	users := user.New(w.db, db.NewWatcher(w.db), slog.New(slog.DiscardHandler))
	keys := keyring{}
	for _, key := range []string{ours, theirs} {
		id, _, err := users.CreateAccount(t.Context(), user.NewAccount{
			Name: "Demo", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en", Balance: 1000_0000})
		w.ok(err)
		keys[key] = &api.Account{ID: id, Currency: "KZT", Language: "en", Location: time.FixedZone("Almaty", 5*3600)}
	}
	w.account = keys[ours].ID
	w.messages = message.New(message.Config{DB: w.db, Users: users, Queue: nobody{}})
	var err error
	w.door, err = api.New(api.Config{
		Modules: []api.Module{campaign.New(campaign.Config{Messages: w.messages}).Methods()},
		Auth:    keys, Clock: clock.Now, CellPrefix: "kz", Logger: testkit.Logger(t), TempDir: t.TempDir(),
	})
	w.ok(err)
	return w
}

// keyring knows accounts by their keys.
type keyring map[string]*api.Account

func (k keyring) Authenticate(_ context.Context, key string, _ netip.Addr) (*api.Principal, error) {
	return &api.Principal{Account: k[key]}, nil
}

// nobody takes messages over and does nothing with them.
type nobody struct{}

func (nobody) Routes(*message.Message) bool           { return true }
func (nobody) Plan(*db.Tx, []*message.Outgoing) error { return nil }
func (nobody) Committed(*message.Outgoing)            {}
func (nobody) Dropped(*message.Outgoing)              {}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// accept accepts a message of two segments, as change would have it.
func (w *world) accept(change func(*message.Message)) *message.Message {
	w.t.Helper()
	id, err := w.db.NextID(w.t.Context(), message.IDs)
	w.ok(err)
	now := w.db.Now()
	msg := &message.Message{
		ID: id, CampaignID: id, AccountID: w.account, CreatedMs: now, Sender: "Heliograph", Recipient: "77010000001", Text: "Hi",
		Country: "KZ", Operator: "Kcell", SegNum: 2, SegPrice: 16_2000, Status: message.Enqueued, CreationWay: message.ByAPI,
		MClass: 1, ValidityMin: 1440, ExpiresMs: now + 86_400_000,
	}
	if change != nil {
		change(msg)
	}
	w.ok(w.messages.Accept(w.t.Context(), msg))
	return msg
}

func (w *world) settle(c message.Change) {
	w.t.Helper()
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) error { return w.messages.Settle(tx, []message.Change{c}) }))
}

// call asks a method and returns its code and data.
func (w *world) call(key, method, query string) (api.Code, json.RawMessage) {
	w.t.Helper()
	request := httptest.NewRequest("GET", "/service/campaign/"+method+"?"+query, nil)
	request.Header.Set("Authorization", "Bearer "+key)
	answer := httptest.NewRecorder()
	w.door.ServeHTTP(answer, request)
	var envelope struct {
		Code api.Code
		Data json.RawMessage
	}
	w.ok(json.Unmarshal(answer.Body.Bytes(), &envelope))
	return envelope.Code, envelope.Data
}

// info is the object of getInfo, decoded.
func (w *world) info(id string) (object map[string]any) {
	w.t.Helper()
	code, data := w.call(ours, "getInfo", "id="+id)
	if code != api.CodeOK {
		w.t.Fatalf("campaign %s: code %d", id, code)
	}
	w.ok(json.Unmarshal(data, &object))
	return object
}
