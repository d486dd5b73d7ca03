package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTheTestClockTriesDaysInSeconds: what a message's hours and days bring comes as
// the clock is moved, as contract §3 has it.
func TestTheTestClockTriesDaysInSeconds(t *testing.T) {
	dir := t.TempDir()
	s := startSandbox(t, dir, "--clock")
	advance := func(by string) { succeed(t, "clock", "advance", by, "--data", dir) }
	long := strings.Repeat("A long story. ", 20)

	deferred := strconv.FormatInt(s.deferred(t, time.Now().Add(time.Hour+time.Minute)), 10)
	silent := s.send(t, "77010000005", "no receipt, ever")
	partly := s.send(t, "77010000006", long) // a receipt for the first segment only
	silentLong := s.send(t, "77010000005", long)
	s.becomes(t, deferred, "NEW")
	s.becomes(t, silent, "ACCEPTD")
	s.becomes(t, partly, "PDLIVRD")
	s.becomes(t, silentLong, "ACCEPTD")

	advance("2h") // the deferral is over
	s.becomes(t, deferred, "DELIVRD")
	s.shows("77010000000", "deferred")
	s.becomes(t, partly, "PDLIVRD")

	advance("23h") // validity is over, which is a day
	s.becomes(t, partly, "DELIVRD")
	s.becomes(t, silent, "ACCEPTD")

	advance("24h") // and the grace for receipts
	s.becomes(t, silent, "EXPIRED")
	s.becomes(t, silentLong, "EXPIRED")

	id := s.send(t, "77010000000", "goes on as ever")
	s.becomes(t, id, "DELIVRD")
	if shown := succeed(t, "clock", "show", "--data", dir); !strings.Contains(shown, "49h0m0s ahead") {
		t.Errorf("the clock shows %q", shown)
	}
	s.stop()

	again := startSandbox(t, dir, "--clock")
	again.becomes(t, again.send(t, "77010000000", "after a restart"), "DELIVRD")
	again.stop()
	complains(t, "never goes back.*49h0m0s ahead.*--clock", "dev", "--data", dir, "--listen", "127.0.0.1:0")
}

func TestOnlyATestClockIsMoved(t *testing.T) {
	dir := t.TempDir()
	complains(t, "no `heliograph dev` has run", "clock", "show", "--data", dir)
	startSandbox(t, dir).stop()
	for _, command := range [][]string{{"clock", "advance", "2h"}, {"clock", "show"}} {
		complains(t, "does not run with a test clock.*dev --clock", append(command, "--data", dir)...)
	}
	s := startSandbox(t, dir, "--clock")
	complains(t, "never goes back", "clock", "advance", "--data", dir, "--", "-2h")
	s.stop()
	startSandbox(t, dir).stop() // it was never moved: nothing is lost without it
}

func TestCommandsGoByTheTestClock(t *testing.T) {
	dir := t.TempDir()
	s := startSandbox(t, dir, "--clock")
	succeed(t, "clock", "advance", "72h", "--data", dir)
	url := "sqlite:" + filepath.Join(dir, databaseFile)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.DateOnly)
	complains(t, "is over already", "key", "create", "1", "--expires", tomorrow, "--database", url)
	later := time.Now().Add(120 * time.Hour).UTC().Format(time.DateOnly)
	succeed(t, "key", "create", "1", "--expires", later, "--database", url)
	s.stop()
}
