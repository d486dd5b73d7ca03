package campaign_test

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// The fields of a campaign's object with their types (contract §4): a string, a number,
// a boolean, a list, an object; "?" where it may be null.
var campaignTypes = map[string]string{
	"id": "str", "userId": "str", "partnerId": "str", "type": "str", "msgType": "str", "name": "str?", "from": "str", "text": "str",
	"moderationStatus": "str", "partnerModStatus": "str", "globalModStatus": "str", "commonStatus": "str", "sendStatus": "str?",
	"isDeleted": "str", "deletedTs": "str?", "rateLimit": "str?", "ratePeriod": "str?",
	"deferredToTs": "str?", "createTs": "str?", "startSendTs": "str?", "endSendTs": "str?", "expirationTs": "str?",
	"creationWay": "str", "validity": "str", "mclass": "str", "trackShortLinkRecipients": "str", "extra": "object",
	"groups": "str?", "groupsList": "list", "globalComment": "str?", "moderationReason": "str?", "moderationReasonData": "str?",
	"usedStopListWords": "str?", "highlightedText": "str?", "isTemplateComment": "str?", "currency": "str?", "ids": "str?",
	"partnerModeratorId": "str?", "globalModeratorId": "str?", "recipientsSource": "str?", "onPartnerModeration": "num", "onGlobalModeration": "num",
}

var extraTypes = map[string]string{
	"validity": "str", "mclass": "str", "trackShortLinkRecipients": "str", "coding": "str", "charset": "str", "isTestAlphanameUsed": "bool",
}

var groupTypes = map[string]string{"id": "str", "name": "str", "cardsCnt": "str"}

func counterTypes() map[string]string {
	types := map[string]string{
		"campaignId": "str", "updateTs": "str", "totalSegNum": "str", "totalMsgNum": "str", "totalCost": "str", "userCurrency": "str",
		"recipientsRejected": "str", "totalPartnerCost": "null", "partnerCurrency": "null",
	}
	for _, status := range strings.Fields("New Enqueud Acceptd Delivrd Rejectd Expired Undeliv Deleted Unknown Pdlivrd") {
		for _, what := range strings.Fields("SegNum MsgNum MsgCost") {
			types["total"+status+what] = "str"
		}
	}
	return types
}

// typed checks an object's fields and their types, all and no others.
func typed(t *testing.T, what string, object any, types map[string]string) {
	t.Helper()
	got, _ := object.(map[string]any)
	for name, want := range types {
		value, there := got[name]
		if !there || typeOf(value) != strings.TrimSuffix(want, "?") && !(value == nil && strings.HasSuffix(want, "?")) {
			t.Errorf("%s: %s is %#v (there: %v), want %s", what, name, value, there, want)
		}
	}
	for name := range got {
		if types[name] == "" {
			t.Errorf("%s: %s should not be there", what, name)
		}
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "str"
	case float64:
		return "num"
	case bool:
		return "bool"
	case []any:
		return "list"
	default:
		return "object"
	}
}

// everyKind makes campaigns that have each of the optional fields once set and once not.
func (w *world) everyKind() (ids []string) {
	w.contacts.cards[1] = map[string]string{"mobile": "77010000009"}
	w.contacts.groups[7] = []int64{1}
	full := w.draft("name", "Sale", "text", "{a} [links]", "type", "3", "rateLimit", "10", "ratePeriod", "3600", "deferredToTs", "2026-03-02 12:00:00",
		"validity", "60", "mclass", "0", "trackShortLinkRecipients", "1")
	w.adds(full, api.CodeBackground, "recipientGroups=7")
	w.idle()
	done := w.sent(2)
	w.release()
	w.deliver(2, message.Delivered)
	w.count()
	ended := w.sent(1)
	w.get("cancel", "id="+ended, api.CodeOK, nil)
	w.idle()
	return []string{w.draft(), full, done, ended, fmt.Sprint(w.accept(nil).CampaignID)}
}

func TestEveryCampaignHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, id := range w.everyKind() {
			for _, method := range []string{"get", "getInfo"} {
				var object map[string]any
				w.get(method, "id="+id, api.CodeOK, &object)
				if method == "getInfo" {
					typed(t, "counters", object["counters"], counterTypes())
					delete(object, "counters")
				}
				typed(t, method, object, campaignTypes)
				typed(t, "extra", object["extra"], extraTypes)
				for _, g := range object["groupsList"].([]any) {
					typed(t, "group", g, groupTypes)
				}
			}
		}
	})
}

// element is any element of an XML answer.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func (e element) find(path ...string) (element, bool) {
	for _, name := range path {
		i := slices.IndexFunc(e.Children, func(c element) bool { return c.XMLName.Local == name })
		if i < 0 {
			return element{}, false
		}
		e = e.Children[i]
	}
	return e, true
}

func TestXMLSaysWhatJSONSays(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, id := range w.everyKind() {
			var answer element
			w.ok(xml.Unmarshal(w.caller().Post(ours, "campaign/getInfo", testkit.Form, "output=xml&id="+id), &answer))
			data, _ := answer.find("data")
			matches(t, "data", w.info(id), data)
		}
	})
}

// matches checks that XML has the same as JSON: null is empty, booleans are 0 and 1.
func matches(t *testing.T, path string, want any, got element) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		if len(want) != len(got.Children) {
			t.Errorf("%s has %d elements, want %d", path, len(got.Children), len(want))
		}
		for name, value := range want {
			child, there := got.find(name)
			if !there {
				t.Errorf("%s.%s is missing", path, name)
			}
			matches(t, path+"."+name, value, child)
		}
	case []any:
		for i, value := range want {
			matches(t, fmt.Sprintf("%s[%d]", path, i), value, got.Children[i])
		}
	default:
		text := map[any]string{nil: "", true: "1", false: "0"}
		s, special := text[want]
		if !special {
			s = fmt.Sprint(want)
		}
		if got.Text != s || len(got.Children) != 0 {
			t.Errorf("%s is %q, want %q", path, got.Text, s)
		}
	}
}

func TestATemplateIsShownFilledForWhomItWasAddedFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("type", "3", "text", "Dear {name}!")
		filled := func() (text string) {
			var info struct{ Text string }
			w.get("getInfo", "id="+id, api.CodeOK, &info)
			return info.Text
		}
		if got := filled(); got != "Dear {name}!" {
			t.Errorf("without recipients: %q", got)
		}
		w.adds(id, api.CodeOK, "recipients[0][recipient]=77010000002&recipients[0][name]=Ann")
		w.adds(id, api.CodeOK, "recipients[0][recipient]=77010000001&recipients[0][name]=Bob")
		if got := filled(); got != "Dear Ann!" {
			t.Errorf("filled: %q", got)
		}
		w.says(id, map[string]any{"text": "Dear {name}!"})
	})
}
