package sheet

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

const (
	testSector = 512
	endOfChain = 0xFFFFFFFE
	freeSector = 0xFFFFFFFF

	streamEntry = 2
	rootEntry   = 5

	headerSectors = 109 // of the table, named in the header
)

// compoundWriter lays out a compound file of sectors of 512 octets.
type compoundWriter struct {
	sectors []byte // behind the header
	table   []uint32
}

// put appends a chain and gives its first sector.
func (w *compoundWriter) put(octets []byte) uint32 {
	first := uint32(len(w.table))
	count := (len(octets) + testSector - 1) / testSector
	for i := range count {
		w.table = append(w.table, first+uint32(i)+1)
	}
	w.table[len(w.table)-1] = endOfChain
	w.sectors = append(append(w.sectors, octets...), make([]byte, count*testSector-len(octets))...)
	return first
}

// compoundFile holds one stream; a small one in the mini stream.
func compoundFile(name string, stream []byte) []byte {
	var w compoundWriter
	root := directoryEntry("Root Entry", rootEntry, 1, endOfChain, 0)
	var miniTable uint32 = endOfChain
	var file []byte
	if len(stream) < miniCutoff {
		chain := chainOf((len(stream) + miniSector - 1) / miniSector)
		miniTable = w.put(chain)
		root = directoryEntry("Root Entry", rootEntry, 1, w.put(stream), len(chain)/4*miniSector)
		file = directoryEntry(name, streamEntry, noEntry, 0, len(stream))
	} else {
		file = directoryEntry(name, streamEntry, noEntry, w.put(stream), len(stream))
	}
	return w.file(w.put(append(root, file...)), miniTable)
}

func chainOf(sectors int) []byte {
	var chain []byte
	for i := range sectors - 1 {
		chain = binary.LittleEndian.AppendUint32(chain, uint32(i+1))
	}
	return binary.LittleEndian.AppendUint32(chain, endOfChain)
}

// directoryEntry has no siblings.
func directoryEntry(name string, kind byte, child, start uint32, size int) []byte {
	e := make([]byte, entrySize)
	for i, u := range utf16.Encode([]rune(name)) {
		binary.LittleEndian.PutUint16(e[2*i:], u)
	}
	binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
	e[66] = kind
	for at, n := range map[int]uint32{68: noEntry, 72: noEntry, 76: child, 116: start, 120: uint32(size)} {
		binary.LittleEndian.PutUint32(e[at:], n)
	}
	return e
}

// file adds the sector table, and where the header cannot name all of its sectors, the chain that names the others.
func (w *compoundWriter) file(directory, miniTable uint32) []byte {
	const perSector = testSector / 4
	var tables, lists int
	for tables*perSector < len(w.table)+tables+lists {
		tables++
		lists = max(0, (tables-headerSectors+perSector-2)/(perSector-1))
	}
	first := uint32(len(w.table))
	table := slices.Clone(w.table)
	for len(table) < tables*perSector {
		table = append(table, freeSector)
	}
	names := make([]uint32, 0, headerSectors+lists*perSector)
	for i := range tables {
		if n := len(names); n >= headerSectors && (n-headerSectors)%perSector == perSector-1 {
			names = append(names, first+uint32(tables+(n-headerSectors)/perSector)+1)
		}
		names = append(names, first+uint32(i))
	}
	for len(names) < headerSectors || (len(names)-headerSectors)%perSector != 0 {
		names = append(names, freeSector)
	}
	next := uint32(endOfChain)
	if lists > 0 {
		next = first + uint32(tables)
		names[len(names)-1] = endOfChain
	}
	header := make([]byte, headerTables)
	copy(header, compoundMagic)
	for at, n := range map[int]uint16{24: 0x3E, 26: 3, 28: 0xFFFE, 30: sectorsOf512, 32: 6} {
		binary.LittleEndian.PutUint16(header[at:], n)
	}
	for at, n := range map[int]uint32{44: uint32(tables), 48: directory, 56: miniCutoff, 60: miniTable, 64: 1, 68: next, 72: uint32(lists)} {
		binary.LittleEndian.PutUint32(header[at:], n)
	}
	header = appendNumbers(header, names[:headerSectors])
	return slices.Concat(header, w.sectors, appendNumbers(nil, table), appendNumbers(nil, names[headerSectors:]))
}

func appendNumbers(dst []byte, numbers []uint32) []byte {
	for _, n := range numbers {
		dst = binary.LittleEndian.AppendUint32(dst, n)
	}
	return dst
}
