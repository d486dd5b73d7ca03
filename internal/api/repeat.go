package api

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"
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

// Hash is the first half of a SHA-256 sum.
type Hash [sha256.Size / 2]byte

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

// HashOf sums texts up: no two lists of texts have the same sum.
func HashOf(texts ...string) Hash {
	h := sha256.New()
	for _, text := range texts {
		piece(h, 't', text)
	}
	return Hash(h.Sum(nil))
}

// piece adds a text to a sum, with its kind and its length, so that pieces don't run
// into each other.
func piece(h hash.Hash, kind byte, text string) {
	var head [9]byte
	head[0] = kind
	binary.BigEndian.PutUint64(head[1:], uint64(len(text)))
	h.Write(head[:])
	io.WriteString(h, text)
}

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
	k.Data, err = json.Marshal(result)
	return k, err
}

// invoke runs the method, at most once for a key.
func (x *exchange) invoke(ctx context.Context, c *Call, args *Tree) (any, error) {
	if !x.entry.writes || x.door.config.Repeats == nil {
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

// repeat reads the key that a call came with; asked is false where it has none.
func (x *exchange) repeat(c *Call, args *Tree) (r Repeat, asked bool, err error) {
	key, name := x.request.Header.Get(headerKey), headerKey
	if key == "" {
		key, _ = args.Get("params").Get(paramKeep).Value()
		name = "params." + paramKeep
	}
	if key == "" {
		return Repeat{}, false, nil
	}
	if utf8.RuneCountInString(key) > maxKeep {
		return Repeat{}, false, BadParameter(name, "value.tooLong", Args{"Count": maxKeep})
	}
	call, err := x.hash(args)
	return Repeat{Account: c.Account.ID, Key: "key " + key, Call: call, UntilMs: c.Now.Add(keptFor).UnixMilli()}, true, err
}

// hash sums up a call's method and parameters, but for the reserved ones and the key.
func (x *exchange) hash(args *Tree) (sum Hash, err error) {
	h := sha256.New()
	io.WriteString(h, x.entry.label)
	for name, node := range args.All() {
		inParams := name == "params"
		if isReserved(name) || inParams && node.Len() == 1 && node.Get(paramKeep) != nil {
			continue
		}
		if err := node.hash(h, inParams); err != nil {
			return sum, err
		}
	}
	return Hash(h.Sum(nil)), nil
}

// hash adds a node, with its name; inParams leaves the key out.
func (t *Tree) hash(h hash.Hash, inParams bool) error {
	piece(h, 'n', t.key)
	switch t.kind {
	case kindScalar:
		piece(h, 'v', t.value)
	case kindFile:
		return t.file.hash(h)
	case kindContainer:
		for name, node := range t.All() {
			if inParams && name == paramKeep {
				continue
			}
			if err := node.hash(h, false); err != nil {
				return err
			}
		}
		piece(h, 'e', "")
	}
	return nil
}

func (f *File) hash(h hash.Hash) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(h, file)
	return err
}
