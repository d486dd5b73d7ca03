package contactcard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// wholeCard sets every field there is; wholeFields is what then stands on the wire.
const (
	wholeCard = `{"title":"Dr","name":"Анна","surname":"Ёлкина","birth_date":"1990-02-28","gender":"female","company_name":"Рога & Копыта",
		"company_url":"www.example.com","info":"<b>VIP</b>","mobile":{"value":"+7 (701) 000-00-01","type":"JOB"},"email":"ann@example.com",
		"viber":"77010000002","whatsapp":{"value":"77010000003"},"landline":{"value":"+7 727 250 00 00","type":"HOME"},"skype":"ann.skype",
		"telegram":{"value":"@ann","type":"ADDITIONAL"},"address":{"countryA2":"kz","country":"Казахстан","regionId":"7","region":"Алматинская",
		"cityId":12,"city":"Алматы","postalcode":"050000","street":"Абая","building":"1","other":"кв. 2"}}`

	wholeFields = `{"title":"Dr","name":"Анна","surname":"Ёлкина","birth_date":"1990-02-28","gender":"female","company_name":"Рога & Копыта",
		"company_url":"www.example.com","info":"<b>VIP</b>",
		"mobile":{"value":"77010000001","type":"JOB","countryA2":"KZ","countryName":"Kazakhstan","operatorId":"40102","operator":"Kcell",
			"isMNP":"0","sourceOperatorId":"40102","sourceOperatorName":"Kcell"},
		"email":{"value":"ann@example.com","type":"MAIN"},"viber":{"value":"77010000002","type":"MAIN"},
		"whatsapp":{"value":"77010000003","type":"MAIN"},"landline":{"value":"77272500000","type":"HOME"},
		"skype":{"value":"ann.skype","type":"MAIN"},"telegram":{"value":"@ann","type":"ADDITIONAL"},
		"address":{"countryA2":"KZ","country":"Казахстан","regionId":"7","region":"Алматинская","cityId":"12","city":"Алматы",
			"postalcode":"050000","street":"Абая","building":"1","other":"кв. 2"}}`

	cardWire = `{"id":"%d","userId":"1","isDeleted":"0","isAvailable":"1","fields":%s,"groups":%s}`
)

func TestACardHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		same(t, "create", w.caller().Send(a.key, "contactCard/create", asJSON, `{"data":`+wholeCard+`}`).Data, `"1"`)
		card := fmt.Sprintf(cardWire, 1, wholeFields, "[]")
		same(t, "get", w.call(a, "contactCard/get", "id=1").Data, card)
		same(t, "list", w.call(a, "contactCard/list", "").Data, `{"items":[`+card+`],"totalItemCount":"1","fullListItemCount":"1"}`)

		w.group(a, "Друзья")
		same(t, "setGroups", w.call(a, "contactCard/setGroups", "id=1&groupIds=1").Data, `true`)
		same(t, "getGroups", w.call(a, "contactCard/getGroups", "id=1").Data, `[{"id":"1","name":"Друзья"}]`)
		same(t, "get in a group", w.call(a, "contactCard/get", "id=1").Data, fmt.Sprintf(cardWire, 1, wholeFields, `[{"id":"1","name":"Друзья"}]`))
		same(t, "setGroups to none", w.call(a, "contactCard/setGroups", "id=1").Data, `true`)
		same(t, "getGroups of none", w.call(a, "contactCard/getGroups", "id=1").Data, `[]`)

		same(t, "delete", w.call(a, "contactCard/delete", "id=1").Data, `true`)
		same(t, "list of nothing", w.call(a, "contactCard/list", "").Data, `{"items":[],"totalItemCount":"0","fullListItemCount":"0"}`)
	})
}

// TestAFormMeansWhatJSONMeans, with a value alone and with a type.
func TestAFormMeansWhatJSONMeans(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		for _, body := range []struct{ media, text string }{
			{testkit.Form, "data[name]=Ann&data[email]=a@b.example&data[mobile][value]=%2B77010000001&data[mobile][type]=HOME&data[address][city]=Almaty"},
			{asJSON, `{"data":{"name":"Ann","email":"a@b.example","mobile":{"value":77010000001,"type":"HOME"},"address":{"city":"Almaty"}}}`},
			{"multipart/form-data; boundary=x", multipartOf("data[name]", "Ann", "data[email]", "a@b.example", "data[mobile][value]", "7 701 000 00 01",
				"data[mobile][type]", "HOME", "data[address][city]", "Almaty")},
		} {
			id := w.caller().Send(a.key, "contactCard/create", body.media, body.text).Data
			var card struct{ Fields map[string]any }
			w.get(a, "contactCard/get", "id="+strings.Trim(string(id), `"`), api.CodeOK, &card)
			if got := fmt.Sprint(card.Fields); got != "map[address:map[city:Almaty] email:map[type:MAIN value:a@b.example] "+
				"mobile:map[countryA2:KZ countryName:Kazakhstan isMNP:0 operator:Kcell operatorId:40102 sourceOperatorId:40102 "+
				"sourceOperatorName:Kcell type:HOME value:77010000001] name:Ann]" {
				t.Errorf("%s: %s", body.media, got)
			}
		}
	})
}

