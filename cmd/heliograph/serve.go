package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
)

type serve struct {
	Config string `required:"" placeholder:"FILE" help:"The configuration file."`
}

// Run serves until the process is told to stop.
func (c *serve) Run(ctx context.Context, out *console) error {
	conf, err := config.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	if err := conf.Validate(); err != nil {
		return err
	}
	if err := mustExist(conf.Database.URL); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(out.errors, nil))
	s, err := openServer(ctx, conf, log)
	if err != nil {
		return err
	}
	log.Info("serving", "address", s.Addr(), "database", s.db.String())
	var lost error
	select {
	case <-ctx.Done():
	case <-s.node.Lost(): // whoever watches over the process starts it anew
		lost = db.ErrGivenUp
	}
	log.Info("stopping", "drain", conf.Server.Drain, "stop_timeout", conf.Server.StopTimeout)
	return errors.Join(lost, s.Stop(context.WithoutCancel(ctx)))
}

// openServer opens the database of a configuration, whose schema must be up to
// date, and starts a server on it.
func openServer(ctx context.Context, conf *config.Config, log *slog.Logger) (*server, error) {
	d, err := db.Open(ctx, conf.Database.URL, db.Options{Logger: log, Exclusive: true})
	if err != nil {
		return nil, err
	}
	s, err := startServer(ctx, conf, d, log)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return s, nil
}

func startServer(ctx context.Context, conf *config.Config, d *db.DB, log *slog.Logger) (*server, error) {
	if err := d.CheckSchema(ctx); err != nil {
		return nil, err
	}
	s, err := newServer(ctx, conf, d, log)
	if err != nil {
		return nil, err
	}
	if err := s.Start(ctx); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return s, nil
}
