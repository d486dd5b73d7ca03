package message_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// same compares data with JSON in which ID stands for a message's id.
func same(t *testing.T, what string, got json.RawMessage, id, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(want, "ID", id)), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s: %v\ngot  %s\nwant %s", what, err, got, want)
	}
}

// itemWire is a message in a list, its campaign aside.
const itemWire = `{"id":"ID","campaignId":"ID","segNum":"2","segUserBuy":"16.2000","from":"Heliograph","to":"77010000001",
	"text":"%[1]s","status":"DELIVRD","uuid":"%[2]s","groups":null,"startSendTs":"2026-03-01 17:00:01","statusUpdateTs":"2026-03-01 17:00:02",
	"countryA2":%[3]s,"operatorName":%[4]s,"contactCardId":null,"userId":"1","partnerId":"1","contentProviderName":null,
	"contentProviderId":null,"usedStopListWords":null,"segPartnerSell":null,"segPartnerBuy":null,"segSystemSell":null,
	"segSystemBuy":null,"systemCurrency":null}`

func TestAMessageHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, text := w.account(nil), strings.Repeat("a", 161)
		id := w.send(a, "77010000001", text)
		status := w.call(a, "message/getSMSStatus", "ids="+id)
		same(t, "status of a new message", status.Data, id,
			`[{"id":"ID","status":"ENQUEUD","segNum":"2","startSendTs":null,"statusUpdateTs":null}]`)

		n, err := strconv.ParseInt(id, 10, 64)
		w.ok(err)
		now := w.clock.Now().UnixMilli()
		w.ok(w.settle(message.Change{ID: n, Status: message.Accepted, StartMs: now + 1000, AtMs: now + 1500}))
		w.ok(w.settle(message.Change{ID: n, Status: message.Delivered, StartMs: now + 1000, AtMs: now + 2000}))
		status = w.call(a, "message/getSMSStatus", "ids="+id)
		same(t, "status of a delivered message", status.Data, id,
			`[{"id":"ID","status":"DELIVRD","segNum":"2","startSendTs":"2026-03-01 17:00:01","statusUpdateTs":"2026-03-01 17:00:02"}]`)

		w.sameItem(t, a, id, "", text, "null", "null")
		w.sameItem(t, a, id, "withNumberInfo=1", text, `"KZ"`, `"Kcell"`)
	})
}

func (w *world) sameItem(t *testing.T, a account, id, form, text, country, operator string) {
	t.Helper()
	var list struct {
		Items          []map[string]json.RawMessage
		TotalItemCount string
	}
	w.get(a, "message/list", form, api.CodeOK, &list)
	if len(list.Items) != 1 || list.TotalItemCount != "1" {
		t.Fatalf("%d items of %s", len(list.Items), list.TotalItemCount)
	}
	item := list.Items[0]
	same(t, "campaign", item["campaign"], id, string(w.call(a, "campaign/getInfo", "id="+id).Data))
	delete(item, "campaign")
	got, err := json.Marshal(item)
	w.ok(err)
	uuid := strings.Trim(string(item["uuid"]), `"`)
	if len(uuid) != 36 || uuid[14] != '5' || !strings.ContainsRune("89ab", rune(uuid[19])) {
		t.Errorf("uuid %q is none of version 5", uuid)
	}
	same(t, "item", got, id, fmt.Sprintf(itemWire, text, uuid, country, operator))
}

func TestAUUIDIsAMessagesOwnForEver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		w.send(a, "77010000001", "Hi")
		w.send(a, "77010000001", "Hi")
		uuids := func() (all []string) {
			var list struct{ Items []struct{ UUID string } }
			w.get(a, "message/list", "", api.CodeOK, &list)
			for _, item := range list.Items {
				all = append(all, item.UUID)
			}
			return all
		}
		first := uuids()
		if len(first) != 2 || first[0] == first[1] || !slices.Equal(first, uuids()) {
			t.Errorf("%v, then %v", first, uuids())
		}
	})
}

func TestStatusesComeOnceEachInTheOrderAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(nil), w.account(nil)
		first, second, foreign := w.send(a, "77010000001", "1"), w.send(a, "77010000001", "2"), w.send(other, "77010000001", "3")
		many := strings.Repeat("9,", 99) + "9"
		tests := []struct {
			form string
			code api.Code
			want []string
		}{
			{"ids=" + second + "," + first, api.CodeOK, []string{second, first}},
			{"ids[]=" + first + "&ids[]=" + second + "&ids[]=" + first, api.CodeOK, []string{first, second}},
			{"ids=" + foreign + "," + first + ",0,-1,9223372036854775807", api.CodeOK, []string{first}},
			{"ids=" + foreign, api.CodeOK, []string{}},
			{"ids=" + many, api.CodeOK, []string{}},
			{"ids=" + many + ",9", api.CodeBadParameter, nil},
			{"ids=x", api.CodeBadParameter, nil},
			{"ids=" + first + ",99999999999999999999", api.CodeBadParameter, nil},
			{"", api.CodeNotFound, nil},
			{"ids=", api.CodeNotFound, nil},
			{"ids=,", api.CodeNotFound, nil},
		}
		for _, tt := range tests {
			r := w.call(a, "message/getSMSStatus", tt.form)
			var got []struct{ ID string }
			w.ok(json.Unmarshal(r.Data, &got))
			ids := make([]string, len(got))
			for i := range got {
				ids[i] = got[i].ID
			}
			if r.Code != tt.code || !slices.Equal(ids, tt.want) || tt.code == api.CodeOK && got == nil {
				t.Errorf("%s: %d %s, want %d %v", tt.form, r.Code, r.Data, tt.code, tt.want)
			}
		}
	})
}

func TestAListOfNothingIsAnEmptyList(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(nil), w.account(nil)
		id := w.send(a, "77010000001", "Hi")
		const none, past = `{"items":[],"totalItemCount":"0"}`, `{"items":[],"totalItemCount":"1"}`
		tests := []struct {
			of         account
			form, want string
		}{
			{other, "", none},
			{other, "criteria[ids]=" + id, none},
			{other, "criteria[campaignId]=" + id, none},
			{a, "criteria[to]=none", none},
			{a, "criteria[groups]=1", none},
			{a, "criteria[ids]=x", none},
			{a, "pagination[currentPage]=1", past},
			{a, "pagination[currentPage]=999999999999999999", past},
		}
		for _, tt := range tests {
			if r := w.call(tt.of, "message/list", tt.form); r.Code != api.CodeOK || string(r.Data) != tt.want {
				t.Errorf("%s: %d %s, want %s", tt.form, r.Code, r.Data, tt.want)
			}
		}
		w.get(a, "message/list", "sort[uuid]=ASC", api.CodeBadParameter, nil)
		w.get(a, "message/list", "pagination[pageSize]=0", api.CodeBadParameter, nil)
	})
}

func TestOnlyTheFirst100IDsOfACriterionCount(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		id := w.send(a, "77010000001", "Hi")
		for _, name := range []string{"ids", "campaignIds"} {
			for before, want := range map[int]string{99: "1", 100: "0"} {
				var list struct{ TotalItemCount string }
				w.get(a, "message/list", "criteria["+name+"]="+strings.Repeat("9,", before)+id, api.CodeOK, &list)
				if list.TotalItemCount != want {
					t.Errorf("%s behind %d others: %s found, want %s", name, before, list.TotalItemCount, want)
				}
			}
		}
	})
}

// TestADateIsTheWholeDay on the day when Berlin's clocks go forward, which has 23
// hours.
func TestADateIsTheWholeDay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Timezone = "Europe/Berlin" })
		berlin, err := time.LoadLocation("Europe/Berlin")
		w.ok(err)
		at := func(day, hour, minute, second, ms int) *message.Record {
			created := time.Date(2026, time.March, day, hour, minute, second, ms*1e6, berlin).UnixMilli()
			return &message.Record{Message: message.Message{AccountID: a.id, CreatedMs: created, Text: "Hi"}}
		}
		w.insert(at(28, 23, 59, 59, 999), at(29, 0, 0, 0, 0), at(29, 23, 59, 59, 999), at(30, 0, 0, 0, 0))
		tests := []struct{ from, to, want string }{
			{"Date", "Date", "2"}, // names of the pair, both of the 29th
			{"Ts", "Ts", "2"},
			{"Date", "", "3"},
			{"", "Date", "3"},
			{"", "", "4"},
		}
		for _, tt := range tests {
			form := ""
			if tt.from != "" {
				form += "&criteria[campaignCreate" + tt.from + "From]=" + map[string]string{"Date": "2026-03-29", "Ts": "2026-03-29+00:00:00"}[tt.from]
			}
			if tt.to != "" {
				form += "&criteria[campaignCreate" + tt.to + "To]=" + map[string]string{"Date": "2026-03-29", "Ts": "2026-03-29+23:59:59"}[tt.to]
			}
			var list struct{ TotalItemCount string }
			w.get(a, "message/list", form, api.CodeOK, &list)
			if list.TotalItemCount != tt.want {
				t.Errorf("%s: %s found, want %s", form, list.TotalItemCount, tt.want)
			}
		}
	})
}
