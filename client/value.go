package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Int is an id or a count. The wire has some as strings and some as numbers; both are read,
// and an empty string, null, true and false as 0.
type Int int64

// UnmarshalJSON reads 5, "5", "", null and true.
func (n *Int) UnmarshalJSON(text []byte) error {
	digits := string(bytes.Trim(text, `"`))
	switch digits {
	case "", "null", "true", "false":
		*n = 0
		return nil
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("an id or count: %w", err)
	}
	*n = Int(value)
	return nil
}

// Order is how a list is sorted by one of its fields.
type Order string

// The two orders.
const (
	Ascending  Order = "ASC"
	Descending Order = "DESC"
)

// Pagination is which page of a list is asked for.
type Pagination struct {
	PageSize    Int `json:"pageSize,omitempty"`    // items on a page; 0 = 25, and no more than 100
	CurrentPage Int `json:"currentPage,omitempty"` // from 0
}

// ParseTime reads a time of a result, YYYY-MM-DD HH:MM:SS in the account's zone.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	return time.ParseInLocation(time.DateTime, text, zone)
}

// FormatTime writes a time for a request, in the account's zone.
func FormatTime(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateTime) }

// Outcome is the result of a method that may go on in the background.
type Outcome[T any] struct {
	Data   T
	TaskID Int // for TaskQueue.Wait; 0 = all is done, and Data is the result
}

// UnmarshalJSON reads the result of a call that was done at once.
func (o *Outcome[T]) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &o.Data) }

func (o *Outcome[T]) background(data []byte) error { return json.Unmarshal(data, &o.TaskID) }

// marshalWith writes an object with more members than a struct has fields for.
func marshalWith(known any, more map[string]string) ([]byte, error) {
	text, err := json.Marshal(known)
	if err != nil || len(more) == 0 {
		return text, err
	}
	all := make(map[string]json.RawMessage, len(more))
	for name, value := range more {
		if all[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(text, &all); err != nil { // the fields come last, and count
		return nil, err
	}
	return json.Marshal(all)
}

// unmarshalRest reads those members of an object that a struct has no field for.
func unmarshalRest(text []byte, known any, rest *map[string]Int) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for field := range reflect.TypeOf(known).Fields() {
		delete(all, field.Tag.Get("json"))
	}
	*rest = make(map[string]Int, len(all))
	for name, value := range all {
		var n Int
		if err := json.Unmarshal(value, &n); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		(*rest)[name] = n
	}
	return nil
}
