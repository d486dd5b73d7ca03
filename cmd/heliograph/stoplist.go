package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
)

type stoplistCommands struct {
	Add    stoplistAdd    `cmd:"" help:"Put a number, or a range, on a stop list."`
	Remove stoplistRemove `cmd:"" help:"Take an entry off a stop list."`
	List   stoplistList   `cmd:"" help:"List a stop list, in order of number."`
	Import stoplistImport `cmd:"" help:"Put the numbers of a CSV file on a stop list: number,comment."`
}

// stoplist is a command on one list.
type stoplist struct {
	admin
	Global  bool  `required:"" xor:"owner" help:"The list that is for all accounts."`
	Account int64 `required:"" xor:"owner" placeholder:"ID" help:"The list of this account."`
}

// on runs fn on the list of an account, which must be there, or on Global's.
func (c *stoplist) on(ctx context.Context, fn func(o *office, account int64) error) error {
	return c.work(ctx, func(o *office) error {
		if c.Global {
			return fn(o, numberstoplist.Global)
		}
		if _, err := o.users.Show(ctx, c.Account); err != nil {
			return err
		}
		return fn(o, c.Account)
	})
}

// stoplistEntry is a command on one entry.
type stoplistEntry struct {
	stoplist
	Number string `arg:"" help:"A number, or a range: 77010000000-77019999999."`
}

func (c *stoplistEntry) numbers() (numberstoplist.Range, error) {
	r, err := numberstoplist.ParseRange(c.Number)
	if err != nil {
		return r, fmt.Errorf("number %q: %w", c.Number, err)
	}
	return r, nil
}

type stoplistAdd struct {
	stoplistEntry
	Comment string `placeholder:"TEXT" help:"A note."`
}

func (c *stoplistAdd) Run(ctx context.Context, out *console) error {
	numbers, err := c.numbers()
	if err != nil {
		return err
	}
	return c.on(ctx, func(o *office, account int64) error {
		made, err := o.stops.Add(ctx, numberstoplist.Entry{AccountID: account, Numbers: numbers, Comment: c.Comment})
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"id": id(made)}, line("%s is on the list", numbers))
	})
}

type stoplistRemove struct{ stoplistEntry }

func (c *stoplistRemove) Run(ctx context.Context, out *console) error {
	numbers, err := c.numbers()
	if err != nil {
		return err
	}
	return c.on(ctx, func(o *office, account int64) error {
		if err := o.stops.Remove(ctx, account, numbers); err != nil {
			return fmt.Errorf("%s: %w", numbers, err)
		}
		return out.say(c.JSON, map[string]any{"number": numbers.String(), "removed": true}, line("%s is off the list", numbers))
	})
}

type stoplistImport struct {
	stoplist
	File string `arg:"" help:"The file, or - for standard input. A number or a range on each line, a comment behind a comma."`
}

func (c *stoplistImport) Run(ctx context.Context, out *console) error {
	file, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.on(ctx, func(o *office, account int64) error {
		lines, added, err := o.stops.Import(ctx, account, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		return out.say(c.JSON, map[string]int{"imported": lines, "added": added}, line("%d entries imported, %d of them new", lines, added))
	})
}

// stoplistView is an entry in JSON.
type stoplistView struct {
	ID      id      `json:"id"`
	Number  string  `json:"number"`
	Comment string  `json:"comment"`
	By      *id     `json:"createdBy"` // null = the operator
	Created instant `json:"created"`
}

func viewStop(e *numberstoplist.Entry) stoplistView {
	v := stoplistView{ID: id(e.ID), Number: e.Numbers.String(), Comment: e.Comment, Created: utc(e.CreatedMs)}
	if e.CreatedBy != 0 {
		v.By = new(id(e.CreatedBy))
	}
	return v
}

type stoplistList struct{ stoplist }

// Run prints JSON as it is read: there may be a million entries.
func (c *stoplistList) Run(ctx context.Context, out *console) error {
	return c.on(ctx, func(o *office, account int64) error {
		each, end := stopTable(out.out)
		if c.JSON {
			each, end = jsonList(out.out)
		}
		if err := o.stops.Each(ctx, account, func(e *numberstoplist.Entry) error { return each(viewStop(e)) }); err != nil {
			return err
		}
		return end()
	})
}

// stopTable writes a table.
func stopTable(out io.Writer) (each func(stoplistView) error, end func() error) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNUMBER\tADDED\tCOMMENT")
	return func(v stoplistView) error {
		_, err := fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", v.ID, v.Number, v.Created, v.Comment)
		return err
	}, w.Flush
}

// jsonList writes a list on one line.
func jsonList(out io.Writer) (each func(stoplistView) error, end func() error) {
	between := "["
	return func(v stoplistView) error {
			item, err := json.Marshal(v)
			if err == nil {
				_, err = fmt.Fprintf(out, "%s%s", between, item)
			}
			between = ","
			return err
		}, func() error {
			if between == "[" {
				fmt.Fprint(out, between)
			}
			_, err := fmt.Fprintln(out, "]")
			return err
		}
}
