package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// A stage is all that a bench sets up: a folder with the programs and the database, and the processes.
type stage struct {
	options
	dir     string
	url     string // of the database
	key     string
	running []*target // in order of start
}

// A target is one process.
type target struct {
	name string
	url  string // "" for the simulator
	cmd  *exec.Cmd
	log  string
}

var errNoPostgres = errors.New("HELIOGRAPH_TEST_POSTGRES is not set; run through scripts/with-postgres")

func newStage(ctx context.Context, o options) (*stage, error) {
	dir, err := os.MkdirTemp("", "heliograph-bench-")
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, dir: dir, url: "sqlite:" + cmp.Or(o.database, filepath.Join(dir, "heliograph.db"))}
	if o.postgres {
		if s.url = os.Getenv("HELIOGRAPH_TEST_POSTGRES"); s.url == "" {
			err = errNoPostgres
		}
	}
	for _, name := range []string{"./cmd/heliograph", "./bench/bare"} {
		if err == nil {
			_, err = s.command(ctx, "go", "build", "-o", dir, name)
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// start brings up the bare handler, the simulator and, on a database with one account, the server.
func (s *stage) start(ctx context.Context) (bare, server *target, err error) {
	address, err := freeAddresses(3)
	if err != nil {
		return nil, nil, err
	}
	if err := s.prepare(ctx, address[1], address[2]); err != nil {
		return nil, nil, err
	}
	bare = &target{name: "bare", url: "http://" + address[0]}
	if err := s.launch(ctx, bare, "bare", "-listen", address[0]); err != nil {
		return nil, nil, err
	}
	if !s.down {
		if err := s.launch(ctx, &target{name: "smsc"}, "heliograph", "smsc", "--listen", address[1]); err != nil {
			return nil, nil, err
		}
	}
	server = &target{name: "server", url: "http://" + address[2]}
	return bare, server, s.launch(ctx, server, "heliograph", "serve", "--config", s.path("heliograph.toml"))
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

const config = `[http]
listen = %q
[database]
url = %q
[cell]
prefix = "kz"
domain = "api.bench.example"
[limits]
send = "1000000/s"
[[carrier]]
name = "simulator"
type = "smpp"
address = %q
system_id = "bench"
password = "bench"
window = %d
binds = %d
rate = 0
in_doubt = "resend"
[[route]]
carriers = ["simulator"]
`

// prepare writes the configuration and makes the account, by the commands that an operator would use.
func (s *stage) prepare(ctx context.Context, smsc, server string) error {
	toml := fmt.Sprintf(config, server, s.url, smsc, s.window, s.binds)
	if err := os.WriteFile(s.path("heliograph.toml"), []byte(toml), 0o600); err != nil {
		return err
	}
	prices := "countryA2,operator,price,currency\nKZ,,1.0000,KZT\n"
	if err := os.WriteFile(s.path("prices.csv"), []byte(prices), 0o600); err != nil {
		return err
	}
	if _, err := s.heliograph(ctx, "migrate"); err != nil {
		return err
	}
	made, err := s.heliograph(ctx, "account", "create", "--name", "Bench", "--currency", "KZT",
		"--timezone", "Asia/Almaty", "--language", "en", "--balance", "1000000000", "--json")
	if err != nil {
		return err
	}
	var account struct {
		APIKey string `json:"apiKey"`
	}
	if err := json.Unmarshal(made, &account); err != nil {
		return fmt.Errorf("account create printed %q: %w", made, err)
	}
	s.key = account.APIKey
	if _, err := s.heliograph(ctx, "price", "import", s.path("prices.csv")); err != nil {
		return err
	}
	_, err = s.heliograph(ctx, "sender", "add", "--shared", "BENCH")
	return err
}

// durability asks the database that was used for the settings that make a commit durable.
func (s *stage) durability(ctx context.Context) (string, error) {
	d, err := db.Open(ctx, s.url, db.Options{})
	if err != nil {
		return "", err
	}
	settings, err := d.Durability(ctx)
	return settings, errors.Join(err, d.Close())
}

func (s *stage) heliograph(ctx context.Context, args ...string) ([]byte, error) {
	return s.command(ctx, s.path("heliograph"), append(args, "--config", s.path("heliograph.toml"))...)
}

// command runs a program to its end and returns what it printed.
func (s *stage) command(ctx context.Context, name string, args ...string) ([]byte, error) {
	output, err := exec.CommandContext(ctx, name, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%s %q: %w\n%s", filepath.Base(name), args[0], err, exit.Stderr)
	}
	return output, err
}

// launch starts a program of the stage and waits until it serves.
func (s *stage) launch(ctx context.Context, t *target, program string, args ...string) error {
	t.log = s.path(t.name + ".log")
	log, err := os.Create(t.log)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	t.cmd = exec.Command(s.path(program), args...)
	t.cmd.Stdout, t.cmd.Stderr = log, log
	if err := t.cmd.Start(); err != nil {
		return err
	}
	s.running = append(s.running, t)
	if t.url == "" {
		return nil // the server finds it, or tries again
	}
	if err := t.ready(ctx); err != nil {
		return fmt.Errorf("%s does not answer: %w\n%s", t.name, err, t.logTail())
	}
	return nil
}

func (t *target) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := get(ctx, t.url+"/readyz")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// clear stops what runs, the last first, and removes the folder.
func (s *stage) clear() error {
	for i := len(s.running) - 1; i >= 0; i-- {
		s.running[i].stop()
	}
	return os.RemoveAll(s.dir)
}

// stop asks the process to end, and insists after a while.
func (t *target) stop() {
	insist := time.AfterFunc(30*time.Second, func() { t.cmd.Process.Kill() })
	defer insist.Stop()
	t.cmd.Process.Signal(syscall.SIGTERM)
	t.cmd.Wait() // its status says only that it was asked to end
}

// logTail returns the last lines of what the process printed, or the reason why they cannot be had.
func (t *target) logTail() string {
	file, err := os.Open(t.log)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if end, err := file.Seek(0, io.SeekEnd); err == nil {
		_, err = file.Seek(max(0, end-2000), io.SeekStart)
		if err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// freeAddresses finds ports that nothing listens on. All are held until the last is found, so that they differ.
func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
