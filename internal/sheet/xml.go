package sheet

import (
	"bytes"
	"io"
)

// maxPiece bounds a tag, text or comment. A cell's longest text fits, all its characters written as references.
const maxPiece = 512 << 10

type tokenKind int

const (
	startTag tokenKind = iota + 1
	endTag
	characters
)

// scanner reads the tags and texts of an XML part (XML 1.0) in one buffer; encoding/xml takes seven times as long, and
// gathers any piece in memory, however long. Namespaces are left out, since all names that matter here are of one; nor
// does it look whether tags match, so that nesting takes no memory. Comments and instructions are passed over. A part
// has no document type (ECMA-376 Part 2), so there are no entities.
type scanner struct {
	in      io.Reader
	buf     []byte
	at, end int // of what is in buf

	kind     tokenKind
	name     []byte // of the element, without prefix
	rest     []byte // of the tag: its attributes
	empty    bool   // the start tag is an end, too
	text     []byte // characters as they stand in the file
	replaced string // what appendText must replace in them
}

func newScanner(in io.Reader) *scanner { return &scanner{in: in, buf: make([]byte, 32<<10)} }

// next reads a tag or text. What it gives is good until the next call. At the end it returns io.EOF.
func (s *scanner) next() error {
	if s.kind == startTag && s.empty {
		s.kind = endTag
		return nil
	}
	for {
		piece, err := s.piece()
		if err != nil {
			return err
		}
		switch {
		case piece[0] != '<':
			s.kind, s.text, s.replaced = characters, piece, inText
			return nil
		case bytes.HasPrefix(piece, cdataStart):
			s.kind, s.text, s.replaced = characters, piece[len(cdataStart):len(piece)-len(cdataEnd)], inCDATA
			return nil
		case piece[1] == '?':
			if err := checkEncoding(piece); err != nil {
				return err
			}
		case bytes.HasPrefix(piece, commentStart):
		case piece[1] == '!':
			return damaged("XML with a document type")
		default:
			return s.tag(piece[1 : len(piece)-1])
		}
	}
}

// tag takes what stands between < and >.
func (s *scanner) tag(piece []byte) error {
	s.kind, s.empty = startTag, false
	if inner, ok := bytes.CutPrefix(piece, []byte("/")); ok {
		s.kind, piece = endTag, inner
	} else if inner, ok := bytes.CutSuffix(piece, []byte("/")); ok {
		s.empty, piece = true, inner
	}
	size := bytes.IndexAny(piece, " \t\r\n")
	if size < 0 {
		size = len(piece)
	}
	s.name, s.rest = local(piece[:size]), piece[size:]
	if len(s.name) == 0 {
		return damaged("XML with a tag without a name")
	}
	return nil
}

// local takes the prefix off a name.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

func (s *scanner) starts(name string) bool { return s.kind == startTag && string(s.name) == name }
func (s *scanner) ends(name string) bool   { return s.kind == endTag && string(s.name) == name }

// attribute gives a value of the start tag by the name without prefix, "" if there is none.
func (s *scanner) attribute(name string) (string, error) {
	for rest := bytes.TrimLeft(s.rest, " \t\r\n"); len(rest) > 0; rest = bytes.TrimLeft(rest, " \t\r\n") {
		found, after, ok := bytes.Cut(rest, []byte("="))
		after = bytes.TrimLeft(after, " \t\r\n")
		if !ok || len(after) < 2 || after[0] != '"' && after[0] != '\'' {
			return "", damaged("XML with an attribute without a value")
		}
		value, behind, ok := bytes.Cut(after[1:], after[:1])
		if !ok {
			return "", damaged("XML with an attribute without an end")
		}
		if string(local(bytes.TrimRight(found, " \t\r\n"))) == name {
			text, err := appendText(nil, value, inText)
			return string(text), err
		}
		rest = behind
	}
	return "", nil
}

var (
	cdataStart, cdataEnd     = []byte("<![CDATA["), []byte("]]>")
	commentStart, commentEnd = []byte("<!--"), []byte("-->")
)

// piece gives the next tag with all between its brackets, or the text before one.
func (s *scanner) piece() ([]byte, error) {
	for {
		piece := s.buf[s.at:s.end]
		size := pieceSize(piece)
		if size == 0 {
			err := s.fill()
			if err == nil {
				continue
			}
			if err != io.EOF || len(piece) == 0 {
				return nil, err
			}
			if piece[0] == '<' {
				return nil, damaged("XML ends within a tag")
			}
			size = len(piece)
		}
		s.at += size
		return piece[:size], nil
	}
}

// pieceSize is 0 where the piece has no end yet.
func pieceSize(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] != '<':
		return max(bytes.IndexByte(b, '<'), 0)
	case bytes.HasPrefix(b, []byte("<?")):
		return sizeUpTo(b, 2, []byte("?>"))
	case bytes.HasPrefix(b, commentStart):
		return sizeUpTo(b, len(commentStart), commentEnd)
	case bytes.HasPrefix(b, cdataStart):
		return sizeUpTo(b, len(cdataStart), cdataEnd)
	case len(b) < len(cdataStart) && (bytes.HasPrefix(cdataStart, b) || bytes.HasPrefix(commentStart, b)):
		return 0
	}
	return tagSize(b)
}

func sizeUpTo(b []byte, from int, mark []byte) int {
	i := bytes.Index(b[from:], mark)
	if i < 0 {
		return 0
	}
	return from + i + len(mark)
}

// tagSize knows that a value in quotes may hold a >.
func tagSize(b []byte) int {
	var quote byte
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return 0
}

// fill reads on behind what is in buf, which it moves to the front and lets grow where it is full of one piece.
func (s *scanner) fill() error {
	if s.end-s.at == len(s.buf) {
		if len(s.buf) >= maxPiece {
			return tooLarge("a piece of XML of over %d octets", maxPiece)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	s.end = copy(s.buf, s.buf[s.at:s.end])
	s.at = 0
	n, err := io.ReadAtLeast(s.in, s.buf[s.end:], 1)
	s.end += n
	return err
}
