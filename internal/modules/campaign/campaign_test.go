package campaign_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// wire is the campaign of a message that was just accepted; ID stands for its id.
const wire = `{"id":"ID","userId":"1","partnerId":"1","type":"1","msgType":"SMS","name":null,"from":"Heliograph","text":"Hi",
	"moderationStatus":"AUTO_READY_FOR_SEND","partnerModStatus":"AUTO_READY_FOR_SEND","globalModStatus":"AUTO_READY_FOR_SEND",
	"commonStatus":"AUTO_READY_FOR_SEND","sendStatus":null,"isDeleted":"0","deletedTs":null,"rateLimit":null,"ratePeriod":null,
	"deferredToTs":null,"createTs":"2026-03-01 17:00:00","startSendTs":null,"endSendTs":null,"expirationTs":"2026-03-02 17:00:00",
	"creationWay":"2","validity":"1440","mclass":"1","trackShortLinkRecipients":"0",
	"extra":{"validity":"1440","mclass":"1","trackShortLinkRecipients":"0","coding":"0","charset":"UTF-8","isTestAlphanameUsed":false},
	"groups":null,"groupsList":[],"globalComment":null,"moderationReason":null,"moderationReasonData":null,"usedStopListWords":null,
	"highlightedText":null,"isTemplateComment":null,"currency":"KZT","ids":null,"partnerModeratorId":null,"globalModeratorId":null,
	"recipientsSource":null,"onPartnerModeration":0,"onGlobalModeration":0}`

const wireCounters = `{"campaignId":"ID","updateTs":"2026-03-01 17:00:00",
	"totalNewSegNum":"0","totalNewMsgNum":"0","totalNewMsgCost":"0.0000",
	"totalEnqueudSegNum":"2","totalEnqueudMsgNum":"1","totalEnqueudMsgCost":"32.4000",
	"totalAcceptdSegNum":"0","totalAcceptdMsgNum":"0","totalAcceptdMsgCost":"0.0000",
	"totalDelivrdSegNum":"0","totalDelivrdMsgNum":"0","totalDelivrdMsgCost":"0.0000",
	"totalRejectdSegNum":"0","totalRejectdMsgNum":"0","totalRejectdMsgCost":"0.0000",
	"totalExpiredSegNum":"0","totalExpiredMsgNum":"0","totalExpiredMsgCost":"0.0000",
	"totalUndelivSegNum":"0","totalUndelivMsgNum":"0","totalUndelivMsgCost":"0.0000",
	"totalDeletedSegNum":"0","totalDeletedMsgNum":"0","totalDeletedMsgCost":"0.0000",
	"totalUnknownSegNum":"0","totalUnknownMsgNum":"0","totalUnknownMsgCost":"0.0000",
	"totalPdlivrdSegNum":"0","totalPdlivrdMsgNum":"0","totalPdlivrdMsgCost":"0.0000",
	"totalSegNum":"2","totalMsgNum":"1","totalCost":"32.4000","userCurrency":"KZT",
	"recipientsRejected":"0","totalPartnerCost":null,"partnerCurrency":null}`

func decoded(t *testing.T, text, id string) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "ID", id)), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func differences(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name := range want {
		if value, there := got[name]; !there || !reflect.DeepEqual(value, want[name]) {
			t.Errorf("%s: %#v (there: %v), want %#v", name, value, there, want[name])
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			t.Errorf("%s should not be there", name)
		}
	}
}

func TestACampaignHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := strconv.FormatInt(w.accept(nil).ID, 10)
		for _, tt := range []struct {
			method, query string
			counters      bool
		}{{"get", "", false}, {"getInfo", "", true}, {"getInfo", "&getFilledTplCampaignText=1", true}} {
			code, data := w.call(ours, tt.method, "id="+id+tt.query)
			if code != api.CodeOK {
				t.Fatalf("%s: code %d", tt.method, code)
			}
			got := decoded(t, string(data), "ID")
			counters, _ := got["counters"].(map[string]any)
			if delete(got, "counters"); (counters != nil) != tt.counters {
				t.Errorf("%s%s: counters %v", tt.method, tt.query, counters)
			}
			differences(t, got, decoded(t, wire, id))
			if tt.counters {
				differences(t, counters, decoded(t, wireCounters, id))
			}
		}
	})
}

func TestNobodyFindsACampaignThatIsNotTheirs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		single := w.accept(nil)
		bulk := w.accept(func(m *message.Message) { m.CampaignID = 4_000_000 })
		for _, method := range []string{"get", "getInfo"} {
			for _, tt := range []struct {
				key, query string
				code       api.Code
			}{
				{ours, "id=" + strconv.FormatInt(single.ID, 10), api.CodeOK},
				{theirs, "id=" + strconv.FormatInt(single.ID, 10), api.CodeNotFound},
				{ours, "id=" + strconv.FormatInt(bulk.ID, 10), api.CodeNotFound}, // a message, no campaign
				{ours, "id=999", api.CodeNotFound},
				{ours, "id=-1", api.CodeNotFound},
				{ours, "id=x", api.CodeBadParameter},
				{ours, "id[]=1", api.CodeBadParameter},
				{ours, "", api.CodeMissingParameter},
				{ours, "id=", api.CodeMissingParameter},
			} {
				if code, data := w.call(tt.key, method, tt.query); code != tt.code || code != api.CodeOK && string(data) != "null" {
					t.Errorf("%s %s: %d %s, want %d", method, tt.query, code, data, tt.code)
				}
			}
		}
	})
}

