package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"slices"
)

// File is a file to be sent; without Content it is an empty value, which removes a contact's
// photo. It is sent from where Content stands. A call with one is tried again only where
// Content is an io.Seeker. A call that ends early waits for the read that is under way.
type File struct {
	Name    string // such as people.csv
	Content io.Reader
}

// withFiles is what the parameters of methods that take files have.
type withFiles interface {
	// files gives the files by their names as fields of a form; nil = not sent.
	files() map[string]*File
}

// filesOf gives the files that parameters have, in the order of their names.
func filesOf(params any) (names []string, files map[string]*File) {
	if p, ok := params.(withFiles); ok {
		files = p.files()
		maps.DeleteFunc(files, func(_ string, f *File) bool { return f == nil })
	}
	return slices.Sorted(maps.Keys(files)), files
}

// place is where a file stands.
type place struct {
	file io.Seeker
	at   int64
}

// placesOf tells where the files of the parameters stand, to send them once more from
// there: not always from their first byte, since a program may have read a header. It says
// whether each can be brought back.
func placesOf(params any) (places []place, all bool) {
	_, files := filesOf(params)
	for _, f := range files {
		if f.Content == nil {
			continue
		}
		s, ok := f.Content.(io.Seeker)
		if !ok {
			return nil, false
		}
		at, err := s.Seek(0, io.SeekCurrent)
		if err != nil { // such as an *os.File that is a pipe
			return nil, false
		}
		places = append(places, place{s, at})
	}
	return places, true
}

// rewind brings files back. It says whether that could be done.
func rewind(places []place) bool {
	for _, p := range places {
		if _, err := p.file.Seek(p.at, io.SeekStart); err != nil {
			return false
		}
	}
	return true
}

// encode gives a request's body and its type: JSON or, where there are files, a form.
func encode(params any) (body io.ReadCloser, contentType string, err error) {
	if params == nil {
		params = struct{}{}
	}
	text, err := json.Marshal(params)
	if err != nil {
		return nil, "", fmt.Errorf("parameters: %w", err)
	}
	if names, files := filesOf(params); len(names) > 0 {
		return encodeForm(text, names, files)
	}
	return io.NopCloser(bytes.NewReader(text)), "application/json", nil
}

// encodeForm gives a form that is written while it is read.
func encodeForm(text []byte, names []string, files map[string]*File) (io.ReadCloser, string, error) {
	var tree any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, "", fmt.Errorf("parameters: %w", err)
	}
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	body := pipe{r, make(chan struct{})}
	go func() { // ends as the body is read or closed
		defer close(body.written)
		w.CloseWithError(writeForm(form, tree, names, files))
	}()
	return body, form.FormDataContentType(), nil
}

// pipe is a body that somebody writes.
type pipe struct {
	*io.PipeReader
	written chan struct{}
}

// Close ends the writing and waits for it.
func (p pipe) Close() error {
	err := p.PipeReader.Close()
	<-p.written
	return err
}

func writeForm(form *multipart.Writer, tree any, names []string, files map[string]*File) error {
	if err := writeFields(form, "", tree); err != nil {
		return err
	}
	for _, name := range names {
		if files[name].Content == nil {
			if err := form.WriteField(name, ""); err != nil {
				return err
			}
			continue
		}
		part, err := form.CreateFormFile(name, files[name].Name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(part, files[name].Content); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	return form.Close()
}

// writeFields writes what JSON nests as fields with brackets: data[name].
func writeFields(form *multipart.Writer, name string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := writeFields(form, within(name, key), v[key]); err != nil {
				return err
			}
		}
	case []any:
		for i, inner := range v {
			if err := writeFields(form, within(name, fmt.Sprint(i)), inner); err != nil {
				return err
			}
		}
	case bool:
		return form.WriteField(name, map[bool]string{true: "1", false: "0"}[v])
	case nil:
	default:
		return form.WriteField(name, fmt.Sprint(v))
	}
	return nil
}

func within(name, key string) string {
	if name == "" {
		return key
	}
	return name + "[" + key + "]"
}
