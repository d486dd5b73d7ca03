//go:build failpoint

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const (
	// So many clients accept more segments than the server delivers: the window is full.
	tortureClients = 64

	tortureWindow = 300 // unanswered submits per bind
	tortureBinds  = 2
	// inFlight is how many segments must be at the carrier when a kill lands.
	inFlight = 200
	// torturePatience bounds the life that a kill ends, and the quiet after the last.
	torturePatience = 3 * patience
)

// torture is one run: a server under load that dies by the plan, again and again,
// and what carrier and clients saw of it.
type torture struct {
	*site
	plan    plan
	kills   int
	load    *load
	codes   counter
	arrived *arrivals
	wire    *wire
	doubts  doubts
	sim     *smsc.Simulator

	receiver *receiver
	webhook  int64
	deaths   deaths
}

// suffer does a run and gives what came of it.
func suffer(t *testing.T, p plan) outcome {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("this was %s; again: %s", p, p.again())
		}
	})
	r := &torture{plan: p, arrived: newArrivals(), wire: newWire(), doubts: doubts{}, deaths: deaths{}}
	r.sim = startSimulator(t, smsc.Config{
		ResponseDelay: 50 * time.Millisecond, ReceiptDelay: p.receiptDelay, OnMessage: r.arrived.note, OnSubmit: r.wire.note,
	})
	r.site = newSite(t, testkit.NewDatabase(t, p.engine), options{
		carrier: r.sim.Addr(), window: tortureWindow, binds: tortureBinds, held: p.held, inDoubt: p.inDoubt, webhooks: loopback4,
	})
	r.receiver = newReceiver(t, sometimesBusy)
	for _, k := range p.kills {
		r.dieLoaded(k)
	}
	server := r.begin()
	await(t, r.codes.further(tortureClients), "answers after the last kill")
	r.load.stop()
	r.endDoubts()
	books := r.settle()
	r.tellAll()
	server.stop() // what is on the wire arrives
	return r.audit(books)
}

// begin starts a life of the server, and the load with it.
func (r *torture) begin(environ ...string) *serving {
	server := r.serve(environ...)
	if r.load == nil {
		r.webhook = server.webhook(r.t, r.receiver.url, "json")
		r.load = startLoadOf(r.t, server.caller, tortureClients, composeApart, func(int) { r.codes.add() })
	} else {
		r.load.goOnWith(server.caller)
	}
	return server
}

// dieLoaded kills until a kill lands while enough is in flight. A commit can end half
// a window of intents at once, and the next wave's come a moment later.
func (r *torture) dieLoaded(k kill) {
	for range 5 {
		flying := r.die(k)
		r.kills++
		r.t.Logf("killed at %s with %d segments in flight", k, flying)
		if flying > tortureWindow*tortureBinds {
			r.t.Errorf("%d segments are in doubt, and the window is %d", flying, tortureWindow*tortureBinds)
		}
		if flying >= inFlight {
			return
		}
	}
	r.t.Errorf("no kill landed with %d segments in flight", inFlight)
}

// die lets the server live until the kill, and counts the live intents of that life.
func (r *torture) die(k kill) (flying int) {
	if k.point == failpoint.Stopping {
		server := r.begin(failpoint.Env + "=" + kill{k.point, 1}.String())
		await(r.t, r.codes.further(k.hits), "answers under load")
		server.terminate()
		server.diesOf(kill{k.point, 1})
	} else {
		r.begin(failpoint.Env + "=" + k.String()).diesOf(k)
	}
	r.read(func(q *db.Reader) (err error) { flying, err = r.doubts.add(q); return err })
	r.receiver.awaitQuiet()
	r.deaths.bury(r.site)
	return flying
}

// diesOf waits until the process ends, and sees that it ended by that failpoint.
func (p *process) diesOf(k kill) {
	p.t.Helper()
	p.exit(torturePatience)
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	said := fmt.Sprintf("failpoint %s\n", k)
	if !status.Signaled() || status.Signal() != syscall.SIGKILL || !strings.Contains(p.errors.String(), said) {
		p.t.Fatalf("%s was to die by SIGKILL at %s and ended with %s", p.name, k, p.cmd.ProcessState)
	}
}

// endDoubts ends, where the policy is to wait or to fail, the validity of messages
// that nothing else can settle any more.
func (r *torture) endDoubts() {
	if r.plan.inDoubt == config.InDoubtResend {
		return
	}
	testkit.Eventually(r.t, torturePatience, func() error {
		var open int
		r.read(func(q *db.Reader) (err error) { open, err = r.open(q); return err })
		if open > 0 {
			return fmt.Errorf("%d messages and segments are still under way", open)
		}
		return nil
	})
	r.write(func(tx *db.Tx) error { _, err := tx.Exec(`UPDATE pending SET expires_ms = 0`); return err })
}

// open counts the messages in the queue and the segments whose fate is still to
// come. A segment in doubt has none if the carrier never took it, or if another of
// its message is in doubt too: then no receipt says which of them it is for.
func (r *torture) open(q *db.Reader) (n int, err error) {
	if err := q.One(`SELECT count(*) FROM queue`, nil, &n); err != nil {
		return 0, err
	}
	taken, doubtful := r.wire.counts(), map[string][]place{}
	err = q.Query(`SELECT recipient, seg, status = 1 AND attempt = doubt AND doubt > 0 FROM pending WHERE status < 4`, func(rows db.Row) error {
		var at place
		var waits bool
		err := rows.Scan(&at.to, &at.seg, &waits)
		if waits {
			doubtful[at.to] = append(doubtful[at.to], at)
		} else {
			n++
		}
		return err
	})
	for _, places := range doubtful {
		if len(places) == 1 && taken[places[0]] > 0 {
			n++
		}
	}
	return n, err
}
