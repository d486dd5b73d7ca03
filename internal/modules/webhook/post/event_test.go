package post

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/client"
)

// Made by hand, the second for each $body below:
//
//	printf '%s' '7|2|2026-03-01 12:00:00|s3cret' | openssl dgst -sha1
//	printf '%s' "1772366400.$body" | openssl dgst -sha256 -hmac s3cret
const (
	vectorSign = "0463efd3f0d53716cbae9d8ffc8f3268fc7ecf0d"

	bodyJSON = `{"eventId":7,"eventType":"sms-delivery-report","eventCreateTs":"2026-03-01 12:00:00","webhookId":3,"attempt":2,` +
		`"data":{"campaignId":6,"messageId":5,"segNum":1,"statusUpdateTs":"2026-03-01 11:59:59","status":"DELIVRD","to":"77010000000"}`
	bodyXML = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<response><eventId>7</eventId><eventType>sms-delivery-report</eventType><eventCreateTs>2026-03-01 12:00:00</eventCreateTs>` +
		`<webhookId>3</webhookId><attempt>2</attempt><data><campaignId>6</campaignId><messageId>5</messageId><segNum>1</segNum>` +
		`<statusUpdateTs>2026-03-01 11:59:59</statusUpdateTs><status>DELIVRD</status><to>77010000000</to></data>`
	bodyRaw = "eventId=7&eventType=sms-delivery-report&eventCreateTs=2026-03-01+12%3A00%3A00&webhookId=3&attempt=2" +
		"&data%5BcampaignId%5D=6&data%5BmessageId%5D=5&data%5BsegNum%5D=1&data%5BstatusUpdateTs%5D=2026-03-01+11%3A59%3A59" +
		"&data%5Bstatus%5D=DELIVRD&data%5Bto%5D=77010000000"
)

// vector is the event that they are made of.
func vector() *Event {
	return &Event{
		ID: 7, Type: "sms-delivery-report", CreateTs: "2026-03-01 12:00:00", WebhookID: 3, Attempt: 2,
		Report: Report{CampaignID: 6, MessageID: 5, SegNum: 1, StatusUpdateTs: "2026-03-01 11:59:59", Status: "DELIVRD", To: "77010000000"},
	}
}

var signedAt = time.Unix(1772366400, 0)

func TestBodiesAndSignaturesAreThoseMadeByHand(t *testing.T) {
	for _, c := range []struct {
		format                            Format
		secret, contentType, body, signed string
	}{
		{JSON, "s3cret", "application/json; charset=utf-8", bodyJSON + `,"sign":"` + vectorSign + `"}`, "t=1772366400,v1=7efa886031fd5daf9353370cb6fbdb3766cbe7aab114a1242f7db16c1ddec991"},
		{XML, "s3cret", "application/xml; charset=utf-8", bodyXML + "<sign>" + vectorSign + "</sign></response>", "t=1772366400,v1=f9c5e3c57fcc1e22b6bc577cd83132d52d31d543c6bd1a0271e55c02e3cbba63"},
		{Raw, "s3cret", "application/x-www-form-urlencoded", bodyRaw + "&sign=" + vectorSign, "t=1772366400,v1=e589c6e135eac6626577796020a1d2b782ed335d3d882d22f66d466dcf2e1793"},
		{JSON, "", "application/json; charset=utf-8", bodyJSON + "}", ""},
		{XML, "", "application/xml; charset=utf-8", bodyXML + "</response>", ""},
		{Raw, "", "application/x-www-form-urlencoded", bodyRaw, ""},
	} {
		a := attempt{Poster: New(Config{Now: func() time.Time { return signedAt }})}
		a.write(&Target{Format: c.format, Secret: c.secret}, vector())
		if string(a.body) != c.body {
			t.Errorf("%s: body\n%s\nwant\n%s", c.format, a.body, c.body)
		}
		if a.signed != c.signed {
			t.Errorf("%s: signature %q, want %q", c.format, a.signed, c.signed)
		}
		if a.syntax.contentType != c.contentType {
			t.Errorf("%s: content type %q", c.format, a.syntax.contentType)
		}
	}
}

// TestClientReadsWhatPostWrites: any event, whatever is in it, in all formats.
func TestClientReadsWhatPostWrites(t *testing.T) {
	number := rapid.Int64Range(1, 1<<53)
	// Characters that XML can hold; the rest comes as U+FFFD.
	text := rapid.StringOf(rapid.RuneFrom([]rune("aZ09 \t\n\r\"'<>&\\/|=+%;[]{}é中😀"))).Filter(utf8.ValidString)
	rapid.Check(t, func(t *rapid.T) {
		e := &Event{
			ID: number.Draw(t, "id"), Type: "x" + text.Draw(t, "type"), CreateTs: text.Draw(t, "created"),
			WebhookID: number.Draw(t, "webhook"), Attempt: rapid.IntRange(1, 10).Draw(t, "attempt"),
			Report: Report{
				CampaignID: number.Draw(t, "campaign"), MessageID: number.Draw(t, "message"), SegNum: rapid.IntRange(1, 10).Draw(t, "segments"),
				StatusUpdateTs: text.Draw(t, "updated"), Status: text.Draw(t, "status"), To: text.Draw(t, "to"),
			},
		}
		to := &Target{Format: rapid.SampledFrom([]Format{Raw, XML, JSON}).Draw(t, "format"), Secret: text.Draw(t, "secret")}
		now := func() time.Time { return signedAt }
		a := attempt{Poster: New(Config{Now: now})}
		a.write(to, e)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(a.body))
		r.Header.Set("Content-Type", a.syntax.contentType)
		r.Header.Set(SignatureHeader, a.signed)
		got, err := client.ParseWebhook(r, to.Secret, client.WithClock(now))
		want := client.WebhookEvent{
			ID: e.ID, Type: e.Type, CreateTs: e.CreateTs, WebhookID: e.WebhookID, Attempt: e.Attempt,
			Report: client.DeliveryReport(e.Report), Sign: e.sign(to.Secret),
		}
		if err != nil || *got != want {
			t.Fatalf("%s\n%+v, %v; want\n%+v", a.body, got, err, want)
		}
	})
}
