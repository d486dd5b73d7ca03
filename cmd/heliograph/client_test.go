package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestClientsFromNPM runs the npm clients as published against a whole server:
// over HTTP, over SMPP to a carrier in a process of its own, and back. What they are
// answered passes an inspector.
func TestClientsFromNPM(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		dir := filepath.Join("..", "..", "tests", "clients", "node")
		node, err := exec.LookPath("node")
		if err != nil {
			t.Fatalf("%v: `make test` installs it", err)
		}
		for _, client := range []string{"mobizon", "mobizon-node"} {
			if _, err := os.Stat(filepath.Join(dir, "node_modules", client)); err != nil {
				t.Fatalf("%v: `make test` installs it", err)
			}
		}
		carrier := launch(t, "smsc", "--listen", "127.0.0.1:0")
		addr := carrier.await(carrier.out, `carrier simulator on (\S+)`)[1]
		s := newSite(t, url, options{carrier: addr})
		s.run("sender", "request", "--account", "1", "Shop")
		server := s.serve()
		answers := newInspector(t)

		test := exec.CommandContext(t.Context(), node, "--test", "--test-concurrency=1")
		test.Dir = dir
		test.Env = append(os.Environ(), "HELIOGRAPH_URL="+answers.before(t, server.url), "HELIOGRAPH_KEY="+server.key)
		if out, err := test.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\nThe server's log:\n%s", err, out, server.errors.tail())
		}
		if n := answers.answered.Load(); n < 500 {
			t.Errorf("only %d answers were inspected", n)
		}
		server.stop()
		carrier.stop()
	})
}
