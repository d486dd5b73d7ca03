package user_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// guessed are two nodes and the passwords that they looked at.
type guessed struct {
	nodes [2]*house
	looks atomic.Int64
}

func guessing(t *testing.T, test func(t *testing.T, g *guessed)) {
	onBoth(t, func(t *testing.T, h *house) {
		g := &guessed{nodes: [2]*house{h, h.elsewhere(t)}}
		for _, node := range g.nodes {
			node.OnHash(func() { g.looks.Add(1) })
		}
		h.user(t, "ann")
		test(t, g)
	})
}

// at is the node's turn, which somebody asks from an address.
func (g *guessed) at(turn int, address string) *house {
	node := *g.nodes[turn%len(g.nodes)]
	node.from = address
	return &node
}

// TestGuessesAtALoginAreAsManyOnTwoNodesAsOnOne, wherever they come from, and the user
// waits no longer than with one.
func TestGuessesAtALoginAreAsManyOnTwoNodesAsOnOne(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		failures, until := 0, 0
		for second := range 90 {
			for range 4 {
				if second >= until {
					failures++
					until = second + min(15, 1<<max(0, failures-6)) // after five at once
					if failures <= 5 {
						until = second
					}
				}
			}
			for i := range 4 {
				g.at(i, fmt.Sprintf("198.51.%d.%d", second, i)).ask(t, "login", credentials("ann", "wrong"))
			}
			g.nodes[0].clock.Advance(time.Second)
		}
		if n := int(g.looks.Load()); n != failures {
			t.Errorf("%d guesses were looked at, by one node %d would be", n, failures)
		}
		g.nodes[0].clock.Advance(15 * time.Second)
		g.at(1, "192.0.2.7").login(t, "ann", password)
		for range 5 {
			if got := g.at(0, "192.0.2.7").ask(t, "login", credentials("ann", "wrong")); got.Code != api.CodeLogin {
				t.Fatalf("after a right password: %d %s", got.Code, got.Message)
			}
		}
	})
}

// TestAnAddressThatGuessesWaitsOnAllNodes, whatever logins it tries, and others don't.
func TestAnAddressThatGuessesWaitsOnAllNodes(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		for i := range 11 {
			if got := g.at(i, "2001:db8::1").ask(t, "login", credentials(fmt.Sprint("nobody", i), "wrong")); got.Code != api.CodeLogin {
				t.Fatalf("try %d: %d %s", i, got.Code, got.Message)
			}
		}
		for i := range g.nodes {
			got := g.at(i, "2001:db8::ffff").ask(t, "login", credentials("ann", password))
			if got.Code != api.CodeRateLimit || got.header.Get("Retry-After") != "1" {
				t.Errorf("a neighbour on node %d: %d %s, Retry-After %q", i, got.Code, got.Message, got.header.Get("Retry-After"))
			}
			g.at(i, "2001:db8:0:1::1").login(t, "ann", password)
		}
	})
}

func TestGuessesAtOnceCountAll(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() { g.at(i, fmt.Sprintf("198.51.100.%d", i)).ask(t, "login", credentials("ann", "wrong")) })
		}
		all.Wait()
		if n := g.looks.Load(); n != 6 {
			t.Errorf("%d guesses were looked at, want 6", n)
		}
	})
}

// TestALoginOfOnesOwnFreesNoGuesser: who guesses at other logins waits, however often he logs
// in with his own meanwhile. The user who mistypes at the same address is no guesser.
func TestALoginOfOnesOwnFreesNoGuesser(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		g.nodes[0].user(t, "mallory")
		g.nodes[0].user(t, "bob")
		for range 20 {
			g.at(0, "192.0.2.1").ask(t, "login", credentials("bob", "mistyped"))
			g.at(1, "192.0.2.1").login(t, "bob", password)
		}
		g.looks.Store(0)
		guesses := 0
		for i := range 40 {
			if got := g.at(i, "192.0.2.1").ask(t, "login", credentials(fmt.Sprint("nobody", i), "wrong")); got.Code == api.CodeLogin {
				guesses++
			}
			g.at(i+1, "192.0.2.1").ask(t, "login", credentials("mallory", password))
		}
		if guesses != 11 { // ten, and the one that the wait begins with
			t.Errorf("%d guesses were looked at", guesses)
		}
	})
}

// TestNobodyWhoGuessesElsewhereKeepsTheUserOut of a place where he has logged in before;
// guesses from there wait like all others.
func TestNobodyWhoGuessesElsewhereKeepsTheUserOut(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		g.at(0, "2001:db8:0:1::1").login(t, "ann", password)
		besiege := func() {
			for i := range 10 {
				g.at(i, fmt.Sprintf("198.51.100.%d", i)).ask(t, "login", credentials("ann", "wrong"))
			}
		}
		besiege()
		g.at(1, "2001:db8:0:1::2").login(t, "ann", password)
		if got := g.at(0, "2001:db8:0:2::1").ask(t, "login", credentials("ann", password)); got.Code != api.CodeRateLimit {
			t.Errorf("from a new place: %d %s", got.Code, got.Message)
		}
		for i := range 7 {
			want := api.CodeLogin
			if i == 6 {
				want = api.CodeRateLimit
			}
			if got := g.at(i, "2001:db8:0:1::3").ask(t, "login", credentials("ann", "wrong")); got.Code != want {
				t.Errorf("guess %d from there: %d %s", i, got.Code, got.Message)
			}
		}
		g.nodes[0].clock.Advance(91 * 24 * time.Hour)
		besiege()
		if got := g.at(0, "2001:db8:0:1::1").ask(t, "login", credentials("ann", password)); got.Code != api.CodeRateLimit {
			t.Errorf("from a place of long ago: %d %s", got.Code, got.Message)
		}
		if err := g.nodes[0].Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := g.nodes[0].count(t, `SELECT count(*) FROM login_place`); n != 0 {
			t.Errorf("%d places are remembered", n)
		}
	})
}

// TestAClockThatIsWrongLocksNobodyOut: waits that another node's clock ended far ahead are
// none.
func TestAClockThatIsWrongLocksNobodyOut(t *testing.T) {
	guessing(t, func(t *testing.T, g *guessed) {
		ahead := testkit.NewClock()
		ahead.Advance(time.Hour)
		wrong := newHouseAt(t, g.nodes[0].url, ahead)
		for range 10 {
			wrong.ask(t, "login", credentials("ann", "wrong"))
		}
		g.nodes[0].login(t, "ann", password)
	})
}

func TestGuessesAreForgottenAfterAWhile(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.guesses(t, user.SweepChunk+1)
		h.clock.Advance(15*time.Minute + time.Millisecond)
		h.ask(t, "login", credentials("ann", "wrong"))
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, `SELECT count(*) FROM login_guess`); n != 3 {
			t.Errorf("%d guessers are remembered, want an address, a login and both", n)
		}
	})
}

// guesses notes failures of so many.
func (h *house) guesses(t *testing.T, n int) {
	t.Helper()
	err := h.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
		for i := range n {
			if _, err := tx.Exec(`INSERT INTO login_guess (who, failures, last_ms, until_ms) VALUES ($1, 1, $2, $2)`, fmt.Sprint(i), tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
