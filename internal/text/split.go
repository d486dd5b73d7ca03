package text

import "errors"

// maxParts is what the one-octet counters of a user data header can number.
const maxParts = 255

// ErrTooLong is returned for a text of over 255 parts.
var ErrTooLong = errors.New("text is over 255 parts long")

// RefSize is the size of the reference number that the parts of one message share.
type RefSize uint8

const (
	Ref8  RefSize = iota // one octet: a header of 6 octets
	Ref16                // two octets: a header of 7 octets, so one unit less in each part
)

func limitAlone(e Encoding) int {
	if e == UCS2 {
		return 70
	}
	return 160
}

// limitJoined is what 140 octets hold beside a header. The header of Ref8 fills 6 octets, which
// is 7 septets; that of Ref16 fills 7 octets, which is 8 septets, or 4 units of UCS-2.
func limitJoined(e Encoding, size RefSize) int {
	if e == UCS2 {
		return 67 - int(size)
	}
	return 153 - int(size)
}

// cut is the length in bytes of the longest beginning of text that takes at most limit units.
// It goes by characters, so an escape stays with its septet and a surrogate with its other half.
func cut(text string, e Encoding, limit int) int {
	for i, r := range text {
		if limit -= e.units(r); limit < 0 {
			return i
		}
	}
	return len(text)
}

// Parts is a text cut into what single SMS carry. Only the places of the cuts are kept: a part is
// encoded when it is sent.
type Parts struct {
	text     string
	encoding Encoding
	size     RefSize
	ends     []int // where each part ends in text; nil where there is one
}

// Split cuts a text into as few parts as it needs. An empty text is one empty part. Errors are
// ErrInvalidUTF8 and ErrTooLong. With Ref16 there may be more parts than Measure says.
func Split(text string, size RefSize) (Parts, error) {
	m, err := scan(text)
	if err != nil {
		return Parts{}, err
	}
	parts := Parts{text: text, encoding: m.Encoding, size: size}
	if m.Units <= limitAlone(m.Encoding) {
		return parts, nil
	}
	limit := limitJoined(m.Encoding, size)
	if m.Units > maxParts*limit {
		return Parts{}, ErrTooLong // before anything is allocated for it
	}
	parts.ends = make([]int, 0, 1+m.Units/(limit-1))
	for end := 0; end < len(text); {
		end += cut(text[end:], m.Encoding, limit)
		parts.ends = append(parts.ends, end)
	}
	if len(parts.ends) > maxParts {
		return Parts{}, ErrTooLong
	}
	return parts, nil
}

// Len is the number of parts, 1 to 255.
func (p Parts) Len() int { return max(1, len(p.ends)) }

// Encoding is that of all the parts.
func (p Parts) Encoding() Encoding { return p.encoding }

// At returns part i, counted from 0.
func (p Parts) At(i int) Part {
	part := Part{
		Text:     p.text,
		Encoding: p.encoding,
		place:    Concat{Size: p.size, Total: byte(p.Len()), Seq: byte(i + 1)},
	}
	if p.ends != nil {
		part.Text = p.text[p.start(i):p.ends[i]]
	}
	return part
}

func (p Parts) start(i int) int {
	if i == 0 {
		return 0
	}
	return p.ends[i-1]
}

// Part is what one SMS carries.
type Part struct {
	Text     string
	Encoding Encoding
	place    Concat
}

// HasUDH says that the user data begins with a header, which SMPP wants announced by the
// UDHI bit of esm_class (SMPP 3.4 §5.2.12). A message of one part has none.
func (p Part) HasUDH() bool { return p.place.Total > 1 }

// AppendUserData appends the octets of SMPP's short_message: the header, then one septet per
// octet or two octets per unit. At most 160 octets. Every part of a message takes the same
// ref; Ref8 sends its low octet.
func (p Part) AppendUserData(dst []byte, ref uint16) []byte {
	if p.HasUDH() {
		place := p.place
		place.Ref = ref
		dst = place.append(dst)
	}
	if p.Encoding == UCS2 {
		return appendUCS2(dst, p.Text)
	}
	return appendGSM7(dst, p.Text)
}
