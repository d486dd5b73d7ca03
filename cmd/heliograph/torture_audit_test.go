//go:build failpoint

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/failpoint"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// audit checks a run's books against what its clients, its carrier and its webhook's
// receiver saw.
func (r *torture) audit(b *books) outcome {
	r.t.Helper()
	b.kept(r.t, r.load, r.arrived)
	b.balanced(r.t)
	o := outcome{plan: r.plan, died: r.kills, accepted: len(b.messages), inDoubt: len(r.doubts)}
	arrived, doubtful := r.arrived.counts(), r.doubts.recipients()
	for id, text := range r.load.accepted {
		if b.messages[id].Text != text {
			o.lost++ // kept has told of it
		}
	}
	for id, m := range b.messages {
		if !m.Status.Final() {
			r.t.Errorf("message %d is %s", id, m.Status)
			continue
		}
		o.settled++
		to := recipient(m.Text)
		if !rightly(m.Status, arrived[m.Text], doubtful[to], r.plan.inDoubt) {
			r.t.Errorf("message %d to %s is %s and arrived %d times; segments in doubt: %t", id, to, m.Status, arrived[m.Text], doubtful[to])
			if arrived[m.Text] == 0 {
				o.lost++
			}
		}
	}
	o.doubled = r.doubled()
	o.again = r.receiver.toldOfAll(r.t, r.webhook, r.site, b, r.deaths)
	return o
}

// recipient is the number that composeApart gave the message of the text.
func recipient(text string) (to string) {
	var client, i int
	fmt.Sscanf(text, "message %d of client %d", &i, &client)
	to, _ = composeApart(client, i)
	return to
}

// rightly tells whether a message's end is one that it may have: delivered, unless
// one of its segments was in doubt and is not sent again.
func rightly(status message.Status, arrived int, doubtful bool, policy string) bool {
	given := map[string]message.Status{config.InDoubtWait: message.Expired, config.InDoubtFail: message.Undelivered}
	delivered := status == message.Delivered && arrived > 0
	switch {
	case policy == config.InDoubtResend:
		return delivered
	case !doubtful:
		return delivered && arrived == 1
	default: // of a message in part delivered the first segment decides
		return arrived <= 1 && (status == message.Delivered || status == given[policy])
	}
}

// doubled counts the submits beyond each segment's first. Each must answer a doubt
// about that very segment, and without resend there are none.
func (r *torture) doubled() (n int) {
	r.t.Helper()
	doubts := r.doubts.of()
	for at, times := range r.wire.counts() {
		n += times - 1
		if r.plan.inDoubt != config.InDoubtResend && times > 1 || times > 1+doubts[at] {
			r.t.Errorf("segment %d to %s was submitted %d times and was in doubt %d times; the policy is %s",
				at.seg, at.to, times, doubts[at], r.plan.inDoubt)
		}
	}
	return n
}

// outcome is what came of a run. Doubled and inDoubt count segments, the others
// messages.
type outcome struct {
	plan
	died, accepted, lost, doubled, inDoubt, settled int
	again                                           int // told to the webhook
}

// tabulate makes a table of runs by phase and engine, with their sums.
func tabulate(all []outcome) string {
	var b strings.Builder
	line := func(phase, engine string, of []outcome) {
		var sum outcome
		for _, o := range of {
			sum.died += o.died
			sum.accepted, sum.lost, sum.settled = sum.accepted+o.accepted, sum.lost+o.lost, sum.settled+o.settled
			sum.doubled, sum.inDoubt = sum.doubled+o.doubled, sum.inDoubt+o.inDoubt
			sum.again += o.again
		}
		fmt.Fprintf(&b, "%-18s %-8s %5d %5d %9d %5d %8d %8d %8d %10d\n",
			phase, engine, len(of), sum.died, sum.accepted, sum.lost, sum.doubled, sum.inDoubt, sum.settled, sum.again)
	}
	fmt.Fprintf(&b, "%-18s %-8s %5s %5s %9s %5s %8s %8s %8s %10s\n",
		"phase", "engine", "runs", "kills", "accepted", "lost", "doubled", "in doubt", "settled", "told again")
	for _, phase := range failpoint.Points() {
		for _, engine := range testkit.Engines {
			of := slices.DeleteFunc(slices.Clone(all), func(o outcome) bool { return o.phase() != phase || o.engine != engine })
			if len(of) > 0 {
				line(string(phase), engine, of)
			}
		}
	}
	line("all", "", all)
	return b.String()
}
