package db

import (
	"crypto/sha256"
	"fmt"
)

// A SearchKey stands for a search: what is remembered of one does not grow with the texts
// that were looked for.
type SearchKey [sha256.Size]byte

// SearchKeyOf is the key of what, printed, no other search has.
func SearchKeyOf(what ...any) SearchKey { return sha256.Sum256(fmt.Appendln(nil, what...)) }

// Key is the same for the same conditions.
func (w *Where) Key() SearchKey { return SearchKeyOf(w.Clause(), fmt.Sprintf("%#v", w.Args())) }
