package api

import "reflect"

// An Optional parameter tells "not sent" from "sent empty", as an update needs.
type Optional[T string | bool | int | int64] struct {
	Present bool // the parameter was sent
	Empty   bool // it was sent as an empty string; Value is zero
	Value   T
}

func (Optional[T]) isOptional() {}

// Taken is a parameter that its method reads itself, such as one that may be a value or an
// object. S says what it takes: it is a Describer, a list of one, or a File.
type Taken[S any] struct{ *Tree }

func (Taken[S]) takes() reflect.Type { return reflect.TypeFor[S]() }

// isTaken gives what a parameter of type t takes, where that is a Taken.
func isTaken(t reflect.Type) (takes reflect.Type, ok bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	taken, ok := reflect.Zero(t).Interface().(interface{ takes() reflect.Type })
	if !ok {
		return nil, false
	}
	return taken.takes(), true
}

// Criteria, embedded in the struct of a criteria parameter, makes its fields
// forgiving: a value that no record can have finds nothing instead of being
// refused (contract §2.2).
type Criteria struct {
	Nothing bool // an impossible value was given: the answer is an empty list
}

// Pagination is the page of a list that is asked for. It is always usable:
// without a parameter it is the first page of 25.
type Pagination struct {
	Size    int // 1–100
	Current int // from 0
}

// Offset counts the items before the page.
func (p Pagination) Offset() int { return p.Size * p.Current }

// Bounds of a page (contract §2.2). The last page number keeps Offset far from
// overflow while being past the end of any list.
const (
	defaultPageSize = 25
	maxPageSize     = 100
	maxPage         = 1 << 40
)

// Sort is the order asked for, most significant first; empty means the list's
// own order. The allowed names stand in the field's tag: sort:"id createTs".
type Sort []SortKey

// A SortKey is one field of a Sort, spelled as in the tag.
type SortKey struct {
	Field string
	Desc  bool
}
