package campaign_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// caller calls methods over HTTP.
func (w *world) caller() testkit.Caller { return testkit.Caller{T: w.t, Door: w.door} }

// call asks a method with a query and returns its code and data.
func (w *world) call(key, method, query string) (api.Code, json.RawMessage) {
	w.t.Helper()
	r := w.caller().Call(key, "campaign/"+method, query)
	return r.Code, r.Data
}

// get calls a method of ours that must answer with a code, and decodes its data.
func (w *world) get(method, form string, code api.Code, to any) {
	w.t.Helper()
	w.caller().Get(ours, "campaign/"+method, form, code, to)
}

// info is the object of getInfo, decoded.
func (w *world) info(id string) (object map[string]any) {
	w.t.Helper()
	w.get("getInfo", "getFilledTplCampaignText=0&id="+id, api.CodeOK, &object)
	return object
}

// says checks fields of a campaign's object.
func (w *world) says(id string, want map[string]any) {
	w.t.Helper()
	got := w.info(id)
	for name, value := range want {
		if got[name] != value {
			w.t.Errorf("campaign %s: %s is %v, want %v", id, name, got[name], value)
		}
	}
}

// draft creates a campaign with the text Hi, as more fields would have it.
func (w *world) draft(fields ...string) (id string) {
	w.t.Helper()
	form := url.Values{"data[text]": {"Hi"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set("data["+fields[i]+"]", fields[i+1])
	}
	w.get("create", form.Encode(), api.CodeOK, &id)
	return id
}

// item is an item of addRecipients.
type item struct {
	Recipient, MessageID, Number, Contact *string
	Code                                  campaign.Code
	Type                                  string
}

// adds adds recipients with one form and gives what became of each.
func (w *world) adds(id string, code api.Code, form string) (items []item) {
	w.t.Helper()
	var to any
	if code == api.CodeOK || code == api.CodePartlyDone || code == api.CodeNothingDone {
		to = &items
	}
	w.get("addRecipients", "id="+id+"&"+form, code, to)
	return items
}

// people are n numbers of Kazakhstan from the first on, apart by commas.
func people(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("7701%07d", first+i)
	}
	return strings.Join(all, ",")
}

// sent creates a campaign of n people and sends it.
func (w *world) sent(n int, fields ...string) (id string) {
	w.t.Helper()
	id = w.draft(fields...)
	for first := 0; first < n; first += 500 {
		w.adds(id, api.CodeOK, "recipients="+people(first, min(500, n-first)))
	}
	w.get("send", "id="+id, api.CodeOK, nil)
	return id
}

func parsed(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// upload adds the recipients of a file, with more parameters.
func (w *world) upload(id string, params map[string]string, content string) testkit.Reply {
	w.t.Helper()
	var body strings.Builder
	form := multipart.NewWriter(&body)
	w.ok(form.WriteField("id", id))
	for name, value := range params {
		w.ok(form.WriteField("params["+name+"]", value))
	}
	file, err := form.CreateFormFile("recipientsFile", "recipients.csv")
	w.ok(err)
	_, err = file.Write([]byte(content))
	w.ok(errors.Join(err, form.Close()))
	return w.caller().Send(ours, "campaign/addRecipients", form.FormDataContentType(), body.String())
}

// task gives the id of the task that an answer names, a bare number.
func (w *world) task(r testkit.Reply) (id int64) {
	w.t.Helper()
	if r.Code != api.CodeBackground {
		w.t.Fatalf("code %d %s, want a task", r.Code, r.Data)
	}
	w.ok(json.Unmarshal(r.Data, &id))
	return id
}

// textOf is the text that a message is sent with.
func (w *world) textOf(id string) (text string) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) (err error) {
		text, err = w.messages.TextOf(q, parsed(id))
		return err
	}))
	return text
}
