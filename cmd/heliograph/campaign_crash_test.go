package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestKillNineDuringAnImportAndACampaignSkipsNobody kills the server at moments that
// nothing prepares it for: twice while it imports a file, and while it sends.
func TestKillNineDuringAnImportAndACampaignSkipsNobody(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		const recipients, window, kills = 6000, 50, 3
		arrived, delivered := newArrivals(), &counter{}
		sim := startSimulator(t, smsc.Config{ResponseDelay: 10 * time.Millisecond, OnMessage: func(m smsc.Message) {
			arrived.note(m)
			delivered.add()
		}})
		s := newSite(t, url, options{carrier: sim.Addr(), window: window})
		server := s.serve()
		c := s.importCampaign(server.caller, recipients)
		for range 2 {
			before, _ := c.progress()
			c.imported(min(before+1+rand.IntN(40), 99))
			server.kill()
			server = s.serve()
		}
		c.imported(100)
		server.call(t, 0, nil, "campaign/send", "id", c.id)
		for range kills {
			await(t, delivered.further(1+rand.IntN(1000)), "deliveries of the campaign")
			server.kill()
			server = s.serve()
		}
		await(t, delivered.further(100), "deliveries after the last kill")
		server.call(t, 0, nil, "campaign/pause", "id", c.id)
		server.call(t, 0, nil, "campaign/resume", "id", c.id)
		c.done(server.caller, arrived, kills*window)
		server.stop()
	})
}
