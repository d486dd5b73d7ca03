package post

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// SignatureHeader carries the signature of the body.
const SignatureHeader = "X-Heliograph-Signature"

// sign is the value of the body's own field: hex SHA-1 of eventId|attempt|eventCreateTs|secret
// (contract §8). It is the reference service's, and leaves data unprotected.
func (e *Event) sign(secret string) string {
	if secret == "" {
		return ""
	}
	b := strconv.AppendInt(make([]byte, 0, 128), e.ID, 10)
	b = strconv.AppendInt(append(b, '|'), int64(e.Attempt), 10)
	b = append(append(b, '|'), e.CreateTs...)
	b = append(append(b, '|'), secret...)
	sum := sha1.Sum(b)
	return hex.EncodeToString(sum[:])
}

// signature is the header's value: hex HMAC-SHA256 over "unix.body", keyed with the secret.
func signature(body []byte, secret string, unix int64) string {
	b := strconv.AppendInt(append(make([]byte, 0, 96), "t="...), unix, 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(b[len("t="):])
	mac.Write([]byte{'.'})
	mac.Write(body)
	return string(hex.AppendEncode(append(b, ",v1="...), mac.Sum(nil)))
}
