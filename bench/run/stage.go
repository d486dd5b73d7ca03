package main

import (
	"cmp"
	"context"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// A stage is all that a bench sets up: the rig with the database, and the processes.
type stage struct {
	options
	rig *rig.Rig
	url string // of the database
	key string
}

// A target is a process that is loaded.
type target struct {
	*rig.Process
	url string
	pid int
}

func newStage(ctx context.Context, o options) (s *stage, err error) {
	s = &stage{options: o}
	if o.postgres {
		if s.url, err = rig.Postgres(); err != nil {
			return nil, err
		}
	}
	if s.rig, err = rig.New(ctx, "./cmd/heliograph", "./bench/bare"); err != nil {
		return nil, err
	}
	if !o.postgres {
		s.url = "sqlite:" + cmp.Or(o.database, s.rig.Path("heliograph.db"))
	}
	return s, nil
}

// start brings up the bare handler, the simulator and, on a database with one account, the server.
func (s *stage) start(ctx context.Context) (bare, server *target, err error) {
	address, err := rig.FreeAddresses(3)
	if err != nil {
		return nil, nil, err
	}
	site := rig.Site{Listen: address[2], Database: s.url, SMSC: address[1], Window: s.window, Binds: s.binds}
	if s.slow {
		site.More = rig.Loopback
	}
	if s.key, err = s.rig.Prepare(ctx, site); err != nil {
		return nil, nil, err
	}
	p, err := s.rig.Start("bare", s.rig.Path("bare"), "-listen", address[0])
	if err != nil {
		return nil, nil, err
	}
	bare = &target{Process: p, url: "http://" + address[0], pid: p.PID()}
	if err := p.Serves(ctx, bare.url+"/readyz"); err != nil {
		return nil, nil, err
	}
	if !s.down {
		// The server finds it, or tries again.
		if _, err := s.rig.Start("smsc", s.rig.Path("heliograph"), "smsc", "--listen", address[1]); err != nil {
			return nil, nil, err
		}
	}
	if p, err = s.rig.Serve(ctx, site); err != nil {
		return nil, nil, err
	}
	if s.slow {
		err = slowReceiver(ctx, site, s.key)
	}
	return bare, &target{Process: p, url: site.URL(), pid: p.PID()}, err
}
