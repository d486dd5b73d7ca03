package db_test

import (
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestTheSettingsThatKeepACommitAreOn(t *testing.T) {
	for engine, want := range map[string]string{
		"sqlite":   "synchronous=full journal_mode=wal",
		"postgres": "fsync=on synchronous_commit=on full_page_writes=on",
	} {
		d := testkit.Open(t, testkit.NewDatabase(t, engine), nil)
		if got, err := d.Durability(t.Context()); got != want || err != nil {
			t.Errorf("%s goes by %q (%v), want %q", engine, got, err, want)
		}
	}
}

func TestADatabaseThatLosesCommitsIsRefused(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite::memory:": "journal_mode is memory",
		testkit.NewDatabase(t, "postgres") + "&synchronous_commit=off": "synchronous_commit is off",
	} {
		d, err := db.Open(t.Context(), url, db.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("opened with %v, want %q", err, want)
		}
		if err == nil {
			d.Close()
		}
	}
}
