package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// untilBuried is how long a node that died may count: its lease, and two looks at it.
const untilBuried = time.Minute

// TestALimitIsOneForAllNodesAndADeadNodesShareComesBack: an account's calls of an hour are
// as many, however many nodes it calls. It runs alone: a node that can't connect in time ends.
func TestALimitIsOneForAllNodesAndADeadNodesShareComesBack(t *testing.T) {
	const limit = 6
	s := newSite(t, testkit.NewDatabase(t, "postgres"), options{carrier: "127.0.0.1:1"})
	newcomer := s.make("account", "create", "--name", "Bob", "--currency", "KZT", "--timezone", "Asia/Almaty", "--language", "en").APIKey
	nodes := []*serving{s.serve(fmt.Sprintf("HELIOGRAPH_LIMITS_DEFAULT=%d/h", limit)), s.serve(fmt.Sprintf("HELIOGRAPH_LIMITS_DEFAULT=%d/h", limit))}
	for _, node := range nodes {
		node.knows(t, len(nodes), patience)
	}
	for _, node := range nodes {
		if n := node.callsLetIn(t, s.key); n != limit/len(nodes) {
			t.Errorf("a node of %d lets in %d calls of %d", len(nodes), n, limit)
		}
	}
	nodes[1].kill()
	nodes[0].knows(t, 1, untilBuried)
	if n := nodes[0].callsLetIn(t, newcomer); n != limit {
		t.Errorf("the last node lets in %d calls of %d", n, limit)
	}
	nodes[0].stop()
}

// knows waits until a node counts so many.
func (s *serving) knows(t *testing.T, nodes int, limit time.Duration) {
	t.Helper()
	want := fmt.Sprintf("\nheliograph_nodes %d\n", nodes)
	testkit.Eventually(t, limit, func() error {
		if _, _, metrics := s.get(t, "/metrics"); !strings.Contains(metrics, want) {
			return fmt.Errorf("the metrics do not say %q", want)
		}
		return nil
	})
}

// callsLetIn calls with a key until it is refused, and counts the calls before that.
func (s *serving) callsLetIn(t *testing.T, key string) (n int) {
	t.Helper()
	for ; ; n++ {
		switch code, body := s.post(t, "user/getOwnBalance", "apiKey="+key); code {
		case "0":
		case "30":
			return n
		default:
			t.Fatal(body)
		}
	}
}
