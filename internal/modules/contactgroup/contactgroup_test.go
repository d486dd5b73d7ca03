package contactgroup_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// world is the module behind the door, on a real database. Cards come into groups in
// the tests of package contactcard.
type world struct {
	t      *testing.T
	clock  *testkit.Clock
	db     *db.DB
	users  *user.Module
	groups *contactgroup.Module
	door   *api.Door
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		w := &world{t: t, clock: testkit.NewClock()}
		w.db = testkit.Open(t, at, w.clock)
		w.users = user.New(w.db, db.NewWatcher(w.db), slog.New(slog.DiscardHandler))
		w.ok(w.users.SetCell(t.Context(), user.Cell{Prefix: "kz", Domain: "api.kz.example"}))
		w.groups = contactgroup.New(w.db)
		door, err := api.New(api.Config{
			Modules: []api.Module{w.groups.Methods()},
			Auth:    w.users, Clock: w.clock.Now, Undeclared: testkit.Fails(t), CellPrefix: "kz", Logger: testkit.Logger(t), TempDir: t.TempDir(),
		})
		w.ok(err)
		w.door = door
		test(t, w)
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// account gives its id and its key.
func (w *world) account() (id int64, key string) {
	w.t.Helper()
	id, key, err := w.users.CreateAccount(w.t.Context(),
		user.NewAccount{Name: "test", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
	w.ok(err)
	return id, key
}

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// post calls a method with a form, written as a query.
func (w *world) post(key, method, form string) string {
	w.t.Helper()
	return string(w.caller().Post(key, "contactGroup/"+method, testkit.Form, form))
}

// call wants a code, and data that is JSON like want; "" = any.
func (w *world) call(key, method, form string, code api.Code, want string) json.RawMessage {
	w.t.Helper()
	return w.caller().Want(key, "contactGroup/"+method, form, code, want)
}

func (w *world) create(key, name string) int64 {
	w.t.Helper()
	var id string
	w.ok(json.Unmarshal(w.call(key, "create", url.Values{"data[name]": {name}}.Encode(), api.CodeOK, ""), &id))
	n, err := strconv.ParseInt(id, 10, 64)
	w.ok(err)
	return n
}

func TestAGroupHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, key := w.account()
		w.call(key, "create", "data[name]=<Друзья>", api.CodeOK, `"1"`)
		w.call(key, "update", "id=1&data[name]=Friends %26 Co", api.CodeOK, `true`)
		const item = `{"id":"1","userId":"1","name":"Friends & Co","cardsCnt":"0","isHidden":"0","createTs":"2026-03-01 17:00:00"}`
		w.call(key, "list", "", api.CodeOK, `{"items":[`+item+`],"totalItemCount":"1"}`)
		w.call(key, "getCardsCount", "id=1", api.CodeOK, `"0"`)
		w.call(key, "getCardsCount", "id=-1", api.CodeOK, `"0"`)
		const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<response><code>0</code><data>`
		for _, tt := range []struct{ method, form, want string }{
			{"list", "", `<items><item><id>1</id><userId>1</userId><name>Friends &amp; Co</name><cardsCnt>0</cardsCnt><isHidden>0</isHidden>` +
				`<createTs>2026-03-01 17:00:00</createTs></item></items><totalItemCount>1</totalItemCount>`},
			{"getCardsCount", "id=1", `0`},
			{"update", "id=1&data[name]=x", `1`},
			{"delete", "id=1,9", `<processed><item>1</item></processed><notProcessed><item>9</item></notProcessed>`},
			{"create", "data[name]=y", `2`},
		} {
			if got := w.post(key, tt.method, tt.form+"&output=xml"); got != head+tt.want+"</data><message></message></response>" {
				t.Errorf("%s: %s", tt.method, got)
			}
		}
		w.call(key, "delete", "id[]=2&id[]=2", api.CodeOK, `{"processed":["2"],"notProcessed":[]}`)
		w.call(key, "delete", "id=2", api.CodeOK, `{"processed":[],"notProcessed":["2"]}`)
		w.call(key, "list", "", api.CodeOK, `{"items":[],"totalItemCount":"0"}`)
	})
}

// TestAnAccountHasANameOnce whatever the case of its letters, as long as the group is
// there; another account may have it too.
func TestAnAccountHasANameOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, key := w.account()
		_, other := w.account()
		const taken = `{"name":["is the name of another group"]}`
		id := w.create(key, "Ёлки")
		second := w.create(key, "ÉLAN")
		w.create(other, "ёлки")
		w.call(key, "create", "data[name]=ёЛКИ", api.CodeValidation, taken)
		w.call(key, "update", fmt.Sprint("id=", second, "&data[name]=ЁЛКИ"), api.CodeValidation, taken)
		w.call(key, "update", fmt.Sprint("id=", id, "&data[name]=ЁЛКИ"), api.CodeOK, `true`) // its own
		w.call(key, "delete", fmt.Sprint("id=", id), api.CodeOK, "")
		w.call(key, "update", fmt.Sprint("id=", second, "&data[name]=ёлки"), api.CodeOK, `true`)
		w.call(key, "create", "data[name]=élan", api.CodeOK, "")
	})
}

// TestOfManyWhoAskForANameAtOnceOneGetsIt.
func TestOfManyWhoAskForANameAtOnceOneGetsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, key := w.account()
		var all sync.WaitGroup
		answers := make([]string, 8)
		for i := range answers {
			all.Go(func() { answers[i] = w.post(key, "create", "data[name]=same") })
		}
		all.Wait()
		made := 0
		for _, answer := range answers {
			if strings.HasPrefix(answer, `{"code":0,`) {
				made++
			} else if !strings.HasPrefix(answer, `{"code":1,`) {
				t.Error(answer)
			}
		}
		if made != 1 {
			t.Errorf("%d groups made: %s", made, answers)
		}
	})
}

func TestEachMisuseHasItsCode(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, key := w.account()
		_, other := w.account()
		mine, foreign := fmt.Sprint("id=", w.create(key, "Mine")), fmt.Sprint("id=", w.create(other, "Theirs"))
		w.call(key, "create", "", api.CodeMissingParameter, "null")
		w.call(key, "create", "data=x", api.CodeBadParameter, "null")
		w.call(key, "create", "data[name]=", api.CodeValidation, `{"name":["must not be empty"]}`)
		w.call(key, "create", "data[x]=1", api.CodeValidation, `{"name":["must not be empty"]}`)
		w.call(key, "create", "data[name]="+strings.Repeat("я", 256), api.CodeValidation, `{"name":["must not be longer than 255 characters"]}`)
		w.call(key, "create", "data[name]="+strings.Repeat("Я", 255), api.CodeOK, "")
		w.call(key, "update", "data[name]=x", api.CodeMissingParameter, "null")
		w.call(key, "update", "id=x&data[name]=x", api.CodeBadParameter, "null")
		w.call(key, "update", mine+"&data[name]=", api.CodeValidation, "")
		w.call(key, "update", foreign+"&data[name]=", api.CodeNotFound, "null")
		w.call(key, "update", foreign+"&data[name]=x", api.CodeNotFound, "null")
		w.call(key, "getCardsCount", "", api.CodeMissingParameter, "null")
		w.call(key, "getCardsCount", "id=x", api.CodeBadParameter, "null")
		for _, id := range []string{foreign, "id=0", "id=-2", "id=999"} {
			w.call(key, "getCardsCount", id, api.CodeNotFound, "null")
		}
		w.call(key, "delete", "", api.CodeMissingParameter, "null")
		w.call(key, "delete", foreign, api.CodeOK, `{"processed":[],"notProcessed":["`+foreign[3:]+`"]}`)
		w.call(other, "getCardsCount", foreign, api.CodeOK, `"0"`)
		w.call(key, "list", "sort[isHidden]=ASC", api.CodeBadParameter, "null")
	})
}

func TestAListHasTheGroupsAskedForInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		account, key := w.account()
		_, other := w.account()
		w.create(other, "Клиенты чужие")
		cards := map[string]int64{"Клиенты": 5, "клиенты VIP": 1, "Staff 100%": 3, "Ann": 5}
		for _, name := range []string{"Клиенты", "клиенты VIP", "Staff 100%", "Ann"} {
			id := w.create(key, name)
			w.clock.Advance(time.Minute)
			w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
				return w.groups.Count(tx, account, []contactgroup.Move{{GroupID: id, Cards: cards[name]}})
			}))
		}
		for form, want := range map[string][]string{
			"":                       {"Ann", "Staff 100%", "клиенты VIP", "Клиенты"},
			"sort[id]=ASC":           {"Клиенты", "клиенты VIP", "Staff 100%", "Ann"},
			"sort[createTs]=ASC":     {"Клиенты", "клиенты VIP", "Staff 100%", "Ann"},
			"sort[name]=ASC":         {"Ann", "Staff 100%", "Клиенты", "клиенты VIP"},
			"sort[name]=DESC":        {"клиенты VIP", "Клиенты", "Staff 100%", "Ann"},
			"sort[cardsCnt]=DESC":    {"Ann", "Клиенты", "Staff 100%", "клиенты VIP"},
			"criteria[name]=КЛИЕНТ":  {"клиенты VIP", "Клиенты"},
			"criteria[name]=0%25":    {"Staff 100%"},
			"criteria[name]=_":       {},
			"criteria[name]=":        {"Ann", "Staff 100%", "клиенты VIP", "Клиенты"},
			"pagination[pageSize]=1": {"Ann"},
			"pagination[pageSize]=3&pagination[currentPage]=1": {"Клиенты"},
		} {
			var list struct {
				Items          []struct{ Name string }
				TotalItemCount string
			}
			w.ok(json.Unmarshal(w.call(key, "list", form, api.CodeOK, ""), &list))
			got := []string{}
			for _, item := range list.Items {
				got = append(got, item.Name)
			}
			if paged := strings.HasPrefix(form, "pagination"); !slices.Equal(got, want) || !paged && list.TotalItemCount != fmt.Sprint(len(want)) || paged && list.TotalItemCount != "4" {
				t.Errorf("%s: %v of %s, want %v", form, got, list.TotalItemCount, want)
			}
		}
	})
}

// TestAGroupThatIsGoneTakesNoCards, though those in it may leave.
func TestAGroupThatIsGoneTakesNoCards(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		account, key := w.account()
		stranger, _ := w.account()
		id := w.create(key, "G")
		count := func(of, cards int64) error {
			return w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
				return w.groups.Count(tx, of, []contactgroup.Move{{GroupID: id, Cards: cards}})
			})
		}
		w.ok(count(account, 2))
		if err := count(stranger, 1); err == nil {
			t.Error("another account's cards came in")
		}
		w.call(key, "delete", fmt.Sprint("id=", id), api.CodeOK, "")
		for _, cards := range []int64{0, 1} {
			if err := count(account, cards); err == nil {
				t.Errorf("%d cards came into a group that there is not", cards)
			}
		}
		w.ok(count(account, -1))
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
			deleted, err := w.groups.Deleted(q)
			if err != nil || len(deleted) != 1 || deleted[0].ID != id || deleted[0].Cards != 1 {
				t.Errorf("deleted %v, %v", deleted, err)
			}
			return nil
		}))
		w.ok(count(account, -1))
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
			deleted, err := w.groups.Deleted(q)
			if err != nil || len(deleted) > 0 {
				t.Errorf("deleted %v, %v", deleted, err)
			}
			return nil
		}))
	})
}
