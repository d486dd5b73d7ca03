package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/shadow"
)

type shadowing struct {
	Upstream        *url.URL      `required:"" placeholder:"URL" help:"The server whose answers the clients get: https://api.example.com"`
	To              *url.URL      `required:"" placeholder:"URL" help:"The server to compare with it, as serve or dev runs it: http://127.0.0.1:8080"`
	Listen          string        `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Where clients call (${default})."`
	Methods         string        `default:"reading" placeholder:"reading|all|LIST" help:"Which methods are put to both: those that change nothing, all, or names such as message.list,user.getOwnBalance (${default})."`
	APIKey          string        `name:"api-key" xor:"keys" placeholder:"KEY" help:"Our key, in place of every key (the same key at both)."`
	KeyFile         string        `name:"key-file" xor:"keys" placeholder:"FILE" help:"Our keys, in place of which of theirs: \"theirs ours\" on each line."`
	Values          bool          `help:"Count values that differ, too. They are not shown."`
	Report          string        `placeholder:"FILE" help:"Append what is found to a file, a line of JSON each."`
	Every           time.Duration `default:"10s" placeholder:"10s" help:"How often the summary is printed, if calls came meanwhile (${default})."`
	Timeout         time.Duration `default:"10s" placeholder:"10s" help:"How long the server of --to may take to answer (${default})."`
	UpstreamTimeout time.Duration `name:"upstream-timeout" default:"60s" placeholder:"60s" help:"How long the upstream may take to begin its answer, and again for the rest beside what its size takes at 32 KiB/s; clients get 502 or a cut answer then (${default})."`
	ClientTimeout   time.Duration `name:"client-timeout" default:"10s" placeholder:"10s" help:"How long a client may take for the header of a call, and again for its body beside what its size takes at 32 KiB/s (${default})."`
	Pending         int           `default:"64" placeholder:"N" help:"How many calls may wait to be compared, of up to 2 MiB each; more are not compared (${default})."`
}

// Run stands before the upstream until the process is told to stop.
func (c *shadowing) Run(ctx context.Context, out *console) (err error) {
	conf, err := c.config()
	if err != nil {
		return err
	}
	report, err := c.openReport()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, report.Close()) }()
	conf.Tally = shadow.NewTally(report, time.Now)
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	fmt.Fprintf(out.out, "shadow on http://%s: answers of %s, compared with %s\n", listener.Addr(), c.Upstream.Host, c.To.Host)
	s := shadow.New(conf)
	summaries := c.summaries(conf.Tally, out)
	failed := serveUntil(ctx, listener, s, c.ClientTimeout, summaries)
	return errors.Join(failed, conf.Tally.WriteText(out.out), conf.Tally.Close())
}

// serveUntil serves until ctx ends, and stops in the order that loses nothing.
func serveUntil(ctx context.Context, listener net.Listener, s *shadow.Shadow, clientTimeout time.Duration, summaries *run.Loop) error {
	const patience = 15 * time.Second
	server := newWebServer(s, clientTimeout, time.Minute, quiet())
	served := make(chan error, 1)
	go func() {
		defer close(served)
		served <- server.Serve(listener)
	}()
	failed := summaries.Start(ctx)
	select {
	case <-ctx.Done():
	case err := <-served:
		failed = errors.Join(failed, err)
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // whoever is still being answered is cut off
	}
	<-served
	return errors.Join(failed, s.Stop(stopping), summaries.Stop(stopping))
}

// config is what the flags say.
func (c *shadowing) config() (shadow.Config, error) {
	methods, err := shadow.ParseMethods(c.Methods)
	if err != nil {
		return shadow.Config{}, fmt.Errorf("--methods: %w", err)
	}
	keys, err := c.keys()
	if err != nil {
		return shadow.Config{}, err
	}
	for flag, u := range map[string]*url.URL{"--upstream": c.Upstream, "--to": c.To} {
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return shadow.Config{}, fmt.Errorf("%s: want an address such as https://api.example.com", flag)
		}
	}
	if c.Pending < 1 || c.Every <= 0 || c.Timeout <= 0 || c.UpstreamTimeout <= 0 || c.ClientTimeout <= 0 {
		return shadow.Config{}, errors.New("--pending, --every, --timeout, --upstream-timeout and --client-timeout must be more than nothing")
	}
	return shadow.Config{
		Upstream: c.Upstream, Ours: c.To, Methods: methods, Keys: keys, Values: c.Values,
		Timeout: c.Timeout, UpstreamTimeout: c.UpstreamTimeout, Pending: c.Pending,
	}, nil
}

func (c *shadowing) keys() (shadow.Keys, error) {
	switch {
	case c.APIKey != "":
		keys, err := shadow.OneKey(c.APIKey)
		if err != nil {
			return keys, fmt.Errorf("--api-key: %w", err)
		}
		return keys, nil
	case c.KeyFile == "":
		return shadow.Keys{}, nil
	}
	file, err := openInput(c.KeyFile)
	if err != nil {
		return shadow.Keys{}, err
	}
	defer file.Close()
	keys, err := shadow.ReadKeys(file)
	if err != nil {
		return keys, fmt.Errorf("%s: %w", c.KeyFile, err)
	}
	return keys, nil
}

// openReport opens the report, or what takes its place.
func (c *shadowing) openReport() (io.WriteCloser, error) {
	if c.Report == "" {
		return nopCloser{io.Discard}, nil
	}
	return os.OpenFile(c.Report, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// summaries prints the tally again and again, while calls come in.
func (c *shadowing) summaries(tally *shadow.Tally, out *console) *run.Loop {
	printed := 0
	return run.NewLoop("summary", c.Every, quiet(), func(context.Context) error {
		calls := tally.Calls()
		if calls == printed {
			return nil
		}
		printed = calls
		fmt.Fprintf(out.out, "\n%s\n", time.Now().Format(time.DateTime))
		return tally.WriteText(out.out)
	})
}
