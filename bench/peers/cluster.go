package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/heliograph-sms/heliograph/bench/rig"
)

// A cluster is the PostgreSQL of scripts/with-postgres.
type cluster struct {
	url        *url.URL
	programs   string // folder
	postmaster int    // process id of the parent of all its processes
	made       int    // databases
}

func findCluster(ctx context.Context) (*cluster, error) {
	given, err := rig.Postgres()
	if err != nil {
		return nil, err
	}
	programs, err := rig.Command(ctx, "scripts/postgres-bin")
	if err != nil {
		return nil, err
	}
	c := &cluster{programs: strings.TrimSpace(string(programs))}
	if c.url, err = url.Parse(given); err != nil {
		return nil, err
	}
	data, err := c.command(ctx, "psql", "-d", given, "-Atc", "SHOW data_directory")
	if err != nil {
		return nil, err
	}
	lock, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(data)), "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	pid, _, _ := strings.Cut(string(lock), "\n")
	c.postmaster, err = strconv.Atoi(pid)
	return c, err
}

func (c *cluster) command(ctx context.Context, program string, args ...string) ([]byte, error) {
	return rig.Command(ctx, filepath.Join(c.programs, program), args...)
}

// create makes an empty database and returns its URL, and what drops it again, whoever uses it.
func (c *cluster) create(ctx context.Context) (url string, drop func() error, err error) {
	c.made++
	name := fmt.Sprintf("peers_%d_%d", os.Getpid(), c.made)
	if _, err := c.command(ctx, "createdb", "--maintenance-db", c.url.String(), name); err != nil {
		return "", nil, err
	}
	made := *c.url
	made.Path = "/" + name
	return made.String(), func() error {
		_, err := c.command(context.WithoutCancel(ctx), "dropdb", "--force", "--maintenance-db", c.url.String(), name)
		return err
	}, nil
}
