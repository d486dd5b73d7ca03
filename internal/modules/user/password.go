package user

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/heliograph-sms/heliograph/internal/api"
)

// Lengths of a password.
const (
	minPassword = 8    // characters
	maxPassword = 1024 // bytes
)

// Hashing a password takes 64 MiB, so few are hashed at a time and not many wait.
const (
	hashing     = 2
	hashWaiting = 64
)

// decoy is what a password is compared with where there is no such login, so that
// this takes no less time than a wrong password. No password is known to fit it.
const decoy = "$argon2id$v=19$m=65536,t=1,p=2$aGVsaW9ncmFwaC1kZWNveQ$3f1mJk3XbVQ0mYpQd0m0c8mO8jv4b0m8p1xE0pJmJ7A"

var errBusy = errors.New("too many passwords are being checked")

// A hasher hashes passwords (argon2id, RFC 9106), a bounded number at a time.
type hasher struct {
	turns, waiting chan struct{}
	compare        func(password, hash string) (bool, error)
}

func newHasher() *hasher {
	return &hasher{
		turns: make(chan struct{}, hashing), waiting: make(chan struct{}, hashWaiting),
		compare: argon2id.ComparePasswordAndHash,
	}
}

// hash makes what is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (hash string, err error) {
	cost := &argon2id.Params{Memory: 64 << 10, Iterations: 1, Parallelism: 2, SaltLength: 16, KeyLength: 32}
	err = h.inTurn(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(password, cost)
		return err
	})
	return hash, err
}

// fits compares a password with a hash, "" being a login without a password or none. When
// its turn has come, count is called first; a password that could not be counted is not
// compared.
func (h *hasher) fits(ctx context.Context, password, hash string, count func() error) (fits bool, err error) {
	against := hash
	if hash == "" {
		against = decoy
	}
	err = h.inTurn(ctx, func() (err error) {
		if err := count(); err != nil {
			return err
		}
		fits, err = h.compare(password, against)
		return err
	})
	return fits && hash != "", err
}

// inTurn runs work when its turn comes; code 999 where too many wait already.
func (h *hasher) inTurn(ctx context.Context, work func() error) error {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return api.Unavailable(errBusy)
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
		return work()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func checkPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return errors.New("password: must be UTF-8")
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Errorf("password: must have at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("password: must not be longer than %d bytes", maxPassword)
	}
	return nil
}
