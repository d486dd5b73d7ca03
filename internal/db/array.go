package db

import "fmt"

// arrayBuilder collects one column's values as the typed array PostgreSQL wants.
// Values may be nil; the cheaper array without nulls is used while there is none.
type arrayBuilder interface {
	add(value any) error
	array() any
}

func newArray(kind string, n int) arrayBuilder {
	switch kind {
	case "bigint":
		return &typedArray[int64]{values: make([]int64, 0, n), convert: toInt64}
	case "boolean":
		return &typedArray[bool]{values: make([]bool, 0, n), convert: exactly[bool]}
	case "bytea":
		return &typedArray[[]byte]{values: make([][]byte, 0, n), convert: exactly[[]byte]}
	default:
		return &typedArray[string]{values: make([]string, 0, n), convert: exactly[string]}
	}
}

type typedArray[T any] struct {
	values  []T
	nulls   map[int]bool
	convert func(any) (T, bool)
}

func (a *typedArray[T]) add(value any) error {
	if value == nil {
		if a.nulls == nil {
			a.nulls = map[int]bool{}
		}
		a.nulls[len(a.values)] = true
		a.values = append(a.values, *new(T))
		return nil
	}
	v, ok := a.convert(value)
	if !ok {
		return fmt.Errorf("a %T where the statement has %T", value, v)
	}
	a.values = append(a.values, v)
	return nil
}

func (a *typedArray[T]) array() any {
	if a.nulls == nil {
		return a.values
	}
	pointers := make([]*T, len(a.values))
	for i := range a.values {
		if !a.nulls[i] {
			pointers[i] = &a.values[i]
		}
	}
	return pointers
}

func exactly[T any](value any) (T, bool) {
	v, ok := value.(T)
	return v, ok
}

func toInt64(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	default:
		return 0, false
	}
}
