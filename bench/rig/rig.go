// Package rig is what the benches stand on: the programs built into a folder, processes started from it, what they use
// by proc(5), wrk's figures, medians.
package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// A Rig is a folder with programs of ours and the processes that were started from it.
type Rig struct {
	dir     string
	started []*Process // in order of start
}

// New builds the packages, such as ./cmd/heliograph, into a new folder. The working directory is the module's root.
func New(ctx context.Context, packages ...string) (*Rig, error) {
	dir, err := os.MkdirTemp("", "heliograph-bench-")
	if err != nil {
		return nil, err
	}
	for _, name := range packages {
		if _, err := Command(ctx, "go", "build", "-o", dir, name); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return &Rig{dir: dir}, nil
}

// Path is that of a file in the folder, a program's included.
func (r *Rig) Path(name string) string { return filepath.Join(r.dir, name) }

// Write writes a file into the folder.
func (r *Rig) Write(name, text string) error { return os.WriteFile(r.Path(name), []byte(text), 0o600) }

// Close stops what still runs, the last first, and removes the folder.
func (r *Rig) Close() error {
	for i := len(r.started) - 1; i >= 0; i-- {
		r.started[i].Stop()
	}
	return os.RemoveAll(r.dir)
}

// Command runs a program to its end and returns what it printed.
func Command(ctx context.Context, name string, args ...string) ([]byte, error) {
	output, err := exec.CommandContext(ctx, name, args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%s %q: %w\n%s", filepath.Base(name), args, err, exit.Stderr)
	}
	return output, err
}

// ErrNoPostgres says that no PostgreSQL was given.
var ErrNoPostgres = errors.New("HELIOGRAPH_TEST_POSTGRES is not set; run through scripts/with-postgres")

// Postgres is the URL of the PostgreSQL that scripts/with-postgres starts.
func Postgres() (string, error) {
	url := os.Getenv("HELIOGRAPH_TEST_POSTGRES")
	if url == "" {
		return "", ErrNoPostgres
	}
	return url, nil
}

// FreeAddresses finds ports of loopback that nothing listens on. All are held until the last is found, so that they differ.
func FreeAddresses(n int) ([]string, error) {
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
