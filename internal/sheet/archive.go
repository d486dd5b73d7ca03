package sheet

import (
	"archive/zip"
	"io"
	"path"
	"strings"
)

var (
	zipMagic      = []byte("PK\x03\x04")
	emptyZipMagic = []byte("PK\x05\x06")
)

// maxDirectory bounds what is read to list the parts of a package, and with it the memory that the list takes.
const maxDirectory = 1 << 20

// archive is an Office Open XML package (ECMA-376 Part 2): parts in a zip file, tied together by relationships.
type archive struct {
	files []*zip.File
	left  int64 // octets that may still be unpacked
}

func openArchive(file io.ReaderAt, size int64) (*archive, error) {
	metered := &meteredFile{file: file, left: maxDirectory}
	listed, err := zip.NewReader(metered, size)
	if err != nil {
		return nil, broken(err)
	}
	metered.left = -1
	return &archive{listed.File, maxUnpacked}, nil
}

// meteredFile stops package zip, which would list millions of files that are not there.
type meteredFile struct {
	file io.ReaderAt
	left int // -1: no limit
}

func (m *meteredFile) ReadAt(p []byte, at int64) (int, error) {
	if m.left >= 0 {
		if m.left -= len(p); m.left < 0 {
			return 0, tooLarge("its list of parts is over %d octets", maxDirectory)
		}
	}
	return m.file.ReadAt(p, at)
}

// open begins to unpack a part. Names are the same in upper and lower case.
func (a *archive) open(name string) (*part, error) {
	for _, f := range a.files {
		if !strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			continue
		}
		unpacked, err := f.Open()
		if err != nil {
			return nil, broken(err)
		}
		opened := &part{unpacked: unpacked, size: f.UncompressedSize64, left: &a.left}
		opened.scanner = newScanner(opened)
		return opened, nil
	}
	return nil, damaged("there is no part %s", name)
}

// part is read as XML.
type part struct {
	*scanner
	unpacked   io.ReadCloser
	size, read uint64 // octets: what the directory says, and what was read
	left       *int64
}

func (p *part) Read(octets []byte) (int, error) {
	n, err := p.unpacked.Read(octets)
	p.read += uint64(n)
	if *p.left -= int64(n); *p.left < 0 {
		return 0, tooLarge("it unpacks to over %d octets", maxUnpacked)
	}
	if err != io.EOF {
		err = broken(err)
	}
	return n, err
}

func (p *part) close() error { return p.unpacked.Close() }

// find goes on to the next start of an element, or to the end of the part: io.EOF.
func (p *part) find(element string) error {
	for {
		if err := p.next(); err != nil || p.starts(element) {
			return err
		}
	}
}

// relationship ties a part to another. Its kind is the last word of its type, which is a URI with a year in it.
type relationship struct{ id, kind string }

// related gives the name of the first part that a part ("" for the package itself) has a wanted relationship with, ""
// if there is none.
func (a *archive) related(from string, wanted func(relationship) bool) (name string, err error) {
	folder, base := path.Split(from)
	list, err := a.open(folder + "_rels/" + base + ".rels")
	if err != nil {
		return "", err
	}
	defer list.close()
	for {
		if err := list.find("Relationship"); err == io.EOF {
			return "", nil
		} else if err != nil {
			return "", err
		}
		r, target, err := list.relationship()
		if err != nil {
			return "", err
		}
		if !wanted(r) {
			continue
		}
		if !path.IsAbs(target) {
			target = path.Join("/", folder, target)
		}
		return strings.TrimPrefix(path.Clean(target), "/"), nil
	}
}

func (p *part) relationship() (r relationship, target string, err error) {
	for name, value := range map[string]*string{"Id": &r.id, "Type": &r.kind, "Target": &target} {
		if *value, err = p.attribute(name); err != nil {
			return r, "", err
		}
	}
	r.kind = path.Base(r.kind)
	return r, target, nil
}
