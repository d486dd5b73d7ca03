package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/heliograph-sms/heliograph/bench/rig"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// stage is a server with an account, and a group of contacts in it.
type stage struct {
	options
	rig    *rig.Rig
	site   rig.Site
	key    string
	server *rig.Process
	group  int64
	file   string // of recipients

	imported, grouped string // campaigns that are there to be used
}

func (s *stage) start(ctx context.Context) error {
	database := "sqlite:" + s.rig.Path("heliograph.db")
	if s.postgres {
		var err error
		if database, err = rig.Postgres(); err != nil {
			return err
		}
	}
	address, err := rig.FreeAddresses(2)
	if err != nil {
		return err
	}
	s.site = rig.Site{Listen: address[0], Database: database, SMSC: address[1], Window: 200, Binds: 2}
	if s.key, err = s.rig.Prepare(ctx, s.site); err != nil {
		return err
	}
	if err := s.write(); err != nil {
		return err
	}
	if _, err := s.rig.Start("smsc", s.rig.Path("heliograph"), "smsc", "--listen", address[1]); err != nil {
		return err
	}
	if s.server, err = s.rig.Serve(ctx, s.site); err != nil {
		return err
	}
	var group string
	if err := s.call(ctx, "contactGroup/create", &group, "data[name]", "Everybody"); err != nil {
		return err
	}
	if s.group, err = strconv.ParseInt(group, 10, 64); err != nil {
		return err
	}
	if err := s.fill(ctx); err != nil {
		return fmt.Errorf("fill the contact group: %w", err)
	}
	return nil
}

// cardsAtOnce is how many contacts are written together.
const cardsAtOnce = 500

// fill puts contacts into the group, beside the server.
func (s *stage) fill(ctx context.Context) (err error) {
	log := slog.New(slog.DiscardHandler)
	d, err := db.Open(ctx, s.site.Database, db.Options{Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	operators, err := phone.DefaultOperators()
	if err != nil {
		return err
	}
	cards := contactcard.New(contactcard.Config{DB: d, Groups: contactgroup.New(d), Book: phone.NewBook(operators), Logger: log})
	for done := 0; done < s.recipients; done += cardsAtOnce {
		chunk := make([]map[string]string, min(cardsAtOnce, s.recipients-done))
		for i := range chunk {
			chunk[i] = map[string]string{"mobile": number(done + i), "name": fmt.Sprintf("Name %d", done+i)}
		}
		if _, err := cards.Fill(ctx, 1, chunk, s.group); err != nil {
			return err
		}
	}
	return nil
}

// number is a recipient's. The last two digits are none of the simulator's special ones.
func number(i int) string { return fmt.Sprintf("770%06d%02d", i/79, 20+i%79) }