func multipartOf(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", pairs[i], pairs[i+1])
	}
	return b.String() + "--x--\r\n"
}

func TestACardReadsTheSameInXML(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		group := w.group(a, "A & B")
		id := w.card(a, "name=<Ann>", "mobile=99999999999", "address[city]=Алматы")
		w.join(a, id, group)
		const head, card = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<response><code>0</code><data>`,
			`<id>1</id><userId>1</userId><isDeleted>0</isDeleted><isAvailable>1</isAvailable><fields><address><city>Алматы</city></address>` +
				`<mobile><value>99999999999</value><type>MAIN</type><countryA2></countryA2><countryName></countryName><operatorId></operatorId>` +
				`<operator></operator><isMNP>0</isMNP><sourceOperatorId></sourceOperatorId><sourceOperatorName></sourceOperatorName></mobile>` +
				`<name>&lt;Ann&gt;</name></fields><groups><item><id>1</id><name>A &amp; B</name></item></groups>`
		for _, tt := range []struct{ call, want string }{
			{"contactCard/get?id=1", card},
			{"contactCard/list?", `<items><item>` + card + `</item></items><totalItemCount>1</totalItemCount><fullListItemCount>1</fullListItemCount>`},
			{"contactCard/getGroups?id=1", `<item><id>1</id><name>A &amp; B</name></item>`},
			{"contactCard/create?data[name]=Bob", `2`},
			{"contactCard/setGroups?id=2&groupIds[]=1", `1`},
			{"contactCard/update?id=2&data[name]=Rob", `1`},
			{"contactCard/delete?id=2", `1`},
		} {
			method, form, _ := strings.Cut(tt.call, "?")
			if got := string(w.caller().Post(a.key, method, testkit.Form, form+"&output=xml")); got != head+tt.want+"</data><message></message></response>" {
				t.Errorf("%s: %s", tt.call, got)
			}
		}
	})
}

// TestAnUpdateChangesWhatWasSentAndNothingElse: absent is unchanged, empty is unset.
func TestAnUpdateChangesWhatWasSentAndNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		id := w.card(a, "name=Ann", "surname=Lee", "email[value]=a@b.example", "email[type]=JOB", "mobile=77010000001", "skype=ann", "address[city]=Almaty", "address[street]=Abai")
		for _, tt := range []struct{ form, want string }{
			{"data[surname]=&data[name]=Anna", `"name":"Anna"`},
			{"data[mobile]=", ``},
			{"data[email][type]=HOME", ``},
			{"data[skype][value]=&data[skype][type]=JOB", ``},
			{"data[telegram][type]=JOB", ``}, // a type of nothing
			{"data[address][city]=&data[gender]=", ``},
			{"data[email][type]=", ``},
		} {
			w.get(a, "contactCard/update", "id="+itoa(id)+"&"+tt.form, api.CodeOK, nil)
		}
		same(t, "updated", w.call(a, "contactCard/get", "id="+itoa(id)).Data, fmt.Sprintf(cardWire, id,
			`{"name":"Anna","email":{"value":"a@b.example","type":"MAIN"},"address":{"street":"Abai"}}`, "[]"))
		for criterion, found := range map[string]int{
			"[field]=surname&criteria[0][operator]=empty": 1, "[field]=name&criteria[0][value]=ANNA": 1, "[field]=name&criteria[0][value]=Ann": 0,
			"[field]=mobile&criteria[0][value]=77010000001": 0, "[field]=email.type&criteria[0][value]=main": 1, "[field]=skype.type&criteria[0][operator]=empty": 1,
		} {
			var list struct{ Items []any }
			if w.get(a, "contactCard/list", "criteria[0]"+criterion, api.CodeOK, &list); len(list.Items) != found {
				t.Errorf("%s: %d found, want %d", criterion, len(list.Items), found)
			}
		}
	})
}

// TestEachMisuseHasItsCode and changes nothing.
func TestEachMisuseHasItsCode(t *testing.T) {
	long := func(n int) string { return strings.Repeat("я", n) }
	onBoth(t, func(t *testing.T, w *world) {
		a, other := w.account(), w.account()
		mine, foreign := w.card(a, "name=Ann"), w.card(other, "name=Bob")
		group, theirs, gone := w.group(a, "G"), w.group(other, "G"), w.group(a, "Gone")
		w.join(a, mine, group)
		w.get(a, "contactGroup/delete", "id="+itoa(gone), api.CodeOK, nil)
		before := w.call(a, "contactCard/list", "").Data
		for _, tt := range []struct {
			call string
			code api.Code
			data string // part of it
		}{
			{"create?", 11, ""},
			{"create?data=x", 12, ""},
			{"create?data[name]=" + long(256), 1, `"name"`},
			{"create?data[info]=" + long(501), 1, `"info"`},
			{"create?data[name][x]=1", 1, `"name"`},
			{"create?data[gender]=other", 1, `"gender"`},
			{"create?data[birth_date]=1990-02-30", 1, `"birth_date"`},
			{"create?data[birth_date]=28.02.1990", 1, `"birth_date"`},
			{"create?data[mobile]=Ann", 1, `"mobile"`},
			{"create?data[mobile]=0501234567", 1, `"mobile"`},
			{"create?data[viber]=1", 1, `"viber"`},
			{"create?data[mobile][value][x]=1", 1, `"mobile"`},
			{"create?data[mobile][value]=77010000001&data[mobile][type]=WORK", 1, `"mobile.type"`},
			{"create?data[email]=example.com", 1, `"email"`},
			{"create?data[email]=a@", 1, `"email"`},
			{"create?data[telegram]=" + long(256), 1, `"telegram"`},
			{"create?data[address]=x", 1, `"address"`},
			{"create?data[address][countryA2]=XX", 1, `"address.countryA2"`},
			{"create?data[address][city]=" + long(256), 1, `"address.city"`},
			{"create?data[photo]=x", 1, `"photo"`},
			{"create?data[gender]=x&data[email]=y&data[mobile]=z&data[name]=Ann", 1, `"gender"`},

			{"update?id=MINE", 11, ""},
			{"update?data[name]=x", 11, ""},
			{"update?id=x&data[name]=x", 12, ""},
			{"update?id=FOREIGN&data[name]=x", 2, "null"},
			{"update?id=FOREIGN&data[gender]=x", 2, "null"},
			{"update?id=0&data[name]=x", 2, "null"},
			{"update?id=MINE&data[name]=Bob&data[gender]=x", 1, `"gender"`},

			{"get?", 11, ""}, {"get?id=", 11, ""}, {"get?id=x", 12, ""}, {"get?id=FOREIGN", 2, "null"}, {"get?id=99999", 2, "null"},
			{"delete?", 11, ""}, {"delete?id=FOREIGN", 2, "null"}, {"delete?id=-1", 2, "null"},
			{"getGroups?", 11, ""}, {"getGroups?id=FOREIGN", 2, "null"},
			{"setGroups?groupIds=GROUP", 11, ""},
			{"setGroups?id=FOREIGN&groupIds=GROUP", 2, "null"},
			{"setGroups?id=MINE&groupIds=THEIRS", 2, "null"},
			{"setGroups?id=MINE&groupIds=GROUP,GONE", 2, "null"},
			{"setGroups?id=MINE&groupIds=x", 12, ""},
			{"setGroups?id=MINE&groupIds=" + strings.Repeat("1,", 101), 12, ""},

			{"list?criteria=x", 12, ""},
			{"list?sort[email]=ASC", 12, ""},
			{"list?pagination[pageSize]=0", 12, ""},
		} {
			method, form, _ := strings.Cut(tt.call, "?")
			form = strings.NewReplacer("MINE", itoa(mine), "FOREIGN", itoa(foreign), "GROUP", itoa(group), "THEIRS", itoa(theirs), "GONE", itoa(gone)).Replace(form)
			if r := w.call(a, "contactCard/"+method, form); r.Code != tt.code || !strings.Contains(string(r.Data), tt.data) {
				t.Errorf("%.100s: code %d %s (%s), want %d %s", tt.call, r.Code, r.Data, r.Message, tt.code, tt.data)
			}
		}
		if after := w.call(a, "contactCard/list", "").Data; string(after) != string(before) {
			t.Errorf("changed to %s from %s", after, before)
		}
		if n := w.count("SELECT count(*) FROM contact_card"); n != 2 {
			t.Errorf("%d cards, want 2", n)
		}
	})
}
