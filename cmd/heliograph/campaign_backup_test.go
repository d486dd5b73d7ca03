package main

import (
	"path/filepath"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestARestoredCampaignIsPausedAndGoesOnWhenItIsResumed: what a backup holds of it may
// have been sent since.
func TestARestoredCampaignIsPausedAndGoesOnWhenItIsResumed(t *testing.T) {
	const recipients, held = 600, 300 // more than memory takes: the carrier is down
	down := startSimulator(t, smsc.Config{})
	endSimulator(down)
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: down.Addr(), held: held})
	server := s.serve()
	c := s.importCampaign(server.caller, recipients)
	c.imported(100)
	server.call(t, 0, nil, "campaign/send", "id", c.id)
	testkit.Eventually(t, patience, func() error { return c.reached(server.caller, "totalEnqueudMsgNum", 250) })
	file := filepath.Join(s.dir, "backup.db")
	s.run("backup", "--to", file)
	server.stop()

	arrived := newArrivals()
	sim := startSimulator(t, smsc.Config{OnMessage: arrived.note})
	r := s.restored(t, file, "drop", options{carrier: sim.Addr()})
	server, c.site = r.serve(), r
	expired := c.info(server.caller).count("totalExpiredMsgNum")
	if expired < 250 || len(arrived.counts()) > 0 {
		t.Errorf("%d are expired, %d arrived", expired, len(arrived.counts()))
	}
	server.call(t, 0, nil, "campaign/resume", "id", c.id)
	testkit.Eventually(t, patience, func() error { return c.reached(server.caller, "totalDelivrdMsgNum", recipients-expired) })
	r.settle().balanced(t)
	server.stop()
}
