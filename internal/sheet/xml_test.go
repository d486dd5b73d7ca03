package sheet

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// piecesOfXML are put together in any order.
var piecesOfXML = []string{
	"<a>", "</a>", "<b:a x:r='1' r=\"a>b\"/>", "<a\tr = '&lt;&#x41;&#65;\r\n\"'\n>", "text", "&amp;&quot;&apos;&gt;", "Я😀",
	"\r\n", "\r", "<!-- <a> -->", "<!---->", "<![CDATA[<a>&amp;\r\n]]>", "<![CDATA[]]>", "<?p <a> ?>", "</a >", "<a/>",
	"<", ">", "&", "&#0;", "&x;", "\"", "<!", "]]>", "<a r>", "\xff",
}

func TestXMLIsReadAsTheStandardLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom(piecesOfXML), 0, 12).Draw(t, "pieces")
		checkXML(t, strings.Join(pieces, ""))
	})
}

func FuzzXML(f *testing.F) {
	for _, piece := range piecesOfXML {
		f.Add(piece)
	}
	f.Fuzz(func(t *testing.T, text string) { checkXML(t, text) })
}

// checkXML reads a text to its end, octet by octet, and where the reference finds no fault, finds what that finds.
func checkXML(t fataler, text string) {
	got, err := scanned(text)
	want, ok := referenceTokens(text)
	if !ok {
		return
	}
	if err != nil || got != want {
		t.Fatalf("%q is read as\n%s, %v, want\n%s", text, got, err, want)
	}
}

// scanned writes down the tokens of a text, in one form for both readers.
func scanned(text string) (string, error) {
	var out strings.Builder
	s := newScanner(iotest.OneByteReader(strings.NewReader(text)))
	for {
		if err := s.next(); err == io.EOF {
			return out.String(), nil
		} else if err != nil {
			return "", err
		}
		switch s.kind {
		case startTag:
			r, err := s.attribute("r")
			if err != nil {
				return "", err
			}
			out.WriteString("[" + string(s.name) + " " + r)
		case endTag:
			out.WriteString(string(s.name) + "]")
		case characters:
			text, err := appendText(nil, s.text, s.replaced)
			if err != nil {
				return "", err
			}
			out.WriteString("{" + string(text) + "}")
		}
	}
}

// referenceTokens does the same with encoding/xml. It is not ok for what that or we refuse, and for what spreadsheets do
// without: document types, declared encodings, names with several colons.
func referenceTokens(text string) (tokens string, ok bool) {
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.RawToken()
		if err == io.EOF {
			return out.String(), true
		}
		switch token := token.(type) {
		case xml.StartElement:
			ok = plainName(token.Name)
			out.WriteString("[" + token.Name.Local + " ")
			for i, attr := range token.Attr {
				ok = ok && plainName(attr.Name)
				if attr.Name.Local == "r" && !hasR(token.Attr[:i]) {
					out.WriteString(attr.Value)
				}
			}
		case xml.EndElement:
			ok = plainName(token.Name)
			out.WriteString(token.Name.Local + "]")
		case xml.CharData:
			ok = true
			out.WriteString("{" + string(token) + "}")
		case xml.ProcInst:
			ok = token.Target != "xml"
		default:
			_, ok = token.(xml.Comment)
		}
		if err != nil || !ok {
			return "", false
		}
	}
}

func plainName(n xml.Name) bool { return !strings.Contains(n.Local, ":") }

func hasR(attrs []xml.Attr) bool {
	for _, a := range attrs {
		if a.Name.Local == "r" {
			return true
		}
	}
	return false
}

func TestOnlyUTF8IsXMLHere(t *testing.T) {
	for head, ok := range map[string]bool{
		`<?xml version="1.0"?>`: true, `<?xml version='1.0' encoding='utf-8'?>`: true, `<?xml encoding="UTF-8" standalone="no"?>`: true,
		`<?other encoding="KOI8-R"?>`: true, `<?xml encoding="UTF-16"?>`: false, `<?xml encoding=`: false, `<?xml encoding="?>`: false,
		"<!DOCTYPE a [<!ENTITY b 'c'>]>": false,
	} {
		if _, err := scanned(head + "<a/>"); (err == nil) != ok {
			t.Errorf("%s: %v", head, err)
		}
	}
}
