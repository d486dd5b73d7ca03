//go:build failpoint

package main

import (
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// The server dies at the failpoint between the commit and the answer.
func TestFailpointAfterTheCommitACallWithAKeyIsRepeatedAsOneMessage(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		s := newSite(t, url, options{carrier: "127.0.0.1:1"})
		send := []string{"recipient", "77010000020", "text", "hello", "params[idempotencyKey]", "order 7"}
		server := s.serve(failpoint.Env + "=" + string(failpoint.Accepted) + ":1")
		if r, err := server.try("message/sendSmsMessage", send...); err == nil {
			t.Fatalf("the server should have died, and answered %+v", r)
		}
		<-server.gone
		server = s.serve()
		var first, again struct{ MessageID string }
		server.call(t, 0, &first, "message/sendSmsMessage", send...)
		server.call(t, 0, &again, "message/sendSmsMessage", send...)
		var messages int
		s.read(func(q *db.Reader) error { return q.One(`SELECT count(*) FROM message`, nil, &messages) })
		if messages != 1 || first.MessageID == "" || first != again {
			t.Errorf("%d messages, answered as %q and %q", messages, first, again)
		}
		server.stop()
	})
}
