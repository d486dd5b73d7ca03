package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestClientMobizonNode runs the npm client as published against a whole server:
// over HTTP, over SMPP to a carrier in a process of its own, and back.
func TestClientMobizonNode(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		dir := filepath.Join("..", "..", "tests", "clients", "node")
		node, err := exec.LookPath("node")
		if err != nil {
			t.Fatalf("%v: `make test` installs it", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "node_modules", "mobizon-node")); err != nil {
			t.Fatalf("%v: `make test` installs it", err)
		}
		carrier := launch(t, "smsc", "--listen", "127.0.0.1:0")
		addr := carrier.await(carrier.out, `carrier simulator on (\S+)`)[1]
		server := newSite(t, url, options{carrier: addr}).serve()

		test := exec.CommandContext(t.Context(), node, "--test", "client.test.js")
		test.Dir = dir
		test.Env = append(os.Environ(), "HELIOGRAPH_URL="+server.url, "HELIOGRAPH_KEY="+server.key)
		if out, err := test.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		server.stop()
		carrier.stop()
	})
}
