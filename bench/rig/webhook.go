package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// Loopback is a part of a Site's configuration: webhooks may go to the machine itself.
const Loopback = `[webhook]
allow = ["127.0.0.0/8"]
`

// Subscribe makes a webhook for delivery reports. It has no secret: nothing is signed.
func (s Site) Subscribe(ctx context.Context, key, callback string) error {
	form := url.Values{
		"apiKey": {key}, "data[eventType]": {"sms-delivery-report"}, "data[url]": {callback}, "data[format]": {"json"},
	}
	body, err := Get(ctx, s.URL()+"/service/webhook/create?"+form.Encode())
	if err != nil {
		return err
	}
	var answer struct{ Code int }
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code != 0 {
		return errors.Join(fmt.Errorf("webhook/create: %s", body), err)
	}
	return nil
}
