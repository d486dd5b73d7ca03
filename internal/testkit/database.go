// Package testkit is what tests of several rooms share: both databases, calls, a clock
// that the test moves, waiting for an event.
package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// PostgresEnv names the variable with the URL of a throw-away PostgreSQL server
// in which tests may create databases. `make test` sets it.
const PostgresEnv = "HELIOGRAPH_TEST_POSTGRES"

// Engines are the engines on which every test of the database runs.
var Engines = [...]string{"sqlite", "postgres"}

// OnBoth runs test once on each engine, as subtests "sqlite" and "postgres", with
// the URL of a new database: without a schema, or on PostgreSQL with one whose tables are
// empty.
func OnBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(engine, func(t *testing.T) { test(t, NewMigrated(t, engine)) })
	}
}

// NewDatabase makes an empty database that goes when the test ends.
func NewDatabase(t testing.TB, engine string) (url string) {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "heliograph.db")
	}
	return newPostgres(t, "template1")
}

// NewMigrated is NewDatabase with the schema where that takes long to make: PostgreSQL
// copies a database much faster than it goes through all migrations.
func NewMigrated(t testing.TB, engine string) (url string) {
	t.Helper()
	if engine == "sqlite" {
		return NewDatabase(t, engine)
	}
	template, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	return newPostgres(t, template)
}

// migrated makes the database that this process's tests copy. It goes with the server.
var migrated = sync.OnceValues(func() (name string, err error) {
	admin, server, err := openServer()
	if err != nil {
		return "", err
	}
	defer admin.Close()
	ctx, name := context.Background(), "heliograph_template_"+randomHex()
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	d, err := db.Open(ctx, named(server, name), db.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}
	_, err = d.Migrate(ctx)
	return name, errors.Join(err, d.Close())
})

// readDeadline is longer than that of servers: other tests may make databases meanwhile.
const readDeadline = 20 * time.Second

// Open opens and migrates the database at url; it is closed when the test ends.
func Open(t testing.TB, url string, clock *Clock) *db.DB {
	t.Helper()
	options := db.Options{Logger: Logger(t), ReadDeadline: readDeadline}
	if clock != nil {
		options.Clock = clock.Now
	}
	d, err := db.Open(t.Context(), url, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// newPostgres makes a copy of another database.
func newPostgres(t testing.TB, template string) string {
	t.Helper()
	admin, server, err := openServer()
	if err != nil {
		t.Fatal(err)
	}
	name := "heliograph_" + randomHex()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
		admin.Close()
	})
	return named(server, name)
}

// openServer connects to the server that tests make databases in.
func openServer() (admin *sql.DB, server *url.URL, err error) {
	text := os.Getenv(PostgresEnv)
	if text == "" {
		return nil, nil, fmt.Errorf("%s is not set: run the tests with `make test`, or under scripts/with-postgres", PostgresEnv)
	}
	if server, err = url.Parse(text); err != nil {
		return nil, nil, err
	}
	admin, err = sql.Open("pgx", text)
	return admin, server, err
}

// named is the URL of one of a server's databases.
func named(server *url.URL, database string) string {
	u := *server
	u.Path = "/" + database
	return u.String()
}

func randomHex() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// Logger writes to the test's log, which is shown only when the test fails.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Eventually polls until check returns nil, for events that give no signal to
// wait on (another process, a remote peer); past the limit it fails with the
// check's last error.
func Eventually(t testing.TB, limit time.Duration, check func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal(fmt.Errorf("not within %s: %w", limit, err))
		}
	}
}
