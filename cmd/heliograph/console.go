package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
)

// console is where commands print what they have to say.
type console struct{ out, errors io.Writer }

// say prints v as one line of JSON, or what text writes: cells apart by tabs,
// which come out aligned.
func (c *console) say(asJSON bool, v any, text func(w io.Writer)) error {
	if asJSON {
		encoder := json.NewEncoder(c.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	text(w)
	return w.Flush()
}

// line is a text of one line, for say.
func line(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) }
}

// id is how ids stand in JSON, as on the wire.
type id int64

func (n id) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(n), 10), nil }

// instant is a moment for people, and RFC 3339 in JSON; the zero one is null.
type instant struct {
	ms   int64
	zone *time.Location
}

func (t instant) time() time.Time { return time.UnixMilli(t.ms).In(t.zone) }

func (t instant) String() string {
	if t.ms == 0 {
		return "never"
	}
	return t.time().Format("2006-01-02 15:04 MST")
}

func (t instant) MarshalJSON() ([]byte, error) {
	if t.ms == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(t.time().Format(time.RFC3339))
}

// list is a JSON list that is never null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
