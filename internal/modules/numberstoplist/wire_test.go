package numberstoplist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
)

func TestAnEntryHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		w.call(a, "create", "number=%2B7 (701) 000-00-01&comment=Asked <by> phone", api.CodeOK, `"1"`)
		w.call(a, "create", "numberFrom=77010000000&numberTo=79999999999&comment=", api.CodeOK, `true`)
		w.put(numberstoplist.Global, "380501234567")
		const rest = `"partnerId":"1","ignoreSingle":"1","createTs":"2026-03-01 17:00:00","createdByUserName":null,"createdByUserSurname":null,`
		own := rest + `"userId":"1","level":"0","createdByUserId":"1","isSystem":"0",`
		number := `{` + own + `"id":"1","number":"77010000001","comment":"Asked <by> phone","countryA2":"KZ","operatorName":"Kcell"}`
		ranged := `{` + own + `"id":"2","number":"77010000000-79999999999","comment":null,"countryA2":null,"operatorName":null}`
		global := `{` + rest + `"userId":"0","level":"2","createdByUserId":"0","isSystem":"1","id":"3","number":"380501234567","comment":null,"countryA2":"UA","operatorName":"Vodafone"}`
		w.call(a, "list", "criteria[number]=77010000001&sort[id]=ASC", api.CodeOK, `{"items":[`+number+`,`+ranged+`],"totalItemCount":"2"}`)
		w.call(a, "list", "", api.CodeOK, `{"items":[`+global+`,`+ranged+`,`+number+`],"totalItemCount":"3"}`)
		const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<response><code>0</code><data>`
		for _, tt := range []struct{ method, form, want string }{
			{"list", "criteria[number]=80501", `<items><item><id>3</id><userId>0</userId><partnerId>1</partnerId><number>380501234567</number><ignoreSingle>1</ignoreSingle>` +
				`<level>2</level><createdByUserId>0</createdByUserId><createTs>2026-03-01 17:00:00</createTs><isSystem>1</isSystem><comment></comment>` +
				`<countryA2>UA</countryA2><operatorName>Vodafone</operatorName><createdByUserName></createdByUserName><createdByUserSurname></createdByUserSurname>` +
				`</item></items><totalItemCount>1</totalItemCount>`},
			{"create", "number=77010000001", "1"},
			{"create", "numberFrom=77010000001&numberTo=77010000002", "1"},
			{"delete", "id=1", "1"},
		} {
			if got := w.post(a, tt.method, tt.form+"&output=xml"); got != head+tt.want+"</data><message></message></response>" {
				t.Errorf("%s: %s", tt.method, got)
			}
		}
	})
}

// TestANumberThatIsOnTheListIsNotPutThereTwice: who creates it again gets the same id,
// and a new comment takes the place of the old one.
func TestANumberThatIsOnTheListIsNotPutThereTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, b := w.account(), w.account()
		id := string(w.call(a, "create", "number=77010000001&comment=First", api.CodeOK, ""))
		w.call(a, "create", "number=77010000001", api.CodeOK, id)
		w.call(a, "list", "criteria[comment]=FIRST&criteria[number]=7701", api.CodeOK, "")
		w.call(a, "create", "number=77010000001&comment=Second", api.CodeOK, id)
		for range 2 {
			w.call(a, "create", "numberFrom=77010000000&numberTo=77019999999", api.CodeOK, "true")
		}
		if other := string(w.call(b, "create", "number=77010000001", api.CodeOK, "")); other == id {
			t.Error("two accounts have one entry")
		}
		for form, want := range map[string]string{"": "2", "criteria[comment]=seco": "1", "criteria[comment]=first": "0"} {
			if _, total := w.listed(a, form); total != want {
				t.Errorf("%s: %s entries, want %s", form, total, want)
			}
		}
		w.call(a, "delete", "id="+strings.Trim(id, `"`), api.CodeOK, "true")
		if again := string(w.call(a, "create", "number=77010000001", api.CodeOK, "")); again == id {
			t.Error("an id was used twice")
		}
	})
}

func TestEachMisuseHasItsCode(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a, b := w.account(), w.account()
		foreign := strings.Trim(string(w.call(b, "create", "number=77010000001", api.CodeOK, "")), `"`)
		w.put(numberstoplist.Global, "77010000002")
		const noNumber = `["is no phone number in international format"]`
		for _, tt := range []struct {
			method, form string
			code         api.Code
			data         string
		}{
			{"create", "", api.CodeMissingParameter, "null"},
			{"create", "number=&comment=x", api.CodeMissingParameter, "null"},
			{"create", "numberFrom=77010000000", api.CodeMissingParameter, "null"},
			{"create", "numberTo=77010000000", api.CodeMissingParameter, "null"},
			{"create", "number=77010000001&numberTo=77010000000", api.CodeBadParameter, "null"},
			{"create", "number=abc", api.CodeValidation, `{"number":` + noNumber + `}`},
			{"create", "number=123456", api.CodeValidation, `{"number":` + noNumber + `}`},
			{"create", "number=1234567890123456", api.CodeValidation, `{"number":` + noNumber + `}`},
			{"create", "number=77010000000-77019999999", api.CodeValidation, `{"number":` + noNumber + `}`},
			{"create", "number[0]=77010000000", api.CodeValidation, `{"number":["must be a single value"]}`},
			{"create", "numberFrom=1&numberTo=x", api.CodeValidation, `{"numberFrom":` + noNumber + `,"numberTo":` + noNumber + `}`},
			{"create", "numberFrom=77010000002&numberTo=77010000001", api.CodeValidation, `{"numberFrom":["must not be greater than numberTo"]}`},
			{"create", "number=77010000009&comment=" + strings.Repeat("я", 256), api.CodeValidation, `{"comment":["must not be longer than 255 characters"]}`},
			{"create", "number=77010000009&comment=" + strings.Repeat("я", 255), api.CodeOK, ""},
			{"delete", "", api.CodeMissingParameter, "null"},
			{"delete", "id=x", api.CodeBadParameter, "null"},
			{"delete", "id=0", api.CodeNotFound, "null"},
			{"delete", "id=" + foreign, api.CodeNotFound, "null"},
			{"delete", "id=2", api.CodeNotFound, "null"}, // the operator's
			{"list", "sort[comment]=ASC", api.CodeBadParameter, "null"},
			{"list", "pagination[pageSize]=0", api.CodeBadParameter, "null"},
		} {
			w.call(a, tt.method, tt.form, tt.code, tt.data)
		}
		if numbers, _ := w.listed(a, "sort[id]=ASC"); fmt.Sprint(numbers) != "[77010000002 77010000009]" {
			t.Errorf("the account sees %v", numbers)
		}
		w.call(b, "delete", "id="+foreign, api.CodeOK, "true")
		w.call(b, "delete", "id="+foreign, api.CodeNotFound, "null")
	})
}
