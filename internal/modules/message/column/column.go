// Package column keeps a block of messages column by column: few octets each, fit
// to be searched by the million. It knows no database. A block is made of rows, and
// is a Summary and one encoded column for each Name. What a search can't learn from
// the summaries alone, it learns from the columns of the blocks that are left.
package column

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Name is a column. The numbers are kept in the database.
type Name int

const (
	ID Name = iota
	Campaign
	Created // Unix ms, as are the next two
	Start
	Update
	To     // see Number
	Text   // see Hash
	From   // the place of the sender in Summary.Senders
	Status // whatever the caller means by it
	SegNum
	Kind  // whatever the caller means by it
	Cost  // money, see money.Amount
	Width // how many there are
)

// Row is one message. Zero is unset in every column; no value is negative. The
// place of the sender is found by Build.
type Row struct {
	Values [Width]int64
	Sender string
}

// An encoded column begins with its version and the least value, both 8 octets, and
// with how many octets each message has; all numbers begin with the lowest octet.
const header = 17

// ErrDamaged: what was to be decoded is no column.
var ErrDamaged = errors.New("a damaged column")

// Encode packs values into as few octets each as the widest needs. The version is
// whatever tells the caller which state of the block the column belongs to.
func Encode(version int64, values []int64) []byte {
	least, most := bounds(values)
	width := octets(uint64(most-least) + 1)
	data := make([]byte, header, header+width*len(values))
	binary.LittleEndian.PutUint64(data, uint64(version))
	binary.LittleEndian.PutUint64(data[8:], uint64(least))
	data[16] = byte(width)
	for _, v := range values {
		var code uint64 // 0 is unset
		if v != 0 {
			code = uint64(v-least) + 1
		}
		switch width {
		case 1:
			data = append(data, byte(code))
		case 2:
			data = binary.LittleEndian.AppendUint16(data, uint16(code))
		case 4:
			data = binary.LittleEndian.AppendUint32(data, uint32(code))
		default:
			data = binary.LittleEndian.AppendUint64(data, code)
		}
	}
	return data
}

// bounds finds the least and the greatest of what is set.
func bounds(values []int64) (least, most int64) {
	for _, v := range values {
		if v != 0 && (least == 0 || v < least) {
			least = v
		}
		most = max(most, v)
	}
	return least, most
}

func octets(most uint64) int {
	switch n := bits.Len64(most); {
	case n <= 8:
		return 1
	case n <= 16:
		return 2
	case n <= 32:
		return 4
	default:
		return 8
	}
}

// Decode unpacks a column into values, whose room it uses again.
func Decode(data []byte, values []int64) (version int64, decoded []int64, err error) {
	if len(data) < header {
		return 0, nil, fmt.Errorf("%w: %d octets", ErrDamaged, len(data))
	}
	version = int64(binary.LittleEndian.Uint64(data))
	least := int64(binary.LittleEndian.Uint64(data[8:]))
	width, codes := int(data[16]), data[header:]
	if width != 1 && width != 2 && width != 4 && width != 8 || len(codes)%width != 0 {
		return 0, nil, fmt.Errorf("%w: %d octets by %d", ErrDamaged, len(codes), width)
	}
	return version, unpack(codes, width, least-1, values[:0]), nil
}

// unpack adds base to each code but 0.
func unpack(codes []byte, width int, base int64, values []int64) []int64 {
	values = slices.Grow(values, len(codes)/width)[:len(codes)/width]
	switch width {
	case 1:
		for i := range values {
			values[i] = int64(codes[i])
		}
	case 2:
		for i := range values {
			values[i] = int64(binary.LittleEndian.Uint16(codes[2*i:]))
		}
	case 4:
		for i := range values {
			values[i] = int64(binary.LittleEndian.Uint32(codes[4*i:]))
		}
	default:
		for i := range values {
			values[i] = int64(binary.LittleEndian.Uint64(codes[8*i:]))
		}
	}
	for i, code := range values {
		if code != 0 {
			values[i] = base + code
		}
	}
	return values
}
