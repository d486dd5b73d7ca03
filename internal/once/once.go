// Package once keeps the answers of calls that came with an idempotency key, so that a
// call that is repeated has its effect once (contract §9). It alone writes the table
// kept_answer.
//
// An answer is written in the transaction of its effect: a crash between commit and
// answer loses neither, and of two copies at once, on one node or on two, one has the
// effect while the other's transaction fails with api.ErrRepeated and is undone. Whoever
// had that error gives the answer that is kept (api.Once).
package once

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// Answers are the kept answers. As a run.Service they forget those whose time is over.
type Answers struct {
	*run.Loop
	db    *db.DB
	sweep sweep // of the loop alone
}

// New makes it.
func New(d *db.DB, log *slog.Logger) *Answers {
	a := &Answers{db: d}
	a.Loop = run.NewLoop("forget kept answers", sweepEvery, log, a.prune)
	return a
}

// Find gives the answer that is kept for a call's key; it makes Answers an api.Repeats.
func (a *Answers) Find(ctx context.Context, r *api.Repeat) (*api.Kept, error) {
	return find(ctx, a.db, r)
}

func find(ctx context.Context, d *db.DB, r *api.Repeat) (*api.Kept, error) {
	var call, data string
	k := &api.Kept{}
	err := d.Read(ctx, func(q *db.Reader) error {
		return q.One(`SELECT call_hash, code, data, message FROM kept_answer WHERE account_id = $1 AND call_key = $2 AND until_ms > $3`,
			[]any{r.Account, []byte(r.Key), d.Now()}, &call, &k.Code, &data, &k.Message)
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, api.ErrNotKept
	}
	if err != nil {
		return nil, fmt.Errorf("find a kept answer: %w", err)
	}
	k.Data = []byte(data)
	if _, err := base64.RawURLEncoding.Decode(k.Call[:], []byte(call)); err != nil {
		return nil, fmt.Errorf("kept answer: %w", err)
	}
	return k, nil
}

func sum(h api.Hash) string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// Claim is an answer to be kept.
type Claim struct {
	Repeat *api.Repeat
	*api.Kept
	ID    int64 // no other claim of a batch has it
	Taken bool  // set by KeepAll: another call with that key has an answer
}

// An answer whose time is over gives way, and a part of one to more of the same call's (-1
// is api.Unfinished).
var keep = db.Rows(`INSERT INTO kept_answer (account_id, call_key, call_hash, code, data, message, made_ms, until_ms, claim)
	SELECT :account_id, :call_key, :call_hash, :code, :data, :message, :made_ms, :until_ms, :claim {rows} WHERE true
	ON CONFLICT (account_id, call_key) DO UPDATE SET call_hash = excluded.call_hash, code = excluded.code, data = excluded.data,
		message = excluded.message, made_ms = excluded.made_ms, until_ms = excluded.until_ms, claim = excluded.claim
	WHERE kept_answer.until_ms <= excluded.made_ms OR kept_answer.code = -1 AND kept_answer.call_hash = excluded.call_hash RETURNING :place BY claim`,
	"account_id bigint", "call_key bytea", "call_hash text", "code bigint", "data text", "message text", "made_ms bigint", "until_ms bigint", "claim bigint")

var drop = db.Rows(`DELETE FROM kept_answer {rows} WHERE kept_answer.account_id = :account_id AND kept_answer.call_key = :call_key`,
	"account_id bigint", "call_key bytea")

// KeepAll keeps answers in the transaction of their effects, and sets Taken on those
// whose effect another call has had: they are not to be done. Of two claims of one key
// the first counts.
func KeepAll(tx *db.Tx, claims []*Claim) error {
	type key struct {
		account int64
		key     string
	}
	seen := make(map[key]bool, len(claims))
	fresh := make([]*Claim, 0, len(claims))
	for _, c := range claims {
		c.Taken = true
		if k := (key{c.Repeat.Account, c.Repeat.Key}); !seen[k] {
			seen[k], fresh = true, append(fresh, c)
		}
	}
	slices.SortFunc(fresh, byKey)
	return tx.EachTouched(keep, len(fresh), func(i int, args []any) {
		c := fresh[i]
		args[0], args[1], args[2], args[3] = c.Repeat.Account, []byte(c.Repeat.Key), sum(c.Call), int64(c.Code)
		args[4], args[5], args[6], args[7], args[8] = string(c.Data), c.Message, tx.Now(), c.Repeat.UntilMs, c.ID
	}, func(i int) { fresh[i].Taken = false })
}

// byKey is the order in which rows are locked: two nodes may have copies of several calls.
func byKey(a, b *Claim) int {
	return cmp.Or(cmp.Compare(a.Repeat.Account, b.Repeat.Account), cmp.Compare(a.Repeat.Key, b.Repeat.Key))
}

// DropAll takes back claims that KeepAll kept in the same transaction, since there was
// no effect after all.
func DropAll(tx *db.Tx, claims []*Claim) error {
	return tx.Each(drop, len(claims), func(i int, args []any) {
		args[0], args[1] = claims[i].Repeat.Account, []byte(claims[i].Repeat.Key)
	})
}

// NewClaim claims the answer of a call that came with a key.
func NewClaim(c *api.Call, answer any, id int64) (*Claim, error) {
	kept, err := c.Keep(answer)
	if err != nil {
		return nil, fmt.Errorf("keep an answer: %w", err)
	}
	return &Claim{Repeat: c.Repeat, Kept: kept, ID: id}, nil
}

// Keep keeps the answer of a call at the end of the transaction of its effect; one that
// had none is not kept, and whether its copy's is, api.Once asks. A call without a key
// needs nothing. It fails with api.ErrRepeated where another call with that key was
// faster.
func Keep(tx *db.Tx, c *api.Call, answer any) error {
	if c.Repeat == nil {
		return nil
	}
	claim, err := NewClaim(c, answer, 0)
	if err != nil || claim.Code == api.CodeNothingDone {
		return err
	}
	if err := KeepAll(tx, []*Claim{claim}); err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	if claim.Taken {
		return api.ErrRepeated
	}
	return nil
}

// KeepPart keeps what a call has come to so far, in the transaction of a part of its
// effect: where it ends there, it goes on from what it finds as Part when it is repeated.
func KeepPart(tx *db.Tx, c *api.Call, answer any) error {
	part := api.PartlyDone(answer)
	part.Code = api.Unfinished
	return Keep(tx, c, part)
}

// Resume is what a call that keeps parts does first, once its copies can't begin any more:
// some may have come and gone since it looked. It fails with api.ErrRepeated where one has
// an answer, and else has the call go on from the part that one left.
func Resume(ctx context.Context, d *db.DB, c *api.Call) error {
	if c.Repeat == nil {
		return nil
	}
	kept, err := find(ctx, d, c.Repeat)
	switch {
	case errors.Is(err, api.ErrNotKept):
		c.Repeat.Part = nil
		return nil
	case err != nil:
		return err
	case kept.Code != api.Unfinished || kept.Call != c.Repeat.Call:
		return api.ErrRepeated
	}
	c.Repeat.Part = kept.Data
	return nil
}
