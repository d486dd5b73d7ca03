package main

import (
	"context"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// The counters that the server publishes of its messages.
const (
	acceptedCounter = "heliograph_messages_accepted_total"
	finalCounter    = "heliograph_messages_final_total"
)

// snapshot is what a server has done and used up to a moment.
type snapshot struct {
	at              time.Time
	accepted, final int64
	rig.Usage
}

func (t *target) snapshot(ctx context.Context) (snapshot, error) {
	body, err := rig.Get(ctx, t.url+"/metrics")
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{at: time.Now()}
	if s.accepted, err = rig.Counter(body, acceptedCounter); err != nil {
		return s, err
	}
	if s.final, err = rig.Counter(body, finalCounter); err != nil {
		return s, err
	}
	s.Usage, err = rig.UsageOf(t.pid)
	return s, err
}
