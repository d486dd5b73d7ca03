package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// ours is Heliograph as an operator sets it up: every commit is synced to disk. Each run begins with an empty database.
type ours struct {
	postgres bool
}

func (o ours) String() string {
	if o.postgres {
		return "postgres"
	}
	return "sqlite"
}

func (o ours) start(ctx context.Context, s *stage) (*entrant, error) {
	database, drop, err := o.database(ctx, s)
	if err != nil {
		return nil, err
	}
	e, err := serve(ctx, s, database)
	if err == nil {
		if o.postgres {
			e.postmaster = s.cluster.postmaster
		}
		e.durability, err = rig.Durability(ctx, database)
	}
	if err != nil {
		return nil, errors.Join(err, drop())
	}
	stop := e.stop
	e.stop = func() error { return errors.Join(stop(), drop()) }
	return e, nil
}

// database makes an empty one and returns its URL, and what removes it.
func (o ours) database(ctx context.Context, s *stage) (url string, drop func() error, err error) {
	if o.postgres {
		return s.cluster.create(ctx)
	}
	folder, drop, err := s.folder()
	return "sqlite:" + folder + "/heliograph.db", drop, err
}

func serve(ctx context.Context, s *stage, database string) (*entrant, error) {
	addresses, err := rig.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	site := rig.Site{Listen: addresses[0], Database: database, SMSC: s.smsc, Window: window, Binds: bindsMost}
	if s.callbacks() != "" {
		site.More = rig.Loopback
	}
	key, err := s.rig.Prepare(ctx, site)
	if err != nil {
		return nil, err
	}
	server, err := s.rig.Serve(ctx, site)
	if err != nil {
		return nil, err
	}
	if s.callbacks() != "" {
		if err := site.Subscribe(ctx, key, s.callbacks()+oursPath); err != nil {
			return nil, err
		}
	}
	form := "apiKey=" + key + "&from=BENCH&recipient={to}&text=Your+code+is+{id}"
	return &entrant{
		processes: []*rig.Process{server},
		address:   site.Listen,
		shot:      postShot(site.Listen, "/service/message/sendSmsMessage", form),
		submitted: func(ctx context.Context) (int64, error) { return published(ctx, site, "heliograph_submits_total") },
		stop:      func() error { server.Stop(); return nil },
	}, bound(ctx, site)
}

// bound waits until the carrier is.
func bound(ctx context.Context, site rig.Site) error {
	return rig.Until(ctx, 20*time.Second, func(ctx context.Context) error {
		n, err := published(ctx, site, "heliograph_carrier_bound")
		if err == nil && n != bindsMost {
			err = fmt.Errorf("%d of %d links are bound", n, bindsMost)
		}
		return err
	})
}

func published(ctx context.Context, site rig.Site, name string) (int64, error) {
	page, err := rig.Get(ctx, site.URL()+"/metrics")
	if err != nil {
		return 0, err
	}
	return rig.Counter(page, name)
}
