package campaign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/sheet"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// fileArgs say how a file of recipients is to be read.
type fileArgs struct {
	CampaignID int64
	Replace    bool
	Missing    text.Missing
	Header     bool // the first row names the columns
	Template   bool // and must, since they are placeholders
	Encoding   string
	Delimiter  rune
	Enclosure  rune
}

const (
	delimiterUnset = ','
	enclosureUnset = '\''
)

func (p *addParams) fileArgs(b *Bulk) (*fileArgs, error) {
	args := &fileArgs{
		CampaignID: b.ID, Replace: p.Params.Replace, Missing: text.Missing(p.Params.PlaceholdersFlag),
		Header: p.Params.RecipientsFileSkipHeader || b.Type == Template, Template: b.Type == Template,
		Encoding: p.Params.RecipientsFileEncoding,
	}
	var fits [2]bool
	args.Delimiter, fits[0] = character(p.Params.RecipientsFileDelimiter, delimiterUnset)
	args.Enclosure, fits[1] = character(p.Params.RecipientsFileEnclosure, enclosureUnset)
	for i, name := range []string{"recipientsFileDelimiter", "recipientsFileEnclosure"} {
		if !fits[i] {
			return nil, api.BadParameter(name, "value.notCharacter", nil)
		}
	}
	return args, nil
}

// character is the one that s is. A tabulator may be written as \t, since forms eat it.
func character(s string, unset rune) (r rune, one bool) {
	switch s {
	case "":
		return unset, true
	case `\t`:
		return '\t', true
	}
	r, size := utf8.DecodeRuneInString(s)
	return r, size == len(s) && r != utf8.RuneError
}

func (a *fileArgs) open(file *os.File) (*sheet.Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return sheet.Open(file, info.Size(), sheet.Options{Encoding: a.Encoding, Delimiter: a.Delimiter, Enclosure: a.Enclosure})
}

// look refuses, with code 12, a file whose beginning can't be read, or whose columns
// don't say where the number is.
func (a *fileArgs) look(file *os.File) error {
	rows, err := a.open(file)
	if err == nil {
		defer rows.Close()
		_, err = a.columns(rows)
	}
	if err == nil {
		_, err = rows.Next()
	}
	switch {
	case err == nil:
		return nil
	case unreadable(err):
		return api.BadParameter("recipientsFile", "campaign.badFile", api.Args{"Problem": sheetProblem(err)}).WithCause(err)
	default:
		return fmt.Errorf("recipients' file: %w", err)
	}
}

// unreadable tells what is wrong with a file, or with what was said of it, from what is
// wrong with the machine.
func unreadable(err error) bool {
	for _, kind := range []error{io.EOF, sheet.ErrNoRows, sheet.ErrEncoding, sheet.ErrDelimiter, sheet.ErrEnclosure} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return errors.As(err, new(*sheet.Error))
}

// sheetProblem says what is wrong with a file; the reader's errors name rows, not
// contents.
func sheetProblem(err error) string {
	if errors.Is(err, io.EOF) {
		return "no rows"
	}
	return err.Error()
}

// columns reads the header, if there is one: the placeholders' names by column, ""
// where a column is not needed, and the number's column. That is the first one where no
// header says otherwise, and none has to.
func (a *fileArgs) columns(rows *sheet.Reader) (*columns, error) {
	numberFirst := &columns{names: []string{numberField}}
	if !a.Header {
		return numberFirst, nil
	}
	header, err := rows.Next()
	if err != nil {
		return nil, err
	}
	cols := &columns{names: make([]string, len(header))}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name != "" && slices.Contains(cols.names, name) {
			return nil, api.BadParameter("recipientsFile", "campaign.headerTwice", api.Args{"Name": name})
		}
		cols.names[i] = name
	}
	switch {
	case slices.Contains(cols.names, numberField):
		return cols, nil
	case a.Template:
		return nil, api.BadParameter("recipientsFile", "campaign.noNumberColumn", nil)
	default:
		return numberFirst, nil
	}
}

// columns say what stands where in a row.
type columns struct{ names []string }

func (c *columns) recipient(cells []string) *recipient {
	r := &recipient{values: make(map[string]string, len(c.names))}
	for i, cell := range cells {
		switch {
		case i >= len(c.names) || c.names[i] == "":
		case c.names[i] == numberField:
			r.raw = strings.TrimSpace(cell)
		default:
			r.values[c.names[i]] = cell
		}
	}
	return r
}

// count reads the whole file and gives its rows but for the header.
func (a *fileArgs) count(ctx context.Context, file *os.File) (rows int, err error) {
	reader, err := a.open(file)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	if _, err := a.columns(reader); err != nil {
		return 0, err
	}
	for ; ctx.Err() == nil; rows++ {
		if _, err := reader.Next(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// readChunk reads up to n rows; none at the end.
func readChunk(reader *sheet.Reader, cols *columns, n int) (chunk []*recipient, err error) {
	for len(chunk) < n {
		cells, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return chunk, nil
		}
		if err != nil {
			return nil, err
		}
		chunk = append(chunk, cols.recipient(cells))
	}
	return chunk, nil
}
