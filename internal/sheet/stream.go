package sheet

import "io"

// stream reads a chain of sectors as if they lay one behind the other.
type stream struct {
	file   io.ReaderAt
	base   int64 // where sector 0 is in the file
	sector int64 // octets
	chain  []uint32
	size   int64 // octets
}

// checked refuses a stream that says to be longer than its chain.
func (s *stream) checked() (*stream, error) {
	if s.size > int64(len(s.chain))*s.sector {
		return nil, damaged("a stream of %d octets in %d sectors", s.size, len(s.chain))
	}
	return s, nil
}

func (s *stream) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if at >= s.size {
			return n, io.EOF
		}
		place, size := s.run(at, int64(len(p)-n))
		m, err := s.file.ReadAt(p[n:n+int(size)], place)
		n, at = n+m, at+int64(m)
		if int64(m) < size {
			return n, err
		}
	}
	return n, nil
}

// run says where in the file an octet of the stream is, and how many of at most wanted are there in one piece.
func (s *stream) run(at, wanted int64) (place, size int64) {
	first, within := at/s.sector, at%s.sector
	place = s.base + int64(s.chain[first])*s.sector + within
	size = s.sector - within
	for i := first + 1; i < int64(len(s.chain)) && s.chain[i] == s.chain[i-1]+1 && size < wanted; i++ {
		size += s.sector
	}
	return place, min(size, wanted, s.size-at)
}

// readWhole fills p, or says that the file is damaged.
func readWhole(file io.ReaderAt, p []byte, at int64) error {
	n, err := file.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return damaged("it ends too soon, or leads beyond its end")
	}
	return err
}
