package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// same compares data with JSON.
func same(t *testing.T, what string, got json.RawMessage, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s: %v\ngot  %s\nwant %s", what, err, got, want)
	}
}

func TestAWebhookHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		same(t, "create", w.call(a, "webhook/create", "data[eventType]=sms-delivery-report&data[url]=https://a.example/x?y=1").Data, `"1"`)
		const item = `{"id":"1","userId":"1","eventType":"%s","url":"https://a.example/x?y=1","format":"%s","hasSecret":"%s","status":"%s",
			"createTs":"2026-03-01 17:00:00","updateTs":"%s","failingSinceTs":%s,"warning":%s}`
		same(t, "get", w.call(a, "webhook/get", "id=1").Data,
			fmt.Sprintf(item, "sms-delivery-report", "json", "0", "1", "2026-03-01 17:00:00", "null", "null"))

		w.receivers.at("https://a.example/x?y=1", refuses)
		w.delivered(a, 1)
		w.receivers.await(t, "https://a.example/x?y=1", 1)
		w.idle()
		w.clock.Advance(24 * time.Hour)
		same(t, "update", w.call(a, "webhook/update", "id=1&data[format]=xml&data[secret]=s&data[status]=0&data[eventType]=form-submission").Data, `true`)
		want := fmt.Sprintf(item, "form-submission", "xml", "1", "0", "2026-03-02 17:00:00", `"2026-03-01 17:00:00"`,
			`"No attempt has succeeded since 2026-03-01 17:00:00. Check the address and its server, then replay what failed."`)
		same(t, "list", w.call(a, "webhook/list", "").Data, `{"items":[`+want+`],"totalItemCount":"1"}`)
		same(t, "delete", w.call(a, "webhook/delete", "ids=1").Data, `{"processed":["1"],"notProcessed":[]}`)
		same(t, "list of nothing", w.call(a, "webhook/list", "").Data, `{"items":[],"totalItemCount":"0"}`)
	})
}

func TestADeliveryHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		event := w.delivered(a, 1)[0]
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		const item = `{"eventId":"%d","eventType":"sms-delivery-report","eventCreateTs":"2026-03-01 17:00:00","webhookId":"%d","state":"%s",
			"nextAttemptTs":%s,"attempts":[%s]}`
		failed := `{"attempt":"1","ts":"2026-03-01 17:00:00","httpStatus":"503","durationMs":"2","problem":"the answer's status was not from 200 to 299"}`
		list := func(want string) {
			t.Helper()
			same(t, "deliveries", w.call(a, "webhook/deliveries", "").Data, `{"items":[`+want+`],"totalItemCount":"1"}`)
		}
		list(fmt.Sprintf(item, event, id, "waiting", `"2026-03-01 17:01:00"`, failed))
		w.receivers.at("https://a.example", accepts)
		w.passes(time.Minute)
		w.receivers.await(t, "https://a.example", 2)
		w.idle()
		told := `{"attempt":"2","ts":"2026-03-01 17:01:00","httpStatus":"204","durationMs":"3","problem":null}`
		list(fmt.Sprintf(item, event, id, "delivered", "null", failed+","+told))
		same(t, "replay", w.call(a, "webhook/replay", "eventIds="+itoa(event)).Data, fmt.Sprintf(`{"processed":["%d"],"notProcessed":[]}`, event))
	})
}

