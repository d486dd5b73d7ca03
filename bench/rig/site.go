package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// A Site is a server of ours with one account and one carrier.
type Site struct {
	Listen   string // host:port
	Database string // its URL
	SMSC     string // host:port of the carrier
	Window   int    // unanswered submits of a bind
	Binds    int
	Limits   string // lines of the configuration's table
	More     string // of the configuration; whole tables
}

const siteConfig = `[http]
listen = %q
[database]
url = %q
[cell]
prefix = "kz"
domain = "api.bench.example"
[limits]
send = "1000000/s"
%s
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
%s`

// URL is where the site's API is.
func (s Site) URL() string { return "http://" + s.Listen }

// Prepare writes the site's configuration and makes its account, by the commands that an operator would use. It
// returns the account's API key. The rig has built ./cmd/heliograph.
func (r *Rig) Prepare(ctx context.Context, s Site) (key string, err error) {
	if err := r.Write("heliograph.toml", fmt.Sprintf(siteConfig, s.Listen, s.Database, s.Limits, s.SMSC, s.Window, s.Binds, s.More)); err != nil {
		return "", err
	}
	if err := r.Write("prices.csv", "countryA2,operator,price,currency\nKZ,,1.0000,KZT\n"); err != nil {
		return "", err
	}
	if _, err := r.heliograph(ctx, "migrate"); err != nil {
		return "", err
	}
	made, err := r.heliograph(ctx, "account", "create", "--name", "Bench", "--currency", "KZT",
		"--timezone", "Asia/Almaty", "--language", "en", "--balance", "1000000000", "--json")
	if err != nil {
		return "", err
	}
	var account struct {
		APIKey string `json:"apiKey"`
	}
	if err := json.Unmarshal(made, &account); err != nil {
		return "", fmt.Errorf("account create printed %q: %w", made, err)
	}
	if _, err := r.heliograph(ctx, "price", "import", r.Path("prices.csv")); err != nil {
		return "", err
	}
	_, err = r.heliograph(ctx, "sender", "add", "--shared", "BENCH")
	return account.APIKey, err
}

func (r *Rig) heliograph(ctx context.Context, args ...string) ([]byte, error) {
	return Command(ctx, r.Path("heliograph"), append(args, "--config", r.Path("heliograph.toml"))...)
}

// Serve starts the server that Prepare made ready, and waits until it serves.
func (r *Rig) Serve(ctx context.Context, s Site) (*Process, error) {
	p, err := r.Start("server", r.Path("heliograph"), "serve", "--config", r.Path("heliograph.toml"))
	if err != nil {
		return nil, err
	}
	return p, p.Serves(ctx, s.URL()+"/readyz")
}

// Durability asks the database for the settings that make a commit durable.
func Durability(ctx context.Context, database string) (string, error) {
	d, err := db.Open(ctx, database, db.Options{})
	if err != nil {
		return "", err
	}
	settings, err := d.Durability(ctx)
	return settings, errors.Join(err, d.Close())
}
