// Lists measures message/list, campaign/list or contactCard/list in an account with many beside
// one with few:
//
//	go run ./bench/lists [-of messages|campaigns|contacts] [-many 10000000] [-few 10000] [-keep DIR] [-only NAME] [-postgres]
//
// It fills a database in a folder of its own with both accounts, waits until what a
// server makes in the background is made, and asks each criterion and each sort of the
// API's own door: the first page, the first time and again, then page 2 and page 40.
// It prints a row of Markdown for each. With -keep the database stays in DIR and is
// used again. With -postgres it is the one of HELIOGRAPH_TEST_POSTGRES, which is then
// left with the messages in it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

type options struct {
	few, many int
	keep      string
	only      string
	postgres  bool
	of        string
}

func main() {
	var o options
	flag.IntVar(&o.few, "few", 10_000, "of the small account")
	flag.IntVar(&o.many, "many", 10_000_000, "of the large account")
	flag.StringVar(&o.keep, "keep", "", "a folder in which the database is kept")
	flag.StringVar(&o.only, "only", "", "ask only what has this in its name")
	flag.BoolVar(&o.postgres, "postgres", false, "on PostgreSQL, at HELIOGRAPH_TEST_POSTGRES")
	flag.StringVar(&o.of, "of", "messages", "what is listed: messages, campaigns or contacts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, out io.Writer, o options) (err error) {
	of, known := subjects()[o.of]
	if !known {
		return fmt.Errorf("-of %s: there are messages, campaigns and contacts", o.of)
	}
	url, clear, err := database(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clear()) }()
	d, err := db.Open(ctx, url, db.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	s, err := newSite(ctx, d)
	if err != nil {
		return err
	}
	maintenance := d.Maintenance()
	if err := maintenance.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(maintenance.Stop(ctx), err) }()
	if err := s.prepare(ctx, out, of, o); err != nil {
		return err
	}
	return s.measure(ctx, out, of, o)
}

// prepare fills the database, or finds it as an earlier run left it.
func (s *site) prepare(ctx context.Context, out io.Writer, of subject, o options) error {
	if o.keep != "" {
		known, err := os.ReadFile(filepath.Join(o.keep, "accounts.json"))
		if err == nil {
			return json.Unmarshal(known, &s.accounts)
		}
	}
	for _, size := range []int{o.few, o.many} {
		begun := time.Now()
		if err := s.fill(ctx, of, size); err != nil {
			return err
		}
		fmt.Fprintf(out, "%d %s in %s\n", size, o.of, time.Since(begun).Round(time.Second))
	}
	if o.of == "messages" {
		if err := s.shelve(ctx, out); err != nil {
			return err
		}
	}
	if o.keep == "" {
		return nil
	}
	known, err := json.Marshal(s.accounts)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.keep, "accounts.json"), known, 0o600)
}

// database names the database and how it is cleared away.
func database(o options) (url string, clear func() error, err error) {
	nothing := func() error { return nil }
	if o.postgres {
		if url = os.Getenv("HELIOGRAPH_TEST_POSTGRES"); url == "" {
			err = errors.New("HELIOGRAPH_TEST_POSTGRES is not set; run through scripts/with-postgres")
		}
		return url, nothing, err
	}
	if o.keep != "" {
		return "sqlite:" + filepath.Join(o.keep, "lists.db"), nothing, os.MkdirAll(o.keep, 0o755)
	}
	dir, err := os.MkdirTemp("", "heliograph-lists-")
	return "sqlite:" + filepath.Join(dir, "lists.db"), func() error { return os.RemoveAll(dir) }, err
}
