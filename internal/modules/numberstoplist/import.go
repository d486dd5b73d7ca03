package numberstoplist

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
)

const (
	// mostLines bounds the memory of an import to about 400 MB.
	mostLines = 5_000_000
	// importChunk is how many entries come in one transaction: each is two rows in
	// seven trees.
	importChunk = 250
)

// Import puts a file's numbers on an account's list, or on Global's: a number or a range
// on each line, and behind a comma a comment if there is one. A header "number,comment"
// may stand first. Everything is checked before anything is written; an error names the
// line. It tells how many entries there were in the file, and how many came on the list:
// an import that died is simply done again. It does not check that the account is there.
func (m *Module) Import(ctx context.Context, accountID int64, r io.Reader) (lines, added int, err error) {
	entries, err := parse(r)
	if err != nil {
		return 0, 0, err
	}
	for chunk := range slices.Chunk(compact(entries), importChunk) {
		n, err := m.importChunk(ctx, accountID, chunk)
		if err != nil {
			return len(entries), added, fmt.Errorf("write the stop list, of which %d entries are new by now: %w", added, err)
		}
		added += n
	}
	return len(entries), added, m.follow(ctx)
}

func (m *Module) importChunk(ctx context.Context, accountID int64, chunk []Entry) (added int, err error) {
	for i := range chunk {
		if chunk[i].ID, err = m.DB.NextID(ctx, IDs); err != nil {
			return 0, err
		}
	}
	err = m.DB.Write(ctx, db.Background, func(tx *db.Tx) (err error) {
		added, err = put(tx, accountID, chunk)
		return err
	})
	return added, err
}

// compact puts entries in order, in which they are written fastest. Of the same numbers
// twice the last one counts.
func compact(entries []Entry) []Entry {
	slices.Reverse(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int { return inOrder(a.Numbers, b.Numbers) })
	return slices.CompactFunc(entries, func(a, b Entry) bool { return a.Numbers == b.Numbers })
}

func parse(r io.Reader) (entries []Entry, err error) {
	text := bufio.NewReader(r)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = text.Discard(len(mark)) // they were there a moment ago
	}
	rows := csv.NewReader(text)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	for first := true; ; first = false {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF) && len(entries) == 0:
			return nil, errors.New("there are no numbers in the file")
		case errors.Is(err, io.EOF):
			return entries, nil
		case err != nil:
			return nil, rowError(err)
		case first && strings.EqualFold(strings.TrimSpace(row[0]), "number"):
			continue
		}
		line, _ := rows.FieldPos(0)
		e, err := parseRow(row)
		if err == nil && len(entries) == mostLines {
			err = fmt.Errorf("over %d numbers: split the file", mostLines)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		entries = append(entries, e)
	}
}

// rowError says in our words what is wrong with a row that is no row.
func rowError(err error) error {
	var broken *csv.ParseError
	if errors.As(err, &broken) {
		return fmt.Errorf("line %d: %w", broken.Line, broken.Err)
	}
	return err
}

func parseRow(row []string) (e Entry, err error) {
	if len(row) > 2 {
		return e, errors.New("must be a number and, behind a comma, a comment; one with commas stands in quotes")
	}
	if e.Numbers, err = ParseRange(row[0]); err != nil {
		return e, fmt.Errorf("number %q: %w", row[0], err)
	}
	if len(row) == 2 {
		e.Comment = strings.Clone(strings.TrimSpace(row[1])) // without the line's other half
	}
	return e, checkComment(e.Comment)
}
