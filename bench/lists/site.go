package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// site is as much of a server as lists need.
type site struct {
	db        *db.DB
	users     *user.Module
	messages  *message.Module
	campaigns *campaign.Module
	cards     *contactcard.Module
	door      *api.Door
	accounts  map[int]account // by how many messages they have
}

type account struct {
	ID          int64
	Key         string
	Now         int64 // Unix ms; its messages are of the hundred days before
	First, Last int64 // their ids
}

func newSite(ctx context.Context, d *db.DB) (*site, error) {
	log := slog.New(slog.DiscardHandler)
	watcher := db.NewWatcher(d)
	s := &site{db: d, users: user.New(d, watcher, log), accounts: map[int]account{}}
	operators, err := phone.DefaultOperators()
	if err != nil {
		return nil, err
	}
	book := phone.NewBook(operators)
	s.messages = message.New(message.Config{
		DB: d, Users: s.users, Alphanames: alphaname.New(d, watcher, log), Prices: price.New(d, watcher, log),
		Book: book, MaxSegments: 10, Logger: log,
	})
	groups := contactgroup.New(d)
	s.cards = contactcard.New(contactcard.Config{DB: d, Groups: groups, Book: book, Logger: log})
	node := db.NewNode(d, "bench", log)
	s.campaigns = campaign.New(campaign.Config{
		DB: d, Node: node, Watcher: watcher, Messages: s.messages, Users: s.users, Logger: log,
		Groups: groups, Tasks: tasks.New(tasks.Config{DB: d, Node: node, Logger: log}),
	})
	s.messages.Campaigns = s.campaigns
	return s, s.open()
}

// open makes a new door; what the module remembers of searches stays.
func (s *site) open() (err error) {
	s.door, err = api.New(api.Config{
		Modules: []api.Module{s.messages.Methods(), s.campaigns.Methods(), s.cards.Methods()}, Auth: s.users, Clock: s.db.Time, CellPrefix: "kz",
		Classify: refuse, Logger: slog.New(slog.DiscardHandler), TempDir: os.TempDir(),
	})
	return err
}

// refuse is what a server tells when a list takes too long.
func refuse(err error) *api.Error {
	if errors.Is(err, db.ErrTooSlow) {
		return &api.Error{Code: api.CodeServiceError, Key: "error.tooSlow"}
	}
	return nil
}

// batch is how many messages one transaction writes.
const batch = 1000

// fill makes an account with so many of what is listed.
func (s *site) fill(ctx context.Context, of subject, size int) error {
	now := time.Now().UnixMilli()
	id, key, err := s.users.CreateAccount(ctx, user.NewAccount{
		Name: fmt.Sprint(size), Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
	if err != nil {
		return err
	}
	a := account{ID: id, Key: key, Now: now}
	if err := of.fill(s, ctx, &a, size); err != nil {
		return err
	}
	s.accounts[size] = a
	return nil
}

func (s *site) fillMessages(ctx context.Context, a *account, size int) error {
	m := &mix{Rand: rand.New(rand.NewPCG(3, uint64(size))), account: *a, size: size}
	for done := 0; done < size; done += batch {
		records := make([]*message.Record, 0, batch)
		for i := done; i < min(done+batch, size); i++ {
			id, err := s.db.NextID(ctx, message.IDs)
			if err != nil {
				return err
			}
			if i == 0 {
				a.First = id
			}
			a.Last = id
			records = append(records, m.record(i, id))
		}
		err := s.db.Write(ctx, db.Answers, func(tx *db.Tx) error { return s.messages.Restore(tx, records) })
		if err != nil {
			return err
		}
	}
	return nil
}

// shelve lets the filler work until it has nothing to do, and tells what that cost.
func (s *site) shelve(ctx context.Context, out io.Writer) error {
	f := s.messages.Filler()
	begun, cpu := time.Now(), cpuTime()
	if err := f.Start(ctx); err != nil {
		return err
	}
	defer f.Stop(ctx)
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for blocks, quiet := int64(-1), 0; quiet < 3; quiet++ { // a horizon waits ten seconds
		if n := f.Blocks(); n != blocks {
			blocks, quiet = n, 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	if rows := f.Blocks() * int64(message.DefaultFiller().BlockRows); rows > 0 {
		fmt.Fprintf(out, "%d blocks in at most %s, %.1f µs CPU a message\n", f.Blocks(), time.Since(begun).Round(time.Second),
			float64((cpuTime()-cpu).Microseconds())/float64(rows))
	}
	return nil
}

// cpuTime is what the process used until now.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
