package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const mebibyte = 1 << 20

// crowded is a site on a small disk that somebody else fills.
type crowded struct {
	*site
	disk    string
	server  *serving
	arrived *arrivals
	codes   counter // answers with code 0
	refused counter // answers with code 999
	load    *load
}

func startCrowded(t *testing.T, disk, minFree string) *crowded {
	t.Setenv("HELIOGRAPH_DATABASE_MIN_FREE", minFree)
	c := &crowded{disk: disk, arrived: newArrivals()}
	sim := startSimulator(t, smsc.Config{OnMessage: c.arrived.note})
	c.site = newSite(t, "sqlite:"+filepath.Join(disk, "heliograph.db"), options{carrier: sim.Addr(), window: 50})
	c.server = c.serve()
	accepted := c.codes.further(200)
	c.load = startLoad(t, c.server.caller, func(code int) {
		switch code {
		case 0:
			c.codes.add()
		case 999:
			c.refused.add()
		default:
			t.Errorf("code %d", code)
		}
	})
	await(t, accepted, "messages accepted while there is room")
	return c
}

// occupy fills the disk until so many bytes are left.
func (c *crowded) occupy(left int64) {
	c.t.Helper()
	f, err := os.OpenFile(filepath.Join(c.disk, "somebody's"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	var disk syscall.Statfs_t
	for {
		if err := syscall.Statfs(c.disk, &disk); err != nil {
			c.t.Fatal(err)
		}
		if int64(disk.Bavail)*disk.Bsize <= left {
			return
		}
		if _, err := f.Write(make([]byte, 64<<10)); err != nil {
			return // full, which is what was wanted
		}
	}
}

// leave gives all of that back.
func (c *crowded) leave() {
	c.t.Helper()
	if err := os.Remove(filepath.Join(c.disk, "somebody's")); err != nil {
		c.t.Fatal(err)
	}
}

// metric is what the server shows under a name.
func (c *crowded) metric(name string) (value float64) {
	c.t.Helper()
	_, _, body := c.server.get(c.t, "/metrics")
	for line := range strings.Lines(body) {
		if n, _ := fmt.Sscanf(line, name+" %g", &value); n == 1 {
			return value
		}
	}
	c.t.Fatalf("there is no metric %s", name)
	return 0
}

func (c *crowded) ready(want int) {
	c.t.Helper()
	testkit.Eventually(c.t, patience, func() error {
		if status, _, _ := c.server.get(c.t, "/readyz"); status != want {
			return fmt.Errorf("readyz is %d, not %d", status, want)
		}
		return nil
	})
}

// recovered checks, once there is room again, that the server serves by itself, and
// that what it said all the while was true: code 0 with a row, 999 with none.
func (c *crowded) recovered() {
	c.t.Helper()
	c.ready(200)
	await(c.t, c.codes.further(200), "messages accepted once there is room again")
	c.load.stop()
	b := c.settle()
	c.load.told(c.t, c.server.caller)
	c.server.stop()
	b.nothingLost(c.t, c.load, c.arrived)
	b.balanced(c.t)
	if len(b.messages) != len(c.load.accepted) {
		c.t.Errorf("%d messages are kept, %d were accepted", len(b.messages), len(c.load.accepted))
	}
	if doubled := c.arrived.doubled(); doubled > 0 {
		c.t.Errorf("%d messages arrived again", doubled)
	}
	c.read(func(q *db.Reader) error {
		var report string
		err := q.One("PRAGMA integrity_check", nil, &report)
		if err == nil && report != "ok" {
			c.t.Errorf("the database is damaged: %s", report)
		}
		return err
	})
	c.t.Logf("%d accepted, %d refused", len(c.load.accepted), c.load.refused[999])
}

// TestADiskThatRunsLowEndsNewWorkEarly: callers are told to come back while there is
// still room for what was accepted.
func TestADiskThatRunsLowEndsNewWorkEarly(t *testing.T) {
	testkit.OnSmallDisk(t, 128*mebibyte, func(t *testing.T, disk string) {
		c := startCrowded(t, disk, "48MiB")
		turnedAway := c.refused.further(100)
		c.occupy(46 * mebibyte)
		await(t, turnedAway, "callers turned away")
		c.ready(503)
		if free := c.metric("heliograph_disk_free_bytes"); free <= 0 || free >= 48*mebibyte {
			t.Errorf("%g bytes are free", free)
		}
		r, err := c.server.try("user/getOwnBalance")
		if err != nil || r.Code != 0 {
			t.Errorf("reading: code %d, %v", r.Code, err)
		}
		c.settle() // what was accepted is sent and delivered all the same
		if failed := c.metric("heliograph_db_failures_total"); failed > 0 {
			t.Errorf("%g writes failed: callers were turned away too late", failed)
		}
		c.leave()
		c.recovered()
	})
}

// TestAFullDiskLosesNothing: the guard is off, and the writes themselves fail.
func TestAFullDiskLosesNothing(t *testing.T) {
	testkit.OnSmallDisk(t, 64*mebibyte, func(t *testing.T, disk string) {
		c := startCrowded(t, disk, "0")
		for range 3 {
			refused := c.refused.further(500)
			c.occupy(0)
			await(t, refused, "callers turned away by a full disk")
			c.leave()
			await(t, c.codes.further(100), "messages accepted in between")
		}
		c.recovered()
	})
}

// TestAKillOnAFullDiskLosesNothing: the process dies with half a write on the disk.
func TestAKillOnAFullDiskLosesNothing(t *testing.T) {
	testkit.OnSmallDisk(t, 64*mebibyte, func(t *testing.T, disk string) {
		c := startCrowded(t, disk, "0")
		refused := c.refused.further(500)
		c.occupy(0)
		await(t, refused, "callers turned away by a full disk")
		c.server.kill()
		c.leave()
		c.server = c.serve()
		c.load.goOnWith(c.server.caller)
		c.ready(200)
		await(t, c.codes.further(200), "messages accepted once there is room again")
		c.load.stop()
		b := c.settle()
		c.server.stop()
		b.nothingLost(t, c.load, c.arrived)
		b.balanced(t)
	})
}
