package sheet

import (
	"bufio"
	"io"
	"unicode/utf8"
)

// csv reads delimited text. A field that begins with the enclosure ends with the next one that is not doubled, and may
// hold delimiters and line ends; elsewhere the enclosure is a character like any other (O'Brien). Lines end in CR, LF
// or both.
type csv struct {
	file                 *io.SectionReader
	in                   *bufio.Reader
	decode               decoder
	delimiter, enclosure rune

	line   int  // that the next character is in
	last   rune // the character before it
	skipLF bool // a CR ended the row before

	text []byte // the row's fields, one after the other, in UTF-8
	ends []int  // where they end in text
	row  cellRow
}

func openCSV(file io.ReaderAt, size int64, o Options) *csv {
	section := io.NewSectionReader(file, 0, size)
	in := bufio.NewReaderSize(section, 64<<10)
	return &csv{
		file: section, in: in, decode: findEncoding(o.Encoding)(in),
		delimiter: o.Delimiter, enclosure: o.Enclosure, line: 1,
	}
}

func (c *csv) close() error { return nil }

func (c *csv) progress() float64 { return portion(c.file, c.in.Buffered()) }

// ending is what stands behind a field.
type ending int

const (
	delimiterEnds ending = iota
	lineEnds
	fileEnds
)

func (c *csv) next() (cells []string, row int, err error) {
	c.text, c.ends = c.text[:0], c.ends[:0]
	row = c.line
	for {
		end, err := c.field()
		if err != nil {
			return nil, 0, atRow(row, err)
		}
		c.ends = append(c.ends, len(c.text))
		if len(c.ends) > maxColumns {
			return nil, 0, atRow(row, tooManyColumns())
		}
		if end == fileEnds && len(c.ends) == 1 && len(c.text) == 0 {
			return nil, 0, io.EOF
		}
		if end != delimiterEnds {
			return c.split(row)
		}
	}
}

// split makes one string of the row and cuts it.
func (c *csv) split(row int) ([]string, int, error) {
	c.row.reset()
	text, start := string(c.text), 0
	for column, end := range c.ends {
		if err := c.row.put(column, text[start:end]); err != nil {
			return nil, 0, atRow(row, err)
		}
		start = end
	}
	return c.row.cells, row, nil
}

// field appends the next field to text.
func (c *csv) field() (ending, error) {
	r, err := c.read()
	if err == nil && r == c.enclosure {
		return c.enclosed()
	}
	for ; ; r, err = c.read() {
		if end, ok := c.ending(r, err); ok {
			return end, nil
		}
		if err == nil {
			err = c.put(r)
		}
		if err != nil {
			return 0, err
		}
	}
}

// enclosed reads on behind the enclosure that opens a field.
func (c *csv) enclosed() (ending, error) {
	opened := c.line
	for {
		r, err := c.read()
		if err == nil && r == c.enclosure {
			r, err = c.read()
			if end, ok := c.ending(r, err); ok {
				return end, nil
			}
			if err == nil && r != c.enclosure {
				return 0, atRow(c.line, damaged("text behind a closing %q", c.enclosure))
			}
		}
		if err == io.EOF {
			return 0, atRow(opened, damaged("a field opened by %q is never closed", c.enclosure))
		}
		if err == nil {
			err = c.put(r)
		}
		if err != nil {
			return 0, err
		}
	}
}

// ending tells whether a character outside of enclosures ends its field.
func (c *csv) ending(r rune, err error) (end ending, ok bool) {
	switch {
	case err == io.EOF:
		return fileEnds, true
	case err != nil:
		return 0, false
	case r == c.delimiter:
		return delimiterEnds, true
	case r == '\r' || r == '\n':
		c.skipLF = r == '\r'
		return lineEnds, true
	}
	return 0, false
}

// read gives the next character. It counts lines: CR, LF and both are one line end each.
func (c *csv) read() (rune, error) {
	r, err := c.decode(c.in)
	if err == nil && r == '\n' && c.skipLF {
		r, err = c.decode(c.in)
		c.last = '\n'
	}
	c.skipLF = false
	if err != nil {
		return 0, c.undecodable(err)
	}
	if r == '\r' || r == '\n' && c.last != '\r' {
		c.line++
	}
	c.last = r
	return r, nil
}

func (c *csv) undecodable(err error) error {
	if err == errUndecodable {
		return &Error{ErrCharacter, c.line, err.Error()}
	}
	return err
}

// put appends a character to the field. Who never closes an enclosure is stopped here.
func (c *csv) put(r rune) error {
	c.text = utf8.AppendRune(c.text, r)
	if len(c.text) > maxRow {
		return rowTooLong()
	}
	return nil
}
