package alphaname_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// desk is a module behind the door, and two accounts with their keys.
type desk struct {
	*alphaname.Module
	clock *testkit.Clock
	door  *api.Door
	keys  map[int64]string
}

func onBothDesks(t *testing.T, test func(t *testing.T, d *desk)) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		data := testkit.Open(t, url, clock)
		watcher := db.NewWatcher(data)
		users := user.New(data, watcher, testkit.Logger(t))
		d := &desk{Module: alphaname.New(data, watcher, testkit.Logger(t)), clock: clock, keys: map[int64]string{}}
		for _, name := range []string{"Ann", "Bob"} {
			id, key, err := users.CreateAccount(t.Context(), user.NewAccount{Name: name, Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
			if err != nil {
				t.Fatal(err)
			}
			d.keys[id] = key
		}
		var err error
		if d.door, err = api.New(api.Config{Modules: []api.Module{d.Methods()}, Auth: users, Clock: clock.Now, Undeclared: testkit.Fails(t), Logger: testkit.Logger(t)}); err != nil {
			t.Fatal(err)
		}
		test(t, d)
	})
}

// reply is an envelope with the data of alphaname/list.
type reply struct {
	Code api.Code
	Data struct {
		Items          []json.RawMessage
		TotalItemCount string
	}
}

func (d *desk) list(t *testing.T, account int64, query string) (r reply) {
	t.Helper()
	w := httptest.NewRecorder()
	d.door.ServeHTTP(w, httptest.NewRequest("GET", "/service/alphaname/list?apiKey="+d.keys[account]+"&"+query, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// names are those of the items, and which of them is the default.
func (r reply) names(t *testing.T) string {
	t.Helper()
	var names []string
	for _, raw := range r.Data.Items {
		var i struct {
			IsDefault string
			Alphaname struct{ Name string }
		}
		if err := json.Unmarshal(raw, &i); err != nil {
			t.Fatal(err)
		}
		names = append(names, i.Alphaname.Name+strings.Repeat("*", strings.Count(i.IsDefault, "1")))
	}
	return strings.Join(names, " ")
}

func TestASenderHasTheTypesOfTheContract(t *testing.T) {
	onBothDesks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if _, err := d.Request(ctx, ann, "ACME", "Our shop"); err != nil {
			t.Fatal(err)
		}
		add(t, d.Module, alphaname.Shared, "1234", true)
		d.clock.Advance(time.Hour)
		const item = `{"id":%[1]q,"userId":%[2]q,"partnerId":"1","alphanameId":%[1]q,"isDefault":%[3]q,"globalStatus":%[4]q,"partnerStatus":%[4]q,
			"statusUpdateTs":%[5]q,"createTs":"2026-03-01 17:00:00",
			"alphaname":{"id":%[1]q,"name":%[6]q,"createTs":"2026-03-01 17:00:00","type":%[7]q},"details":{"description":%[8]s},
			"description":%[8]s,"globalComment":%[9]s,"partnerComment":null,"dateExpiredGlobal":%[10]s,"isTemplateGlobalComment":null,
			"isTemplatePartnerComment":null,"globalModeratorUserId":null,"partnerModeratorUserId":null,"userProfile":{},"alphanameDocs":[]}`
		own := func(status, updated, comment, end string) string {
			return fmt.Sprintf(item, "1", "1", "0", status, updated, "ACME", "1", `"Our shop"`, comment, end)
		}
		shared := fmt.Sprintf(item, "2", "0", "1", "1", "2026-03-01 17:00:00", "1234", "2", "null", "null", "null")
		for _, step := range []struct {
			by   func() error
			want string
		}{
			{func() error { return nil }, own("0", "2026-03-01 17:00:00", "null", "null")},
			{func() error { return d.Refuse(ctx, 1, "No proof") }, own("2", "2026-03-01 18:00:00", `"No proof"`, "null")},
			{func() error { return d.Approve(ctx, 1, d.clock.Now().Add(time.Hour).UnixMilli()) },
				own("1", "2026-03-01 18:00:00", "null", `"2026-03-01 19:00:00"`)},
		} {
			if err := step.by(); err != nil {
				t.Fatal(err)
			}
			r := d.list(t, ann, "")
			if len(r.Data.Items) != 2 || r.Data.TotalItemCount != "2" {
				t.Fatalf("%+v", r)
			}
			same(t, r.Data.Items[0], shared)
			same(t, r.Data.Items[1], step.want)
		}
	})
}

// same compares an item with JSON.
func same(t *testing.T, got json.RawMessage, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnAccountListsItsOwnSendersAndSharedOnes(t *testing.T) {
	onBothDesks(t, func(t *testing.T, d *desk) {
		for _, s := range []struct {
			account   int64
			name      string
			isDefault bool
		}{{ann, "A1", false}, {bob, "B1", false}, {alphaname.Shared, "S1", true}, {ann, "A2", true}, {alphaname.Shared, "S2", false}} {
			add(t, d.Module, s.account, s.name, s.isDefault)
			d.clock.Advance(-time.Second) // ids and times in opposite orders
		}
		for _, c := range []struct {
			account     int64
			query, want string
			total       string
		}{
			{ann, "", "S2 A2* S1 A1", "4"}, // the shared default is not Ann's: she has one of her own
			{bob, "", "S2 S1* B1", "3"},
			{ann, "sort[id]=ASC", "A1 S1 A2* S2", "4"},
			{ann, "sort[createTs]=ASC", "S2 A2* S1 A1", "4"},
			{ann, "sort[createTs]=DESC", "A1 S1 A2* S2", "4"},
			{ann, "pagination[pageSize]=3", "S2 A2* S1", "4"},
			{ann, "pagination[pageSize]=3&pagination[currentPage]=1", "A1", "4"},
			{ann, "pagination[currentPage]=9", "", "4"},
			{ann, "criteria[name]=A1", "S2 A2* S1 A1", "4"}, // no criterion of this list
		} {
			if r := d.list(t, c.account, c.query); r.Code != 0 || r.names(t) != c.want || r.Data.TotalItemCount != c.total {
				t.Errorf("%d %s: code %d, %q of %s; want %q of %s", c.account, c.query, r.Code, r.names(t), r.Data.TotalItemCount, c.want, c.total)
			}
		}
		for _, query := range []string{"sort[name]=ASC", "sort[id]=up", "pagination[pageSize]=0"} {
			if r := d.list(t, ann, query); r.Code != 12 {
				t.Errorf("%s: code %d, want 12", query, r.Code)
			}
		}
	})
}
