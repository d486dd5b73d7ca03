package client

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is the header of a webhook's request that protects its body:
//
//	X-Heliograph-Signature: t=1772366400,v1=5257a869…
//
// v1 is the HMAC-SHA256 of t, a dot and the body, keyed with the webhook's secret, in hex. t
// is when it was made, in Unix seconds.
const SignatureHeader = "X-Heliograph-Signature"

// Why an event is not believed.
var (
	ErrSignature        = errors.New("the signature in the header is not of this body and secret")
	ErrExpiredSignature = errors.New("the signature in the header is too far from now")
	ErrSign             = errors.New("the field sign is not of this event and secret")
)

// maxAge is how old, or how early, a signature may be.
const maxAge = 5 * time.Minute

// CheckSignature checks the value of SignatureHeader against a body as it came. It gives
// ErrSignature, for an empty secret always, or for a good signature more than five minutes
// from now ErrExpiredSignature.
func CheckSignature(header string, body []byte, secret string, now time.Time) error {
	rest, begins := strings.CutPrefix(header, "t=")
	stamp, rest, _ := strings.Cut(rest, ",v1=")
	signature, _, _ := strings.Cut(rest, ",") // later versions may follow
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !begins || secret == "" {
		return ErrSignature
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	if !hmac.Equal([]byte(signature), hex.AppendEncode(nil, mac.Sum(nil))) {
		return ErrSignature
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > maxAge {
		return ErrExpiredSignature
	}
	return nil
}

// CheckSign checks the field sign, hex SHA-1 of eventId|attempt|eventCreateTs|secret, or gives
// ErrSign. It says nothing about the event's data: CheckSignature does.
func (e *WebhookEvent) CheckSign(secret string) error {
	sum := sha1.Sum(fmt.Appendf(nil, "%d|%d|%s|%s", e.ID, e.Attempt, e.CreateTs, secret))
	if !hmac.Equal([]byte(e.Sign), hex.AppendEncode(nil, sum[:])) {
		return ErrSign
	}
	return nil
}
