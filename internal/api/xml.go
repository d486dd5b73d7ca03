package api

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"unicode"
)

// writeXML turns an envelope's JSON into its XML form (contract §2): fields are
// elements of their name, entries of a list are <item>, null is an empty
// element, true and false are 1 and 0.
func writeXML(out *bytes.Buffer, envelope []byte) error {
	x := xmlWriter{out: out, tokens: json.NewDecoder(bytes.NewReader(envelope))}
	x.tokens.UseNumber()
	out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<response>")
	if err := x.value(); err != nil {
		return err
	}
	out.WriteString("</response>")
	return nil
}

type xmlWriter struct {
	out    *bytes.Buffer
	tokens *json.Decoder
}

// value writes the content of one element.
func (x *xmlWriter) value() error {
	token, err := x.tokens.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return x.children(token == '{')
	case string:
		return xml.EscapeText(x.out, []byte(token))
	case json.Number:
		x.out.WriteString(token.String())
	case bool:
		x.out.WriteByte(map[bool]byte{true: '1', false: '0'}[token])
	}
	return nil
}

// children writes the elements of an object or a list.
func (x *xmlWriter) children(object bool) error {
	for x.tokens.More() {
		name := "item"
		if object {
			token, err := x.tokens.Token()
			if err != nil {
				return err
			}
			name, _ = token.(string)
		}
		if err := x.element(name); err != nil {
			return err
		}
	}
	_, err := x.tokens.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (x *xmlWriter) element(name string) error {
	if !isXMLName(name) {
		return x.keyedItem(name)
	}
	x.out.WriteString("<" + name + ">")
	if err := x.value(); err != nil {
		return err
	}
	x.out.WriteString("</" + name + ">")
	return nil
}

// keyedItem holds a field whose key is no XML name.
func (x *xmlWriter) keyedItem(key string) error {
	x.out.WriteString(`<item key="`)
	if err := xml.EscapeText(x.out, []byte(key)); err != nil {
		return err
	}
	x.out.WriteString(`">`)
	if err := x.value(); err != nil {
		return err
	}
	x.out.WriteString("</item>")
	return nil
}

// isXMLName reports whether s can name an element: the letters of XML 1.0 §2.3
// up to U+2000, and no colon, which would be a namespace.
func isXMLName(s string) bool {
	for i, r := range s {
		switch {
		case r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		case 0xC0 <= r && r < 0x2000 && unicode.IsLetter(r):
		case i > 0 && (r == '-' || r == '.' || '0' <= r && r <= '9'):
		default:
			return false
		}
	}
	return s != ""
}
