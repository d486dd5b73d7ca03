// Package client is for Go programs that work with a Heliograph server: a method for each
// method of the API, and ParseWebhook for what the server tells by itself.
//
//	c := client.New("https://sms.example", key)
//	sent, err := c.Message.SendSMSMessage(ctx, client.MessageSendSMSMessageRequest{Recipient: "77010000000", Text: "Hello"})
//
// Names are those of the API. What may be left out of a request is left out where it is
// zero; where zero means something of its own it is a pointer, and nil leaves it out:
// new(client.Int(0)). Ids and counts are Int, amounts of money strings with four decimals,
// and what a result does not set is zero, too. Times are YYYY-MM-DD HH:MM:SS in the
// account's time zone; see ParseTime.
//
// An answer with a code other than 0 and 100 is an *Error, which errors.Is tells apart:
//
//	if errors.Is(err, client.ErrNotFound) { … }
//
// Of a mass operation that is done in part or not at all (ErrPartlyDone, ErrNothingDone)
// the result comes beside the error. A method that may go on in the background gives an
// Outcome.
//
// Calls are tried again after a lost connection and after ErrRateLimit and ErrService, with
// growing waits, until the context ends; see WithRetries. Methods that write carry an
// idempotency key, so that the server does once what it is asked twice. A key of the
// caller's own, which outlives the program, is set by WithIdempotencyKey.
package client

//go:generate go run ../internal/sdkgen ../docs/openapi.json .
