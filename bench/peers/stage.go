package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// What all contestants are given.
const (
	window    = 100 // unanswered submits of a bind
	bindsMost = 2
)

// A contestant is a server to be measured.
type contestant interface {
	String() string
	// start brings it up with nothing in it.
	start(context.Context, *stage) (*entrant, error)
}

// An entrant is a contestant that is up and bound.
type entrant struct {
	processes  []*rig.Process // all of its own
	address    string         // host:port that takes texts
	shot       shot
	postmaster int    // process id of its PostgreSQL; 0 if it has none
	durability string // what of an accepted message survives, in the settings that say so

	// submitted is how many messages it says that the carrier has answered.
	submitted func(context.Context) (int64, error)
	stop      func() error
}

// A stage is what all contestants share: the carrier, the sink, the PostgreSQL.
type stage struct {
	options
	rig     *rig.Rig
	smsc    string // host:port of the simulator
	sink    *sink
	cluster *cluster // nil if no contestant needs it

	durability map[string]string // of each contestant that was started
}

func newStage(ctx context.Context, o options) (s *stage, err error) {
	s = &stage{options: o, durability: map[string]string{}}
	if slices.Contains(o.contestants, "postgres") {
		if s.cluster, err = findCluster(ctx); err != nil {
			return nil, err
		}
	}
	if s.rig, err = rig.New(ctx, "./cmd/heliograph"); err != nil {
		return nil, err
	}
	if err := s.raise(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) raise() error {
	addresses, err := rig.FreeAddresses(1)
	if err != nil {
		return err
	}
	s.smsc = addresses[0]
	if _, err := s.rig.Start("smsc", s.rig.Path("heliograph"), "smsc", "--quiet", "--listen", s.smsc); err != nil {
		return err
	}
	s.sink, err = newSink()
	return err
}

func (s *stage) close() error {
	err := s.rig.Close()
	if s.sink != nil {
		s.sink.stop()
	}
	return err
}

// callbacks is the URL that callback paths begin with; empty if nobody is to call.
func (s *stage) callbacks() string {
	if s.acceptOnly {
		return ""
	}
	return "http://" + s.sink.address()
}

// folder makes a new one, and what removes it.
func (s *stage) folder() (name string, remove func() error, err error) {
	name, err = os.MkdirTemp(s.rig.Path(""), "run-")
	return name, func() error { return os.RemoveAll(name) }, err
}
