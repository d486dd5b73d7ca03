package main

import (
	"fmt"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestAQueuedMessageToANumberStoppedSinceIsRejectedAndPaidBack: the list is asked when a
// message is accepted, and again before it is sent.
func TestAQueuedMessageToANumberStoppedSinceIsRejectedAndPaidBack(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		sim := startSimulator(t, smsc.Config{})
		endSimulator(sim) // what is accepted waits
		s := newSite(t, url, options{carrier: sim.Addr()})
		server := s.serve()
		mine, everybodys := server.send(t, "77010000020", "stopped by the account"), server.send(t, "77010000021", "stopped for all")
		free := server.send(t, "77010000022", "not stopped")
		server.call(t, 0, nil, "numberStopList/create", "number", "77010000020")
		s.run("stoplist", "add", "--global", "77010000021")
		testkit.Eventually(t, patience, func() error { return refusedNow(server.caller, "77010000021") })
		server.call(t, 1, nil, "message/sendSmsMessage", "recipient", "77010000020", "text", "no more")

		up := startSimulator(t, smsc.Config{})
		server.stop()
		s.configure(options{carrier: up.Addr()})
		server = s.serve()
		server.becomes(t, mine, "REJECTD")
		server.becomes(t, everybodys, "REJECTD")
		server.becomes(t, free, "DELIVRD")
		s.settle().balanced(t)
		server.stop()
	})
}

// refusedNow fails until a message to the number is refused.
func refusedNow(c caller, number string) error {
	r, err := c.try("message/preview", "recipient", number, "text", "Hello")
	if err == nil && r.Code != 1 {
		err = fmt.Errorf("code %d: %s", r.Code, r.Message)
	}
	return err
}
