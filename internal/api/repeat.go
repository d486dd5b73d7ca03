package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"
)

// A call that changes something may come with a key (contract §9): then its answer is
// kept, in the transaction of its effect, and the same call with the same key gets that
// answer again.
const (
	headerKey = "Idempotency-Key"
	paramKeep = "idempotencyKey" // in params
	maxKeep   = 128              // characters of a key
	keptFor   = 24 * time.Hour
)

// A Repeat tells calls apart that may come more than once.
type Repeat struct {
	Account int64
	// Key is what the call has in common with its repetitions: a prefix for its kind, and
	// the key it came with as it is, so that keys that count up are kept side by side.
	Key     string
	Call    Hash  // of its method and parameters
	UntilMs int64 // its answer is kept so long, Unix ms

	Part json.RawMessage // of the answer: what a try that never ended has done; nil = nothing
}

// Unfinished is the code of a part of an answer, kept with a part of the effect: the call
// was not answered, and goes on from there when it comes again.
const Unfinished Code = -1

// Kept is an answer that was kept.
type Kept struct {
	Call    Hash // what was asked
	Code    Code
	Data    json.RawMessage
	Message string
}

// Repeats finds kept answers. It returns ErrNotKept where there is none.
type Repeats interface {
	Find(ctx context.Context, r *Repeat) (*Kept, error)
}

var (
	// ErrNotKept: no call with that key had an effect.
	ErrNotKept = errors.New("no answer is kept")
	// ErrRepeated is returned, perhaps wrapped, by a method whose effect another call
	// with the same key has had meanwhile: nothing was done, and that answer is kept.
	ErrRepeated = errors.New("another call with the same key was faster")
)

// Once does what has an effect, or gives the answer that was kept for its like; replayed
// tells which. What fails may have failed because its like came first: then, too, there
// is an answer.
func Once(ctx context.Context, repeats Repeats, r *Repeat, do func() (any, error)) (result any, replayed bool, err error) {
	if kept, err := replay(ctx, repeats, r); !errors.Is(err, ErrNotKept) {
		return kept, err == nil, err
	}
	return AtomicOnce(ctx, repeats, r, do)
}

// AtomicOnce is Once for what has no effect but by the transaction that keeps its
// answer. That fails in any case where an answer is kept, so a look for one before would
// only cost each first call. What finds nothing to do may find that since its like has
// done it: it keeps nothing, and so fails by no answer that is kept.
func AtomicOnce(ctx context.Context, repeats Repeats, r *Repeat, do func() (any, error)) (result any, replayed bool, err error) {
	result, failed := do()
	if failed == nil && !nothingDone(result) {
		return result, false, nil
	}
	if kept, err := replay(ctx, repeats, r); !errors.Is(err, ErrNotKept) {
		return kept, err == nil, err
	}
	if errors.Is(failed, ErrRepeated) { // by a call whose effect was undone after all
		failed = Unavailable(failed)
	}
	return result, false, failed
}

func nothingDone(result any) bool {
	a, ok := result.(*Answer)
	return ok && a.Code == CodeNothingDone
}

// replay gives the answer that is kept: code 12 where it is one to something else.
func replay(ctx context.Context, repeats Repeats, r *Repeat) (any, error) {
	kept, err := repeats.Find(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case kept.Call != r.Call:
		return nil, BadParameter(paramKeep, "value.keyTaken", nil)
	case kept.Code == Unfinished:
		r.Part = kept.Data
		return nil, ErrNotKept
	default:
		return &Answer{Code: kept.Code, Data: kept.Data, Key: kept.Message}, nil
	}
}

// Keep is what is kept of an answer.
func (c *Call) Keep(result any) (*Kept, error) {
	k := &Kept{Call: c.Repeat.Call}
	if a, ok := result.(*Answer); ok {
		k.Code, result, k.Message = a.Code, a.Data, c.Say(a.Key, a.Args)
	}
	var err error
	k.Data, err = marshalPlain(result)
	return k, err
}

// invoke runs the method, at most once for a key.
func (x *exchange) invoke(ctx context.Context, c *Call, args *Tree) (any, error) {
	if !x.entry.takesKey() || x.door.config.Repeats == nil {
		return x.entry.invoke(ctx, c, args)
	}
	r, asked, err := x.repeat(c, args)
	if err != nil {
		return nil, err
	}
	if !asked {
		return x.entry.invoke(ctx, c, args)
	}
	c.Repeat = &r
	once := Once
	if x.entry.atomic {
		once = AtomicOnce
	}
	result, replayed, err := once(ctx, x.door.config.Repeats, c.Repeat, func() (any, error) { return x.entry.invoke(ctx, c, args) })
	x.replayed = replayed
	return result, err
}

// repeat makes out the call by the key that it came with; asked is false where it has none.
func (x *exchange) repeat(c *Call, args *Tree) (r Repeat, asked bool, err error) {
	key, err := x.idempotencyKey(args)
	if err != nil {
		// What is missing comes before what is bad (contract §2.1).
		if judged := asError(x.entry.judge(args)); judged != nil && judged.Code == CodeMissingParameter {
			err = judged
		}
		return Repeat{}, false, err
	}
	if key == "" {
		return Repeat{}, false, nil
	}
	call, err := x.hash(args)
	return Repeat{Account: c.Account.ID, Key: "key " + key, Call: call, UntilMs: c.Now.Add(keptFor).UnixMilli()}, true, err
}

func asError(err error) (e *Error) {
	errors.As(err, &e)
	return e
}

// idempotencyKey is the key that a call came with, "" where it has none.
func (x *exchange) idempotencyKey(args *Tree) (string, error) {
	key, name := x.request.Header.Get(headerKey), headerKey
	if key == "" {
		node := args.Get("params").Get(paramKeep)
		name = "params[" + paramKeep + "]"
		var single bool
		if key, single = node.Value(); node != nil && !single {
			return "", BadParameter(name, "value.notSingle", nil)
		}
	}
	if utf8.RuneCountInString(key) > maxKeep {
		return "", BadParameter(name, "value.tooLong", Args{"Count": maxKeep})
	}
	return key, nil
}
