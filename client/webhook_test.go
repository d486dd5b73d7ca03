package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/client"
)

// Made by hand with a body in $body:
//
//	printf '%s' '7|2|2026-03-01 12:00:00|s3cret' | openssl dgst -sha1
//	printf '%s' "1772366400.$body" | openssl dgst -sha256 -hmac s3cret
const (
	secret    = "s3cret"
	sign      = "0463efd3f0d53716cbae9d8ffc8f3268fc7ecf0d"
	signature = "t=1772366400,v1=a1cdcb3b67986cfa1492402f57e7bbbab2ee35fc4db30404a2720fb873b2ac59"

	inJSON = `{"eventId":7,"eventType":"sms-delivery-report","eventCreateTs":"2026-03-01 12:00:00","webhookId":3,"attempt":2,` +
		`"data":{"campaignId":7,"messageId":7,"segNum":1,"statusUpdateTs":"2026-03-01 12:00:00","status":"DELIVRD","to":"77010000000"},` +
		`"sign":"` + sign + `"}`
	inXML = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<response><eventId>7</eventId><eventType>sms-delivery-report</eventType><eventCreateTs>2026-03-01 12:00:00</eventCreateTs>` +
		`<webhookId>3</webhookId><attempt>2</attempt><data><campaignId>7</campaignId><messageId>7</messageId><segNum>1</segNum>` +
		`<statusUpdateTs>2026-03-01 12:00:00</statusUpdateTs><status>DELIVRD</status><to>77010000000</to></data><sign>` + sign + `</sign></response>`
	inRaw = "eventId=7&eventType=sms-delivery-report&eventCreateTs=2026-03-01+12%3A00%3A00&webhookId=3&attempt=2" +
		"&data%5BcampaignId%5D=7&data%5BmessageId%5D=7&data%5BsegNum%5D=1&data%5BstatusUpdateTs%5D=2026-03-01+12%3A00%3A00" +
		"&data%5Bstatus%5D=DELIVRD&data%5Bto%5D=77010000000&sign=" + sign

	typeJSON = "application/json; charset=utf-8"
	typeXML  = "application/xml; charset=utf-8"
	typeRaw  = "application/x-www-form-urlencoded"
)

// signedAt is the time in signature.
var signedAt = time.Unix(1772366400, 0)

func at(t time.Time) client.WebhookOption { return client.WithClock(func() time.Time { return t }) }

func request(contentType, body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/sms", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set(client.SignatureHeader, signature)
	return r
}

func ExampleParseWebhook() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := client.ParseWebhook(r, secret, at(signedAt)) // without a clock it is time.Now
		if err != nil {
			http.Error(w, "not for me", http.StatusBadRequest)
			return
		}
		fmt.Printf("message %d to %s: %s\n", event.Report.MessageID, event.Report.To, event.Report.Status)
	})
	handler.ServeHTTP(httptest.NewRecorder(), request(typeJSON, inJSON, signature))
	// Output: message 7 to 77010000000: DELIVRD
}

func TestAllFormatsSayTheSame(t *testing.T) {
	want := client.WebhookEvent{
		ID: 7, Type: "sms-delivery-report", CreateTs: "2026-03-01 12:00:00", WebhookID: 3, Attempt: 2, Sign: sign,
		Report: client.DeliveryReport{
			CampaignID: 7, MessageID: 7, SegNum: 1, StatusUpdateTs: "2026-03-01 12:00:00", Status: "DELIVRD", To: "77010000000",
		},
	}
	for contentType, body := range map[string]string{typeJSON: inJSON, typeXML: inXML, typeRaw: inRaw} {
		got, err := client.ParseWebhook(request(contentType, body, ""), "")
		if err != nil || *got != want {
			t.Errorf("%s: %+v, %v; want %+v", contentType, got, err, want)
		}
		if err := want.CheckSign(secret); err != nil {
			t.Errorf("%s: %v", contentType, err)
		}
	}
}

func TestParseWebhookBelievesNothingUnsigned(t *testing.T) {
	otherSign := strings.Replace(inJSON, sign, strings.Repeat("0", len(sign)), 1)
	const otherSigned = "t=1772366400,v1=3789d4ae138684bfba9335bcaa8c87def3ce34fe4ef2da48dc8777aa44692abf"
	for _, c := range []struct {
		name, body, header, secret string
		now                        time.Time
		want                       error
	}{
		{"signed", inJSON, signature, secret, signedAt, nil},
		{"with more after it, of a later version", inJSON, signature + ",v2=00", secret, signedAt, nil},
		{"at the edge of its age", inJSON, signature, secret, signedAt.Add(5 * time.Minute), nil},
		{"too old", inJSON, signature, secret, signedAt.Add(5*time.Minute + time.Second), client.ErrExpiredSignature},
		{"too early", inJSON, signature, secret, signedAt.Add(-5*time.Minute - time.Second), client.ErrExpiredSignature},
		{"not signed", inJSON, "", secret, signedAt, client.ErrSignature},
		{"another secret", inJSON, signature, "s3creT", signedAt, client.ErrSignature},
		{"another body", otherSign, signature, secret, signedAt, client.ErrSignature},
		{"another time", inJSON, strings.Replace(signature, "t=177", "t=178", 1), secret, signedAt, client.ErrSignature},
		{"no version", inJSON, strings.Replace(signature, "v1=", "", 1), secret, signedAt, client.ErrSignature},
		{"no time", inJSON, strings.TrimPrefix(signature, "t=1772366400"), secret, signedAt, client.ErrSignature},
		{"a time without a name", inJSON, strings.TrimPrefix(signature, "t="), secret, signedAt, client.ErrSignature},
		{"no signature", inJSON, "t=1772366400,v1=", secret, signedAt, client.ErrSignature},
		{"another sign in a body that is signed", otherSign, otherSigned, secret, signedAt, client.ErrSign},
		{"no secret", otherSign, "", "", signedAt, nil},
	} {
		_, err := client.ParseWebhook(request(typeJSON, c.body, c.header), c.secret, at(c.now))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestCheckSignatureNeverBelievesWithoutASecret(t *testing.T) {
	// printf '1772366400.{}' | openssl dgst -sha256 -hmac ''
	const anybodys = "t=1772366400,v1=d2bfbb996cb06f6ebe59f09b9a216a47bcd48a8be8ff227381ca6ce3c5320b31"
	if err := client.CheckSignature(anybodys, []byte("{}"), "", signedAt); !errors.Is(err, client.ErrSignature) {
		t.Error(err)
	}
}

func TestOneFlippedBitIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, header := []byte(inJSON), []byte(signature)
		flipped := rapid.SampledFrom([][]byte{body, header}).Draw(t, "in")
		i := rapid.IntRange(0, len(flipped)-1).Draw(t, "octet")
		flipped[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if err := client.CheckSignature(string(header), body, secret, signedAt); !errors.Is(err, client.ErrSignature) {
			t.Fatalf("%q over %q: %v", header, body, err)
		}
	})
}

func TestParseWebhookRefusesWhatIsNoEvent(t *testing.T) {
	for _, c := range []struct{ name, contentType, body string }{
		{"no type", "", inJSON},
		{"another type", "text/plain", inJSON},
		{"another format", typeXML, inJSON},
		{"cut off", typeJSON, inJSON[:len(inJSON)-1]},
		{"empty", typeJSON, ""},
		{"nothing in it", typeJSON, "null"},
		{"no id", typeJSON, `{"eventType":"sms-delivery-report"}`},
		{"a number that is none", typeRaw, strings.Replace(inRaw, "attempt=2", "attempt=two", 1)},
		{"a number that is too large", typeRaw, strings.Replace(inRaw, "eventId=7", "eventId=9223372036854775808", 1)},
		{"a broken escape", typeRaw, inRaw + "%"},
		{"too long", typeRaw, padded(1<<20 + 1)},
	} {
		if e, err := client.ParseWebhook(request(c.contentType, c.body, ""), ""); !errors.Is(err, client.ErrBody) || e != nil {
			t.Errorf("%s: %+v, %v; want ErrBody", c.name, e, err)
		}
	}
}

func padded(size int) string { return inRaw + "&x=" + strings.Repeat("x", size-len(inRaw+"&x=")) }

func TestParseWebhookReadsAMebibyte(t *testing.T) {
	if _, err := client.ParseWebhook(request(typeRaw, padded(1<<20), ""), ""); err != nil {
		t.Error(err)
	}
}

func TestParseWebhookTellsOfABodyThatEnds(t *testing.T) {
	r := request(typeJSON, "", "")
	r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := client.ParseWebhook(r, ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// FuzzParseWebhook: what is no event is refused as such, and nothing unsigned is believed.
func FuzzParseWebhook(f *testing.F) {
	f.Add(typeJSON, inJSON)
	f.Add(typeXML, inXML)
	f.Add(typeRaw, inRaw)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		e, err := client.ParseWebhook(request(contentType, body, ""), "")
		if (err == nil) != (e != nil) || err != nil && !errors.Is(err, client.ErrBody) {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := client.ParseWebhook(request(contentType, body, signature), secret, at(signedAt)); err == nil && body != inJSON {
			t.Error("believed what is not signed")
		}
	})
}
