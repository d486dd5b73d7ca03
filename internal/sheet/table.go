package sheet

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

const (
	blockSize    = 4 << 10 // octets that make a block full
	cachedBlocks = 64
)

// table keeps the strings that the cells of a workbook share. There may be millions; the table takes a megabyte. Each
// string stands behind its length in a block. The block being filled is in memory, full ones are in a temporary file
// and, some, in a cache: mostly a sheet's cells use strings in the order of their numbers.
type table struct {
	dir     string
	file    *os.File // nil until a block is full
	named   bool     // the system would not remove the file while it is open
	blocks  []block  // the full ones
	cache   [cachedBlocks]cached
	filling []byte
	first   int // number of the first string in filling
	count   int
}

// block says where strings are in the file.
type block struct {
	first int // number of the first
	at    int64
	size  int
}

// cached is a block in memory.
type cached struct {
	block  int // from 1; 0 is none
	octets []byte
	unread unread
}

// add gives a string the next number, from 0.
func (t *table) add(s []byte) error {
	t.filling = binary.AppendUvarint(t.filling, uint64(len(s)))
	t.filling = append(t.filling, s...)
	t.count++
	if len(t.filling) < blockSize {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	if t.file == nil {
		if err := t.create(); err != nil {
			return err
		}
	}
	b := block{first: t.first, size: len(t.filling)}
	if n := len(t.blocks); n > 0 {
		b.at = t.blocks[n-1].at + int64(t.blocks[n-1].size)
	}
	if _, err := t.file.WriteAt(t.filling, b.at); err != nil {
		return fmt.Errorf("sheet: keep shared strings: %w", err)
	}
	t.blocks = append(t.blocks, b)
	t.filling, t.first = t.filling[:0], t.count
	return nil
}

// create removes the file at once where it can: then even a process that is killed leaves nothing.
func (t *table) create() (err error) {
	if t.file, err = os.CreateTemp(t.dir, "heliograph-sheet-"); err != nil {
		return fmt.Errorf("sheet: keep shared strings: %w", err)
	}
	t.named = os.Remove(t.file.Name()) != nil
	return nil
}

// get gives a string by its number.
func (t *table) get(number int) (string, error) {
	if number < 0 || number >= t.count {
		return "", damaged("there is no shared string %d", number)
	}
	if number >= t.first {
		rest := &unread{t.first, t.filling}
		return rest.get(number), nil
	}
	i, exact := slices.BinarySearchFunc(t.blocks, number, func(b block, n int) int { return cmp.Compare(b.first, n) })
	if !exact {
		i--
	}
	c := &t.cache[i%cachedBlocks]
	if c.block != i+1 {
		if err := t.load(i); err != nil {
			return "", err
		}
	}
	if number < c.unread.number {
		c.unread = unread{t.blocks[i].first, c.octets}
	}
	return c.unread.get(number), nil
}

func (t *table) load(i int) error {
	b, c := t.blocks[i], &t.cache[i%cachedBlocks]
	c.block = 0 // until it is whole
	c.octets = slices.Grow(c.octets[:0], b.size)[:b.size]
	if _, err := t.file.ReadAt(c.octets, b.at); err != nil {
		return fmt.Errorf("sheet: read shared strings: %w", err)
	}
	c.block, c.unread = i+1, unread{b.first, c.octets}
	return nil
}

// unread is what is left of a block behind the string that was asked for last: most often the next one is wanted next.
type unread struct {
	number int // of the first
	octets []byte
}

// get gives a string that was not read yet.
func (u *unread) get(number int) string {
	for {
		size, n := binary.Uvarint(u.octets)
		s := u.octets[n : n+int(size)]
		u.octets = u.octets[n+int(size):]
		if u.number++; u.number > number {
			return string(s)
		}
	}
}

func (t *table) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if t.named {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	return err
}
