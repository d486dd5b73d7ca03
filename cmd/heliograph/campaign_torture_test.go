//go:build failpoint

package main

import (
	"math/rand/v2"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestTortureOfACampaignInEachPhase kills the server once in each phase of a campaign's
// way: nobody is skipped, and nobody is sent to twice but who was in doubt.
func TestTortureOfACampaignInEachPhase(t *testing.T) {
	for _, point := range failpoint.CampaignPoints() {
		t.Run(string(point), func(t *testing.T) {
			testkit.OnBoth(t, func(t *testing.T, url string) {
				const recipients, window = 3000, 50
				arrived := newArrivals()
				sim := startSimulator(t, smsc.Config{OnMessage: arrived.note})
				s := newSite(t, url, options{carrier: sim.Addr(), window: window})
				k := kill{point, 1 + rand.IntN(8)}
				server := s.serve(failpoint.Env + "=" + k.String())
				c := s.importCampaign(server.caller, recipients)
				if point != failpoint.RecipientsAdded {
					c.imported(100)
					server.call(t, 0, nil, "campaign/send", "id", c.id)
				}
				server.diesOf(k)
				server = s.serve()
				if point == failpoint.RecipientsAdded {
					c.imported(100)
					server.call(t, 0, nil, "campaign/send", "id", c.id)
				}
				c.done(server.caller, arrived, window)
				server.stop()
			})
		})
	}
}
