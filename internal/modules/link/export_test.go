package link

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Alphabet is what codes are written in.
const Alphabet = alphabet

// FlushChunk is how many links' clicks are counted one by one.
const FlushChunk = flushChunk

// Fold counts what waits in batches.
func (m *Module) Fold(ctx context.Context) error { return m.fold(ctx) }

// Sort is the first half of Fold: a life that ends there leaves parts.
func (m *Module) Sort(ctx context.Context) error {
	ids, err := m.someBatches(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	return m.sortBatches(ctx, ids)
}

// Sealed is a code that nobody has, though it might be one.
func (m *Module) Sealed(ctx context.Context, drawn string) (string, error) {
	s, err := m.readSealer(ctx)
	return drawn + s.seal(drawn), err
}

// MakeCodes is MakePersonal with codes that are given.
func MakeCodes(tx *db.Tx, all []*Personal, draw func() string) error { return makeCodes(tx, all, draw) }
