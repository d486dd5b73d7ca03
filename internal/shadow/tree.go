package shadow

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
)

// A format is how an answer is written, as its bytes show: a header may be wrong.
type format string

const (
	formatJSON  format = "json"
	formatXML   format = "xml"
	formatEmpty format = "empty"
	formatOther format = "other"
)

// A document is an answer's body, read. The root is of the types that package json
// gives, numbers as json.Number; XML comes in the same types, but for blank.
type document struct {
	format format
	root   any
}

// blank is an empty element of XML: null, an empty text, list or object alike.
var blank any = struct{}{}

// parse reads a body. JSON is an object or a list here, as all answers of the API are.
func parse(body []byte) document {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return document{format: formatEmpty}
	}
	switch body[0] {
	case '{', '[':
		if root, err := parseJSON(body); err == nil {
			return document{formatJSON, root}
		}
	case '<':
		if root, err := parseXML(body); err == nil {
			return document{formatXML, root}
		}
	}
	return document{format: formatOther}
}

var errMore = errors.New("shadow: more behind the end")

func parseJSON(body []byte) (root any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errMore
	}
	return root, nil
}

// typeOf names a value's type in the contract's words. In XML every scalar is a str.
func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case json.Number:
		return "num"
	case string:
		return "str"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	default:
		return "empty"
	}
}

// scalarText is the text of a string or a number, else "".
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// parseXML reads an answer in XML (contract §2).
func parseXML(body []byte) (any, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		if _, ok := token.(xml.StartElement); ok {
			return readElement(decoder, 0)
		}
	}
}

var errDeep = errors.New("shadow: too many levels")

// readElement reads an element to its end: an object of its children, a list where all
// of them are items without a key, else its text.
func readElement(d *xml.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	var text bytes.Buffer
	var items []any
	fields := map[string]any{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			child, err := readElement(d, depth+1)
			if err != nil {
				return nil, err
			}
			if name := fieldName(t); name == "" {
				items = append(items, child)
			} else {
				fields[name] = child
			}
		case xml.EndElement:
			return element(fields, items, text.String()), nil
		}
	}
}

// fieldName is the name an element has in its object, "" for an item of a list.
func fieldName(e xml.StartElement) string {
	if e.Name.Local != "item" {
		return e.Name.Local
	}
	for _, attr := range e.Attr {
		if attr.Name.Local == "key" {
			return attr.Value
		}
	}
	return ""
}

func element(fields map[string]any, items []any, text string) any {
	switch {
	case len(fields) > 0:
		return fields
	case len(items) > 0:
		return items
	case text == "":
		return blank
	default:
		return text
	}
}
