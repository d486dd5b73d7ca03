package client

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// WebhookEvent is what a server posts to a webhook. Times are YYYY-MM-DD HH:MM:SS in the
// account's time zone.
type WebhookEvent struct {
	ID        int64          `json:"eventId" xml:"eventId"` // the same whenever the event is told again: it may come twice
	Type      string         `json:"eventType" xml:"eventType"`
	CreateTs  string         `json:"eventCreateTs" xml:"eventCreateTs"`
	WebhookID int64          `json:"webhookId" xml:"webhookId"`
	Attempt   int            `json:"attempt" xml:"attempt"` // from 1
	Report    DeliveryReport `json:"data" xml:"data"`
	Sign      string         `json:"sign" xml:"sign"` // see CheckSign; empty where the webhook has no secret
}

// DeliveryReport is the data of an event of type sms-delivery-report: what became of a
// message.
type DeliveryReport struct {
	CampaignID     int64  `json:"campaignId" xml:"campaignId"`
	MessageID      int64  `json:"messageId" xml:"messageId"`
	SegNum         int    `json:"segNum" xml:"segNum"`
	StatusUpdateTs string `json:"statusUpdateTs" xml:"statusUpdateTs"`
	Status         string `json:"status" xml:"status"` // DELIVRD, UNDELIV, REJECTD, EXPIRED, DELETED or PDLIVRD
	To             string `json:"to" xml:"to"`         // digits
}

// ErrBody says that a request holds no event: its type is unknown, it is too long, or it can't
// be read.
var ErrBody = errors.New("not an event of a webhook")

// maxWebhook is in bytes.
const maxWebhook = 1 << 20

// WebhookOption changes how ParseWebhook works.
type WebhookOption func(*webhookOptions)

type webhookOptions struct{ now func() time.Time }

// WithClock has the age of signatures judged by a clock other than time.Now.
func WithClock(now func() time.Time) WebhookOption {
	return func(o *webhookOptions) { o.now = now }
}

// ParseWebhook reads the event in a request, in any format, and checks both its signatures:
// the header's and then the body's. An empty secret, that of a webhook without one, checks
// neither. Errors are ErrBody, those of CheckSignature and CheckSign, or of reading the body.
//
// Answer with a status of 200-299 within five seconds, else the event is told again.
func ParseWebhook(r *http.Request, secret string, options ...WebhookOption) (*WebhookEvent, error) {
	o := webhookOptions{now: time.Now}
	for _, set := range options {
		set(&o)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhook+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a webhook's body: %w", err)
	case len(body) > maxWebhook:
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrBody, maxWebhook)
	}
	if secret != "" {
		if err := CheckSignature(r.Header.Get(SignatureHeader), body, secret, o.now()); err != nil {
			return nil, err
		}
	}
	e, err := decodeEvent(r.Header.Get("Content-Type"), body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	case e.ID == 0 || e.Type == "":
		return nil, fmt.Errorf("%w: no eventId or eventType", ErrBody)
	}
	if secret != "" && e.CheckSign(secret) != nil {
		return nil, ErrSign
	}
	return e, nil
}

func decodeEvent(contentType string, body []byte) (*WebhookEvent, error) {
	format, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	e := &WebhookEvent{}
	switch format {
	case "application/json":
		return e, json.Unmarshal(body, e)
	case "application/xml":
		return e, xml.Unmarshal(body, e)
	case "application/x-www-form-urlencoded":
		return e, e.decodeForm(string(body))
	}
	return nil, fmt.Errorf("content type %s", format)
}

func (e *WebhookEvent) decodeForm(body string) error {
	form, err := url.ParseQuery(body)
	if err != nil {
		return err
	}
	var errs []error
	number := func(name string) int64 {
		n, err := strconv.ParseInt(form.Get(name), 10, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		return n
	}
	*e = WebhookEvent{
		ID:        number("eventId"),
		Type:      form.Get("eventType"),
		CreateTs:  form.Get("eventCreateTs"),
		WebhookID: number("webhookId"),
		Attempt:   int(number("attempt")),
		Report: DeliveryReport{
			CampaignID:     number("data[campaignId]"),
			MessageID:      number("data[messageId]"),
			SegNum:         int(number("data[segNum]")),
			StatusUpdateTs: form.Get("data[statusUpdateTs]"),
			Status:         form.Get("data[status]"),
			To:             form.Get("data[to]"),
		},
		Sign: form.Get("sign"),
	}
	return errors.Join(errs...)
}
