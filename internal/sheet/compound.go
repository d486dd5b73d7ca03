package sheet

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
)

var compoundMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// What [MS-CFB] gives sizes and meanings to.
const (
	headerSize    = 512
	headerTables  = 76 // where the header begins to name the sectors of the sector table
	entrySize     = 128
	noEntry       = 0xFFFFFFFF
	maxSector     = 0xFFFFFFFA // greater numbers end chains and mark free sectors
	miniSector    = 64
	miniCutoff    = 4096 // smaller streams are made of mini sectors
	sectorsOf512  = 9    // powers of 2
	sectorsOf4096 = 12
)

// compound is a compound file ([MS-CFB]): a file system in a file. A stream is a chain of sectors; what follows a
// sector stands in the sector table. A small stream is a chain of mini sectors, which lie in a stream of their own.
type compound struct {
	file      io.ReaderAt
	size      int // of a sector, in octets
	sectors   int // in the file; the last may be cut short
	table     []uint32
	directory *stream
	miniTable uint32 // its first sector
}

func openCompound(file io.ReaderAt, size int64) (*compound, error) {
	header := make([]byte, headerSize)
	if err := readWhole(file, header, 0); err != nil {
		return nil, err
	}
	shift := binary.LittleEndian.Uint16(header[30:])
	if shift != sectorsOf512 && shift != sectorsOf4096 {
		return nil, damaged("sectors of 2^%d octets", shift)
	}
	c := &compound{file: file, size: 1 << shift, miniTable: binary.LittleEndian.Uint32(header[60:])}
	c.sectors = int((size - 1) >> shift)
	if err := c.readTable(header); err != nil {
		return nil, err
	}
	chain, err := follow(c.table, binary.LittleEndian.Uint32(header[48:]))
	if err != nil {
		return nil, err
	}
	c.directory = c.stream(chain, int64(len(chain)*c.size))
	return c, nil
}

// readTable reads the sector table. The header names its first sectors, and a chain of sectors of its own the others:
// in each of these the last number is that of the next.
func (c *compound) readTable(header []byte) error {
	names, next := numbers(header[headerTables:]), binary.LittleEndian.Uint32(header[68:])
	for range c.sectors + 1 { // no chain is longer
		if err := c.addTable(names); err != nil {
			return err
		}
		if next >= maxSector || len(c.table) >= c.sectors {
			return nil
		}
		var err error
		if names, err = c.readNumbers(next); err != nil {
			return err
		}
		names, next = names[:len(names)-1], names[len(names)-1]
	}
	return damaged("the list of sectors has no end")
}

func (c *compound) addTable(sectors []uint32) error {
	for _, sector := range sectors {
		if sector >= maxSector || len(c.table) >= c.sectors {
			continue
		}
		part, err := c.readNumbers(sector)
		if err != nil {
			return err
		}
		c.table = append(c.table, part...)
	}
	return nil
}

func (c *compound) readNumbers(sector uint32) ([]uint32, error) {
	octets := make([]byte, c.size)
	err := readWhole(c.file, octets, (int64(sector)+1)*int64(c.size))
	return numbers(octets), err
}

func numbers(octets []byte) []uint32 {
	n := make([]uint32, len(octets)/4)
	for i := range n {
		n[i] = binary.LittleEndian.Uint32(octets[4*i:])
	}
	return n
}

// follow lists the sectors of a chain.
func follow(table []uint32, first uint32) ([]uint32, error) {
	var chain []uint32
	for sector := first; sector < maxSector; sector = table[sector] {
		if int64(sector) >= int64(len(table)) || len(chain) == len(table) {
			return nil, damaged("a chain of sectors leads nowhere")
		}
		chain = append(chain, sector)
	}
	return chain, nil
}

// entry is a stream or a folder ([MS-CFB] §2.6.1). Entries of a folder are a binary tree.
type entry struct {
	name               string
	left, right, child uint32
	start              uint32
	size               int64
}

func (c *compound) entry(number uint32) (entry, error) {
	b := make([]byte, entrySize)
	if err := readWhole(c.directory, b, int64(number)*entrySize); err != nil {
		return entry{}, err
	}
	le := binary.LittleEndian
	e := entry{
		left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), child: le.Uint32(b[76:]),
		start: le.Uint32(b[116:]), size: int64(le.Uint32(b[120:])), // the upper half is 0, or rubbish in old files
	}
	var units [32]uint16
	for i := range units {
		units[i] = le.Uint16(b[2*i:])
	}
	if size := le.Uint16(b[64:]); size >= 2 && int(size) <= 2*len(units) {
		e.name = string(utf16.Decode(units[:size/2-1]))
	}
	return e, nil
}

// find looks for a stream in the topmost folder. It goes by no order, since not all programs keep one, and into no
// folder: what is embedded may be a workbook too. It gives nothing where there is no such stream.
func (c *compound) find(name string) (found entry, ok bool, err error) {
	root, err := c.entry(0)
	if err != nil {
		return found, false, err
	}
	pending := []uint32{root.child}
	for left := c.directory.size / entrySize; len(pending) > 0; left-- {
		number := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if number == noEntry {
			left++
			continue
		}
		if left < 0 {
			return found, false, damaged("the directory runs in circles")
		}
		e, err := c.entry(number)
		if err != nil {
			return found, false, err
		}
		if e.name == name {
			return e, true, nil
		}
		pending = append(pending, e.left, e.right)
	}
	return found, false, nil
}

// open gives the contents of a stream.
func (c *compound) open(e entry) (*stream, error) {
	if e.size < miniCutoff {
		return c.openMini(e)
	}
	chain, err := follow(c.table, e.start)
	if err != nil {
		return nil, err
	}
	return c.stream(chain, e.size).checked()
}

func (c *compound) openMini(e entry) (*stream, error) {
	root, err := c.entry(0)
	if err != nil {
		return nil, err
	}
	container, err := follow(c.table, root.start)
	if err != nil {
		return nil, err
	}
	sectors, err := follow(c.table, c.miniTable)
	if err != nil {
		return nil, err
	}
	table := make([]byte, len(sectors)*c.size)
	if err := readWhole(c.stream(sectors, int64(len(table))), table, 0); err != nil {
		return nil, err
	}
	chain, err := follow(numbers(table), e.start)
	if err != nil {
		return nil, err
	}
	mini := c.stream(container, int64(len(container)*c.size))
	return (&stream{file: mini, sector: miniSector, chain: chain, size: e.size}).checked()
}

func (c *compound) stream(chain []uint32, size int64) *stream {
	return &stream{file: c.file, base: int64(c.size), sector: int64(c.size), chain: chain, size: size}
}
