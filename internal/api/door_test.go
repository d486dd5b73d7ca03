package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

const (
	goodKey    = "kz00000000000000000000000000000000000000000000000000000000000000000000"
	blockedKey = "kz11111111111111111111111111111111111111111111111111111111111111111111"
	readKey    = "kz22222222222222222222222222222222222222222222222222222222222222222222"
	brokenKey  = "kz33333333333333333333333333333333333333333333333333333333333333333333"
	russianKey = "0123456789012345678901234567890123456789"
	foreignKey = "br00000000000000000000000000000000000000000000000000000000000000000000"
)

var errDatabase = errors.New("database is away")

// keyring is an Authenticator with a key for every outcome.
type keyring struct{}

func (keyring) Authenticate(_ context.Context, token string, _ netip.Addr) (*Principal, error) {
	almaty := time.FixedZone("Asia/Almaty", 5*3600)
	p := &Principal{Account: &Account{ID: 7, Currency: "KZT", Language: "en", Location: almaty}, KeyID: 3}
	switch token {
	case goodKey:
		return p, nil
	case russianKey:
		p.Account.ID, p.Account.Language = 8, "ru"
		return p, nil
	case readKey:
		p.Scopes = []string{"user", "test:read"}
		return p, nil
	case blockedKey:
		return p, AccountBlocked()
	case brokenKey:
		return nil, errDatabase
	}
	return nil, Login("login.unknown")
}

type sendParams struct {
	Recipient string   `param:"recipient,required,entity" doc:"Number."`
	Text      string   `param:"text,required,entity,max=20" doc:"Text."`
	Params    sendMore `param:"params,entity" doc:"More."`
}

type sendMore struct {
	Validity int  `param:"validity,min=60,max=1440,default=1440" doc:"Minutes."`
	MClass   *int `param:"mclass,oneof=0|1" doc:"Class."`
	Shorten  bool `param:"shortenLinks" doc:"Links."`
}

type treeParams struct {
	IDs        []int64  `param:"ids" doc:"Ids."`
	Recipients []string `param:"recipients,lines" doc:"Numbers."`
	Data       taken    `param:"data" doc:"Anything."`
	File       *File    `param:"recipientsFile" doc:"A file."`
}

type taken = Taken[map[string]string]

func send(_ context.Context, _ *Call, p *sendParams) (any, error) { return p, nil }

func showTree(_ context.Context, _ *Call, p *treeParams) (any, error) {
	out := map[string]any{"ids": p.IDs, "recipients": p.Recipients, "data": plain(p.Data.Tree)}
	if p.File != nil {
		f, err := p.File.Open()
		if err != nil {
			return nil, err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		out["file"], out["path"] = string(text), p.File.path
		return out, err
	}
	return out, nil
}

// plain shows a tree as encoding/json would decode it, lists as lists.
func plain(t *Tree) any {
	if v, ok := t.Value(); ok || t == nil {
		return v
	}
	if t.Len() > 0 && !t.isObject() {
		list := []any{}
		for _, item := range t.All() {
			list = append(list, plain(item))
		}
		return list
	}
	object := map[string]any{}
	for name, item := range t.All() {
		object[name] = plain(item)
	}
	return object
}

type nothing struct{}

// fails defines a method that returns err.
func fails(name string, err error, opts ...Option) Method {
	return Define(name, "Fails.", func(context.Context, *Call, *nothing) (any, error) { return nil, err }, append(opts, Returns[any]("Nothing."))...)
}

// returns defines a method that returns v.
func returns(name string, v any, opts ...Option) Method {
	return Define(name, "Answers.", func(context.Context, *Call, *nothing) (any, error) { return v, nil }, append(opts, Returns[any]("The value."))...)
}

type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("in the encoder") }

func testModule(more ...Method) Module {
	return Module{Name: "Test", Doc: "For tests.", Methods: append([]Method{
		Define("sendSmsMessage", "Sends.", send, Returns[any]("What came."), Writes, RateClass("send"), Aliases("sendSMSMessage", "post")),
		Define("tree", "Shows.", showTree, Returns[any]("The tree.")),
		Define("upload", "Takes a file.", showTree, Returns[any]("The tree."), ExpectsFile, Writes),
		Define("boom", "Panics.", func(context.Context, *Call, *nothing) (any, error) { panic("boom") }, Returns[any]("Nothing.")),
		returns("unencodable", func() {}),
		returns("panicky", panicky{}),
		returns("open", true, Public),
		fails("database", errDatabase),
		fails("defect", errors.New("a secret cause")),
	}, more...)}
}

// newDoor makes a door on the test module; change may alter its configuration.
func newDoor(t testing.TB, change func(*Config), more ...Method) *Door {
	t.Helper()
	c := Config{
		Modules: []Module{testModule(more...)}, Auth: keyring{}, CellPrefix: "kz",
		Peers:  map[string]string{"br": "api.br.example"},
		Logger: slog.New(slog.DiscardHandler),
		Classify: func(err error) *Error {
			if errors.Is(err, errDatabase) {
				return Unavailable(err)
			}
			return nil
		},
	}
	if b, ok := t.(*testing.T); ok {
		c.TempDir = b.TempDir()
	}
	if change != nil {
		change(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A reply is an envelope as a client sees it.
type reply struct {
	Code    int             `json:"code"`
	Data    json.RawMessage `json:"data"`
	Message string          `json:"message"`
	http    *httptest.ResponseRecorder
}

func get(query string) *http.Request {
	return httptest.NewRequest("GET", "/service/test/"+query, nil)
}

func post(method, contentType, body string) *http.Request {
	r := httptest.NewRequest("POST", "/service/test/"+method, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

// do makes a call and holds its answer to what every answer promises.
func do(t testing.TB, h http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d, want 200: %s", w.Code, w.Body)
	}
	got := reply{http: w}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if !bytes.HasPrefix(w.Body.Bytes(), []byte(`{"code":`)) || !strings.Contains(w.Body.String(), `,"message":`) {
		t.Errorf("keys are not in their order: %s", w.Body)
	}
	if (got.Code == 0) != (got.Message == "") {
		t.Errorf("code %d with message %q", got.Code, got.Message)
	}
	for _, name := range []string{"X-Request-Id", "X-Api-Code", "Content-Length"} {
		if w.Header().Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
	return got
}

// expect makes a call and checks its code.
func expect(t testing.TB, h http.Handler, r *http.Request, code Code) reply {
	t.Helper()
	got := do(t, h, r)
	if got.Code != int(code) {
		t.Fatalf("%s %.200s: code %d (%s), want %d", r.Method, r.URL, got.Code, got.Message, code)
	}
	return got
}