// TestEachMisuseHasItsCode and changes nothing.
func TestEachMisuseHasItsCode(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		mine, foreign := itoa(w.webhook(a, "https://a.example")), itoa(w.webhook(other, "https://a.example"))
		theirs := itoa(w.delivered(other, 1)[0])
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		report := "data[eventType]=sms-delivery-report&data[url]="
		for _, tt := range []struct {
			call string
			code api.Code
			data string // part of it
		}{
			{"create?" + report + "ftp://a.example", 1, `"url"`},
			{"create?" + report + "a.example", 1, `"url"`},
			{"create?" + report + "https://", 1, `"url"`},
			{"create?" + report + "http://127.0.0.1/", 1, `"url"`},
			{"create?" + report + "http://2130706433/", 1, `"url"`},
			{"create?" + report + "http://[::ffff:10.0.0.1]/", 1, `"url"`},
			{"create?" + report + "https://a.example/" + long(1000), 1, `"url"`},
			{"create?" + report, 1, `"url"`},
			{"create?data[eventType]=sms-delivery-report", 1, `"url"`},
			{"create?data[url]=https://a.example", 1, `"eventType"`},
			{"create?data[eventType]=sms&data[url]=https://a.example", 1, `"eventType"`},
			{"create?" + report + "https://a.example&data[secret]=" + long(256), 1, `"secret"`},
			{"create?" + report + "https://a.example&data[format]=yaml", 1, `"format"`},
			{"create?" + report + "https://a.example&data[status]=2", 1, `"status"`},
			{"create?" + report + "ftp://a.example&data[format]=yaml", 1, `"format":[`},
			{"create", 11, "null"},
			{"create?data=x", 12, "null"},
			{"get", 11, "null"},
			{"get?id=x", 12, "null"},
			{"get?id=" + foreign, 2, "null"},
			{"get?id=99", 2, "null"},
			{"update?id=" + mine, 11, "null"},
			{"update?data[status]=0", 11, "null"},
			{"update?id=" + foreign + "&data[status]=0", 2, "null"},
			{"update?id=" + foreign + "&data[url]=ftp://a.example", 2, "null"},
			{"update?id=" + mine + "&data[url]=http://localhost/", 1, `"url"`},
			{"update?id=" + mine + "&data[secret]=" + long(256), 1, `"secret"`},
			{"delete", 11, "null"},
			{"delete?ids=x", 12, "null"},
			{"delete?ids=" + strings.Repeat("9,", 100) + "9", 12, "null"},
			{"delete?ids=" + foreign, 99, `{"processed":[],"notProcessed":["` + foreign + `"]}`},
			{"list?sort[secret]=ASC", 12, "null"},
			{"list?pagination[pageSize]=0", 12, "null"},
			{"deliveries?pagination[pageSize]=x", 12, "null"},
			{"replay", 11, "null"},
			{"replay?eventIds=x", 12, "null"},
			{"replay?eventIds=" + theirs + ",99", 99, `"notProcessed":["` + theirs + `","99"]`},
			{"delete?ids=" + foreign + "," + mine, 98, `{"processed":["` + mine + `"],"notProcessed":["` + foreign + `"]}`},
			{"get?id=" + mine, 2, "null"},
			{"update?id=" + mine + "&data[status]=0", 2, "null"},
			{"delete?ids=" + mine, 99, `"notProcessed"`},
		} {
			method, form, _ := strings.Cut(tt.call, "?")
			if r := w.call(a, "webhook/"+method, form); r.Code != tt.code || !strings.Contains(string(r.Data), tt.data) {
				t.Errorf("%.80s: %d %s (%s), want %d with %s", tt.call, r.Code, r.Data, r.Message, tt.code, tt.data)
			}
		}
		if n := w.count(`SELECT count(*) FROM webhook WHERE deleted_ms IS NULL AND status = 1 AND url = 'https://a.example'`); n != 1 {
			t.Error("misuse changed something")
		}
		w.idle()
		if n := len(w.receivers.all("https://a.example")); n != 1 {
			t.Error("another's event was replayed")
		}
	})
}

func TestAnAccountHas50WebhooksAtMost(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		var last int64
		for range 50 {
			last = w.webhook(a, "https://a.example")
		}
		const one = "data[eventType]=sms-delivery-report&data[url]=https://a.example"
		w.get(a, "webhook/create", one, api.CodeOperationFailed, nil)
		w.webhook(w.account(), "https://a.example")
		w.delete(a, last)
		w.get(a, "webhook/create", one, api.CodeOK, nil)
	})
}

func TestASecretIsInNoAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := itoa(w.webhook(a, "https://a.example", "secret=hush-hush"))
		w.receivers.at("https://a.example", refuses)
		event := itoa(w.delivered(a, 1)[0])
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		for _, call := range []string{
			"get?id=" + id, "list?", "list?criteria[url]=hush", "deliveries?", "replay?eventIds=" + event, "update?data[status]=0&id=" + id,
			"update?data[url]=x&id=" + id, "delete?ids=" + id,
		} {
			method, form, _ := strings.Cut(call, "?")
			if r := w.call(a, "webhook/"+method, form); strings.Contains(string(r.Data)+r.Message, "hush") {
				t.Errorf("%s: %s", call, r.Data)
			}
		}
		if n := w.count(`SELECT count(*) FROM webhook WHERE secret <> ''`); n > 0 {
			t.Error("the secret outlives its webhook")
		}
	})
}

func TestWebhooksAreFoundAndSorted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		for i, fields := range [][]string{{"https://b.example/x", "status=0"}, {"https://a.example/100%25", "eventType=form-submission"}, {"https://c.example/x"}} {
			w.webhook(a, fields[0], fields[1:]...)
			w.clock.Advance(time.Duration(i+1) * time.Second)
		}
		w.webhook(other, "https://a.example")
		w.update(a, 1, "format=xml")
		for form, want := range map[string]string{
			"":                                       "3 2 1",
			"sort[id]=asc":                           "1 2 3",
			"sort[url]=ASC":                          "2 1 3",
			"sort[createTs]=DESC":                    "3 2 1",
			"sort[updateTs]=DESC":                    "1 3 2",
			"criteria[id]=2":                         "2",
			"criteria[id]=4":                         "",
			"criteria[id]=x":                         "",
			"criteria[status]=1":                     "3 2",
			"criteria[eventType]=form-submission":    "2",
			"criteria[url]=example/x":                "3 1",
			"criteria[url]=%25":                      "2",
			"pagination[pageSize]=1&criteria[url]=x": "3",
			"pagination[pageSize]=2&pagination[currentPage]=1": "1",
			"pagination[currentPage]=9":                        "",
		} {
			var list struct{ Items []struct{ ID string } }
			w.get(a, "webhook/list", form, api.CodeOK, &list)
			var got []string
			for _, item := range list.Items {
				got = append(got, item.ID)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %v, want %s", form, got, want)
			}
		}
	})
}

func TestDeliveriesAreFoundNewestFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		well, ill := itoa(w.webhook(a, "https://well.example")), itoa(w.webhook(a, "https://ill.example"))
		w.webhook(other, "https://other.example")
		w.receivers.at("https://ill.example", refuses)
		w.delivered(other, 2)
		events := w.delivered(a, 3)
		w.receivers.await(t, "https://ill.example", 3)
		w.idle()
		w.exec(`UPDATE webhook_delivery SET state = 2 WHERE state = 0 AND event_id = ` + itoa(events[0]))
		e := func(i int, id string) string { return itoa(events[i]) + "/" + id }
		for form, want := range map[string][]string{
			"":                                     {e(2, ill), e(2, well), e(1, ill), e(1, well), e(0, ill), e(0, well)},
			"criteria[webhookId]=" + well:          {e(2, well), e(1, well), e(0, well)},
			"criteria[state]=delivered":            {e(2, well), e(1, well), e(0, well)},
			"criteria[state]=waiting":              {e(2, ill), e(1, ill)},
			"criteria[state]=failed":               {e(0, ill)},
			"criteria[state]=other":                nil,
			"criteria[webhookId]=99":               nil,
			"criteria[eventId]=" + itoa(events[1]): {e(1, ill), e(1, well)},
			"criteria[state]=waiting&criteria[webhookId]=" + well: nil,
			"pagination[pageSize]=4":                              {e(2, ill), e(2, well), e(1, ill), e(1, well)},
			"pagination[pageSize]=4&pagination[currentPage]=1":    {e(0, ill), e(0, well)},
			"pagination[pageSize]=4&pagination[currentPage]=2":    nil,
		} {
			var got []string
			for _, d := range w.deliveries(a, form) {
				got = append(got, d.EventID+"/"+d.WebhookID)
				if n := len(d.Attempts); n != 1 || (d.Attempts[0].Problem == nil) != (d.WebhookID == well) {
					t.Errorf("%s: %d attempts of event %s", form, n, d.EventID)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", form, got, want)
			}
		}
	})
}

// TestAMessagesStoryHasTheAttemptsToTellOfIt in order, in the account's language and time.
func TestAMessagesStoryHasTheAttemptsToTellOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.webhook(a, "https://a.example")
		w.receivers.at("https://a.example", refuses)
		event := w.delivered(a, 1)[0]
		w.receivers.await(t, "https://a.example", 1)
		w.idle()
		w.receivers.at("https://a.example", accepts)
		w.passes(time.Minute)
		w.receivers.await(t, "https://a.example", 2)
		w.idle()
		var story struct{ Steps []json.RawMessage }
		w.get(a, "message/explain", "id="+itoa(event), api.CodeOK, &story)
		const unset = `"status":null,"amount":null,"currency":null,"segment":null,"carrier":null,"attempts":null,"inDoubt":null,
			"carrierMessageId":null,"errorCode":null`
		for i, want := range []string{
			`{"step":"notTold","ts":"2026-03-01 17:00:00","description":"A webhook could not be told of the final status.","webhookId":"1","attempt":"1",
				"httpStatus":"503","durationMs":"2","problem":"the answer's status was not from 200 to 299",` + unset + `}`,
			`{"step":"told","ts":"2026-03-01 17:01:00","description":"A webhook was told of the final status.","webhookId":"1","attempt":"2",
				"httpStatus":"204","durationMs":"3","problem":null,` + unset + `}`,
		} {
			same(t, "story", story.Steps[len(story.Steps)-2+i], want)
		}
	})
}

// TestAReceiverGetsSignedEventsInItsFormat over a real connection, as a client reads them.
func TestAReceiverGetsSignedEventsInItsFormat(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, at string) {
		w := newWorld(t, at, func(c *webhook.Config) { c.Poster, c.Allow = nil, loopback() })
		came := make(chan *client.WebhookEvent, 3)
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			event, err := client.ParseWebhook(r, "hush", client.WithClock(w.clock.Now))
			if err != nil {
				t.Error(err)
			}
			came <- event
		}))
		defer receiver.Close()
		a := w.account(func(n *user.NewAccount) { n.Timezone = "America/Sao_Paulo" })
		for _, format := range []string{"raw", "xml", "json"} {
			id := w.webhook(a, receiver.URL+"/"+format, "format="+format, "secret=hush")
			m := w.messagesOf(a, 1)[0]
			w.settle([]*message.Message{m}, message.Undelivered)
			got := <-came
			got.Sign = ""
			const ts = "2026-03-01 09:00:00"
			want := client.WebhookEvent{ID: m.ID, Type: "sms-delivery-report", CreateTs: ts, WebhookID: id, Attempt: 1, Report: client.DeliveryReport{
				CampaignID: m.CampaignID, MessageID: m.ID, SegNum: 1, StatusUpdateTs: ts, Status: "UNDELIV", To: m.Recipient,
			}}
			if *got != want {
				t.Errorf("%s: %+v, want %+v", format, *got, want)
			}
			w.delete(a, id)
			w.idle()
		}
	})
}
