package user_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

const patience = 20 * time.Second

// slowHash stands in for argon2: each comparison takes until it is let through.
type slowHash struct {
	begun   chan struct{} // told of each that has begun
	through chan struct{}
}

func newSlowHash(h *house) *slowHash {
	s := &slowHash{make(chan struct{}, 200), make(chan struct{})}
	h.CompareBy(func(string, string) (bool, error) {
		s.begun <- struct{}{}
		<-s.through
		return false, nil
	})
	return s
}

// guess is a login from an address and by a name of its own, so that nobody is slowed down.
func guess(ctx context.Context, t *testing.T, i int) *http.Request {
	r := request(t, "login", credentials(fmt.Sprint("nobody", i), "wrong")).WithContext(ctx)
	r.RemoteAddr = fmt.Sprintf("10.0.0.%d:1", i)
	return r
}

// guesses puts n logins to a door at once and gives their answers as they come.
func guesses(ctx context.Context, t *testing.T, door *api.Door, n int) chan answer {
	answers := make(chan answer, n)
	for i := range n {
		go func() { answers <- put(t, door, guess(ctx, t, i)) }()
	}
	return answers
}

// hashes waits until so many passwords are compared or wait for that.
func (h *house) hashes(t *testing.T, want int) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		if now, _, _ := h.Hashing(); now != want {
			return fmt.Errorf("%d passwords are in hand, want %d", now, want)
		}
		return nil
	})
}

// TestTooManyPasswordsAtOnceAre999AndHoldNobodyElseUp: few are compared at a time and not
// many wait; whoever comes then is told to come back, and calls that come by a key or a
// session are answered as ever.
func TestTooManyPasswordsAtOnceAre999AndHoldNobodyElseUp(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.user(t, "ann")
		token := h.login(t, "ann", password)
		_, key := h.account(t)
		_, most, atOnce := h.Hashing()
		slow, door := newSlowHash(h), h.open(t)
		answers := guesses(t.Context(), t, door, most)
		h.hashes(t, most)

		ctx, cancel := context.WithTimeout(t.Context(), patience) // ends the test if it were to wait
		defer cancel()
		got := put(t, door, guess(ctx, t, most))
		if got.Code != api.CodeServiceError || got.header.Get("Retry-After") != "1" || ctx.Err() != nil {
			t.Errorf("one too many: %d %s, Retry-After %q, %v", got.Code, got.Message, got.header.Get("Retry-After"), ctx.Err())
		}
		for name, credential := range map[string]string{"key": key, "session": token} {
			if got := put(t, door, request(t, "getOwnBalance", url.Values{"apiKey": {credential}})); got.Code != api.CodeOK {
				t.Errorf("a call by a %s: %d %s", name, got.Code, got.Message)
			}
		}
		for range atOnce {
			<-slow.begun
		}
		if more := len(slow.begun); more > 0 {
			t.Errorf("%d passwords more than %d are compared at a time", more, atOnce)
		}

		close(slow.through)
		for range most {
			if got := <-answers; got.Code != api.CodeLogin {
				t.Errorf("one that waited: %d %s", got.Code, got.Message)
			}
		}
		if got := put(t, door, guess(t.Context(), t, most)); got.Code != api.CodeLogin {
			t.Errorf("when it is over: %d %s", got.Code, got.Message)
		}
	})
}

// TestWhoNoLongerWaitsForAPasswordLeavesItsPlace to another.
func TestWhoNoLongerWaitsForAPasswordLeavesItsPlace(t *testing.T) {
	h := newHouse(t, testkit.NewDatabase(t, "sqlite"))
	_, most, atOnce := h.Hashing()
	slow, door := newSlowHash(h), h.open(t)
	ctx, giveUp := context.WithCancel(t.Context())
	answers := guesses(ctx, t, door, most)
	h.hashes(t, most)
	for range atOnce {
		<-slow.begun
	}
	giveUp()
	h.hashes(t, atOnce) // a comparison goes on to its end
	last := guesses(t.Context(), t, door, 1)
	close(slow.through)
	if got := <-last; got.Code != api.CodeLogin {
		t.Errorf("%d %s", got.Code, got.Message)
	}
	for range most {
		<-answers
	}
}
