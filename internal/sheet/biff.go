package sheet

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Records of BIFF8 that matter here ([MS-XLS] §2.3).
const (
	recFormula    = 0x0006
	recEOF        = 0x000A
	recFilePass   = 0x002F
	recContinue   = 0x003C
	recBoundSheet = 0x0085
	recMulRK      = 0x00BD
	recRString    = 0x00D6
	recSST        = 0x00FC
	recLabelSST   = 0x00FD
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolErr    = 0x0205
	recString     = 0x0207
	recRK         = 0x027E
	recBOF        = 0x0809

	biff8 = 0x0600 // the version that a BOF names
)

// records reads a stream of BIFF records: kind, length, octets. What is too long for one goes on in records of the kind
// CONTINUE.
type records struct {
	stream *io.SectionReader
	in     *bufio.Reader
	buf    []byte
	kind   uint16
	rest   []byte // of the record, not read yet
	held   bool   // next gives the same record again
}

func newRecords(s *stream, from int64) *records {
	section := io.NewSectionReader(s, from, max(s.size-from, 0))
	return &records{stream: section, in: bufio.NewReaderSize(section, 32<<10), buf: make([]byte, 1<<16)}
}

// next goes to the next record. A workbook ends with a record that says so, so there always is one.
func (r *records) next() error {
	if r.held {
		r.held = false
		return nil
	}
	var header [4]byte
	if err := r.fill(header[:]); err != nil {
		return err
	}
	r.kind = binary.LittleEndian.Uint16(header[:])
	r.rest = r.buf[:binary.LittleEndian.Uint16(header[2:])]
	return r.fill(r.rest)
}

func (r *records) fill(p []byte) error {
	_, err := io.ReadFull(r.in, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damaged("the workbook ends too soon")
	}
	return err
}

// hold lets next give this record again.
func (r *records) hold() { r.held = true }

// more makes sure that there is something to read of the record, in the next one if need be.
func (r *records) more() error {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return err
		}
		if r.kind != recContinue {
			return damaged("a record ends too soon")
		}
	}
	return nil
}

// uint reads a number of that many octets.
func (r *records) uint(octets int) (uint32, error) {
	var n uint32
	for i := range octets {
		if err := r.more(); err != nil {
			return 0, err
		}
		n |= uint32(r.rest[0]) << (8 * i)
		r.rest = r.rest[1:]
	}
	return n, nil
}

// octets gives the next ones, which lie in one record.
func (r *records) octets(n int) ([]byte, error) {
	if len(r.rest) < n {
		return nil, damaged("a record ends too soon")
	}
	octets := r.rest[:n]
	r.rest = r.rest[n:]
	return octets, nil
}

func (r *records) skip(octets int64) error {
	for octets > 0 {
		if err := r.more(); err != nil {
			return err
		}
		n := min(octets, int64(len(r.rest)))
		r.rest, octets = r.rest[n:], octets-n
	}
	return nil
}