// standing is what a campaign says of where it stands.
type standing struct{ common, send, moderation, partner string }

func TestACampaignFollowsItsMessage(t *testing.T) {
	auto, now := "AUTO_READY_FOR_SEND", int64(1_772_366_400_000) // 2026-03-01 17:00:00 in Almaty
	tests := []struct {
		moderation message.Moderation
		status     message.Status
		started    bool
		counter    string
		want       standing
	}{
		{message.AutoReady, message.Created, false, "New", standing{auto, "", auto, auto}},
		{message.WaitingModerator, message.Created, false, "New", standing{"MODERATION", "", "MODERATION", "MODERATION"}},
		{message.Declined, message.Rejected, false, "Rejectd", standing{"DECLINED", "", "DECLINED", "DECLINED"}},
		{message.Ready, message.Enqueued, false, "Enqueud", standing{"READY_FOR_SEND", "", "READY_FOR_SEND", "READY_FOR_SEND"}},
		{message.Ready, message.Enqueued, true, "Enqueud", standing{"RUNNING", "", "READY_FOR_SEND", "READY_FOR_SEND"}},
		{message.AutoReady, message.Accepted, true, "Acceptd", standing{"SENT", "SENT", auto, auto}},
		{message.AutoReady, message.PartlyDelivered, true, "Pdlivrd", standing{"SENT", "SENT", auto, auto}},
		{message.AutoReady, message.Delivered, true, "Delivrd", standing{"DONE", "DONE", auto, auto}},
		{message.AutoReady, message.Undelivered, true, "Undeliv", standing{"DONE", "DONE", auto, auto}},
		{message.AutoReady, message.Rejected, true, "Rejectd", standing{"DONE", "DONE", auto, auto}},
		{message.AutoReady, message.Expired, false, "Expired", standing{"DONE", "DONE", auto, auto}},
		{message.AutoReady, message.Deleted, true, "Deleted", standing{"DONE", "DONE", auto, auto}},
	}
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range tests {
			msg := w.accept(func(m *message.Message) { m.Status, m.Moderation = message.Created, tt.moderation })
			change := message.Change{ID: msg.ID, Status: tt.status, AtMs: now + 2000}
			if tt.started {
				change.StartMs = now + 1000
			}
			w.settle(change)
			got := w.info(strconv.FormatInt(msg.ID, 10))
			send, _ := got["sendStatus"].(string)
			said := standing{got["commonStatus"].(string), send, got["moderationStatus"].(string), got["partnerModStatus"].(string)}
			if said != tt.want {
				t.Errorf("%s, moderation %d: %+v, want %+v", tt.status, tt.moderation, said, tt.want)
			}
			counts(t, got["counters"].(map[string]any), tt.counter, msg)
			began, _ := got["startSendTs"].(string)
			ended, _ := got["endSendTs"].(string)
			if (began == "2026-03-01 17:00:01") != tt.started || (ended == began) != (send != "" || !tt.started) {
				t.Errorf("%s: sent from %q to %q", tt.status, began, ended)
			}
		}
	})
}

// counts checks that the one message is counted under its status and nowhere else,
// with what was charged for it.
func counts(t *testing.T, counters map[string]any, status string, msg *message.Message) {
	t.Helper()
	for _, kind := range []struct{ suffix, total, zero, want string }{
		{"MsgNum", "totalMsgNum", "0", "1"},
		{"SegNum", "totalSegNum", "0", strconv.Itoa(msg.SegNum)},
		{"MsgCost", "totalCost", money.Amount(0).String(), msg.Cost().String()},
	} {
		for _, each := range []string{"New", "Enqueud", "Acceptd", "Delivrd", "Rejectd", "Expired", "Undeliv", "Deleted", "Unknown", "Pdlivrd"} {
			want := kind.zero
			if each == status {
				want = kind.want
			}
			if got := counters["total"+each+kind.suffix]; got != want {
				t.Errorf("%s: total%s%s is %v, want %s", status, each, kind.suffix, got, want)
			}
		}
		if got := counters[kind.total]; got != kind.want {
			t.Errorf("%s: %s is %v, want %s", status, kind.total, got, kind.want)
		}
	}
}

func TestACampaignTellsHowItIsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		msg := w.accept(func(m *message.Message) {
			m.Name, m.Text, m.MClass, m.ValidityMin = "Распродажа", "Привет", 0, 60
			m.DeferredMs, m.CreationWay = m.CreatedMs+3_600_000, message.ByConsole
		})
		got := w.info(strconv.FormatInt(msg.ID, 10))
		extra, _ := got["extra"].(map[string]any)
		for name, want := range map[string]any{
			"name": "Распродажа", "mclass": "0", "validity": "60", "deferredToTs": "2026-03-01 18:00:00", "creationWay": "1",
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if extra["coding"] != "2" || extra["mclass"] != "0" || extra["validity"] != "60" {
			t.Errorf("extra is %v", extra)
		}
	})
}
