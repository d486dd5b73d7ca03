package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/bench/rig"
	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

const (
	chunk = 20_000 // links that one transaction makes, of two rows each
	busy  = 5      // links that getStats is asked of
	days  = 3 * 365
	asked = 21 // times
)

// A code takes no more memory than it must: there are many.
type code [link.CodeLength]byte

// site is as much of a server as links need.
type site struct {
	db      *db.DB
	past    *atomic.Int64 // nanoseconds that the database's clock is behind
	watcher *db.Watcher
	links   *link.Module
	door    *api.Door
	account int64
	key     string
	first   int64 // id of the first link of the last fill
}

func newSite(ctx context.Context, d *db.DB, past *atomic.Int64) (*site, error) {
	log := slog.New(slog.DiscardHandler)
	s := &site{db: d, past: past, watcher: db.NewWatcher(d)}
	users := user.New(d, s.watcher, log)
	s.links = link.New(link.Config{DB: d, Watcher: s.watcher, Users: users, Base: "https://s.example", Listen: "127.0.0.1:8080", Logger: log})
	var err error
	s.account, s.key, err = users.CreateAccount(ctx, user.NewAccount{Name: "links", Currency: "KZT", Timezone: "Asia/Almaty", Language: "en"})
	if err != nil {
		return nil, err
	}
	s.door, err = api.New(api.Config{
		Modules: []api.Module{s.links.Methods()}, Auth: users, Clock: d.Time, CellPrefix: "kz", Logger: log, TempDir: os.TempDir(),
	})
	return s, err
}

// stock gives the codes of the links that are kept, or else of new ones.
func (s *site) stock(ctx context.Context, o options) (codes []code, err error) {
	if o.keep == "" || o.postgres {
		err = s.serving(ctx, func() (err error) { codes, err = s.fill(ctx, o.links); return err })
		return codes, err
	}
	path := filepath.Join(o.keep, "codes")
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = s.serving(ctx, func() (err error) { codes, err = s.fill(ctx, o.links); return err })
		if err != nil {
			return nil, err
		}
		return codes, os.WriteFile(path, slices.Concat(lines(codes)...), 0o600)
	case err != nil:
		return nil, err
	}
	codes = make([]code, 0, len(text)/(link.CodeLength+1))
	for line := range bytes.Lines(text) {
		codes = append(codes, code(line))
	}
	return codes, nil
}

func lines(codes []code) [][]byte {
	all := make([][]byte, len(codes))
	for i := range codes {
		all[i] = append(codes[i][:], '\n')
	}
	return all
}

// fill makes links and gives their codes.
func (s *site) fill(ctx context.Context, size int) ([]code, error) {
	s.first = 0
	codes := make([]code, 0, size)
	for len(codes) < size {
		links := make([]*link.Link, min(chunk, size-len(codes)))
		for i := range links {
			id, err := s.links.NextID(ctx)
			if err != nil {
				return nil, err
			}
			if s.first == 0 {
				s.first = id
			}
			links[i] = &link.Link{ID: id, AccountID: s.account, FullLink: fmt.Sprintf("https://shop.example/products/%d?from=sms", id),
				Status: link.Active, ModeratorStatus: link.Allowed}
		}
		if err := s.db.Write(ctx, db.Answers, func(tx *db.Tx) error { return s.links.Make(tx, links) }); err != nil {
			return nil, err
		}
		for _, l := range links {
			codes = append(codes, code([]byte(l.Code)))
		}
	}
	return codes, nil
}

// serving runs the module while something is done; its stop writes the last clicks.
func (s *site) serving(ctx context.Context, do func() error) (err error) {
	if err := s.watcher.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.watcher.Stop(ctx)) }()
	if err := s.links.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.links.Stop(ctx)) }()
	upkeep := s.db.Maintenance() // copies the log back
	if err := upkeep.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upkeep.Stop(ctx)) }()
	return do()
}

// stats clicks on busy links on each day of three years, and asks for them.
func (s *site) stats(ctx context.Context, out io.Writer) error {
	favourites, err := s.fill(ctx, busy)
	if err != nil {
		return err
	}
	if err := s.serving(ctx, func() error { return s.click(favourites) }); err != nil {
		return err
	}
	for _, of := range []string{"monthly", "daily"} {
		took := make([]float64, asked)
		for i := range took {
			begun := time.Now()
			if err := s.ask(of); err != nil {
				return err
			}
			took[i] = float64(time.Since(begun)) / float64(time.Millisecond)
		}
		fmt.Fprintf(out, "getStats %s of %d links clicked on daily for three years: %.1f ms (median of %d)\n", of, busy, rig.Median(took), asked)
	}
	return nil
}

func (s *site) click(favourites []code) error {
	redirect := s.links.Redirect()
	defer s.past.Store(0)
	for day := days; day >= 0; day-- {
		s.past.Store(int64(day) * int64(24*time.Hour))
		for _, code := range favourites {
			answer := httptest.NewRecorder()
			redirect.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/"+string(code[:]), nil))
			if answer.Code != http.StatusFound {
				return fmt.Errorf("code %s: status %d", code, answer.Code)
			}
		}
	}
	return nil
}

// ask calls getStats, and wants clicks in the answer.
func (s *site) ask(of string) error {
	form := url.Values{"apiKey": {s.key}, "type": {of}}
	for i := range int64(busy) {
		form.Add("ids[]", strconv.FormatInt(s.first+i, 10))
	}
	answer := httptest.NewRecorder()
	s.door.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/service/link/getStats?"+form.Encode(), nil))
	var r struct {
		Code api.Code
		Data struct{ Totals map[string]int64 }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &r); err != nil {
		return err
	}
	if r.Code != api.CodeOK || r.Data.Totals["totalClicks0"] == 0 {
		return fmt.Errorf("getStats answered code %d with totals %v", r.Code, r.Data.Totals)
	}
	return nil
}
