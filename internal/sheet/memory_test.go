package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// maxGrowth is what this package promises to take at most.
const maxGrowth = 32 << 20

// largeFiles are as large as an upload may be, or claim to unpack to much more. Each writes its file.
var largeFiles = []struct {
	name  string
	write func(io.Writer) error
	want  outcome
}{
	{"a CSV of a million rows", func(w io.Writer) error {
		return repeat(w, "77011234567,Айгерим,'Your order, A-4711'\n", 1_000_000)
	}, outcome{Rows: 1_000_000}},
	{"a CSV of one line of 100 MiB", func(w io.Writer) error { return repeat(w, "7701123456", 10<<20) }, outcome{Err: ErrTooLarge.Error()}},
	{"an XLSX of a million rows and strings", func(w io.Writer) error { return writeSharing(w, 1_000_000) }, outcome{Rows: 1_000_000}},
	{"a zip bomb", func(w io.Writer) error { return writeBomb(w, "<!--"+strings.Repeat(" ", 1<<18)+"-->", 1<<12+1) }, outcome{Err: ErrTooLarge.Error()}},
	{"a bomb of one text", func(w io.Writer) error { return writeBomb(w, strings.Repeat(" ", 1<<20), 1<<10) }, outcome{Err: ErrTooLarge.Error()}},
	{"a bomb of one tag", func(w io.Writer) error { return writeBomb(w, strings.Repeat("<a ", 1<<18), 1<<10) }, outcome{Err: ErrTooLarge.Error()}},
	{"XML ten million deep", func(w io.Writer) error { return writeBomb(w, strings.Repeat("<a>", 1<<16), 160) }, outcome{Err: ErrDamaged.Error()}},
	{"a million parts", writeParts, outcome{Err: ErrTooLarge.Error()}},
	{"half a million streams", writeStreams, outcome{Err: ErrDamaged.Error()}},
	{"an XLS of 65 536 rows", writeFullXLS, outcome{Rows: 65_536}},
}

// outcome is how reading a file ended, in a process of its own.
type outcome struct {
	Rows   int
	Err    string // the kind of error
	Growth uint64 // of the memory obtained from the system, in octets
}

func TestNoFileTakesMuchMemoryOrLeavesAnything(t *testing.T) {
	for _, large := range largeFiles {
		t.Run(large.name, func(t *testing.T) {
			name, temp := filepath.Join(t.TempDir(), "file"), t.TempDir()
			if err := writeTo(name, large.write); err != nil {
				t.Fatal(err)
			}
			got := readElsewhere(t, name, temp)
			t.Logf("it took %d MB", got.Growth>>20)
			if got.Growth > maxGrowth {
				t.Errorf("over %d MB", maxGrowth>>20)
			}
			if got.Growth = 0; got != large.want {
				t.Errorf("%+v, want %+v", got, large.want)
			}
			if left, err := os.ReadDir(temp); len(left) > 0 || err != nil {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

const childFile, childTemp = "HELIOGRAPH_SHEET_FILE", "HELIOGRAPH_SHEET_TEMP"

// readElsewhere reads a file in a process that did nothing else before.
func readElsewhere(t *testing.T, name, temp string) outcome {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+name, childTemp+"="+temp)
	output, err := child.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var got outcome
	if err := json.NewDecoder(bytes.NewReader(output)).Decode(&got); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return got
}

// TestMain is the other process, too: one that reads a file and tells how that ended.
func TestMain(m *testing.M) {
	name := os.Getenv(childFile)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := tellOf(name, os.Getenv(childTemp)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func tellOf(name, temp string) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, err := countRows(name, temp)
	runtime.ReadMemStats(&after)
	ended := outcome{Rows: rows, Growth: after.Sys - before.Sys}
	var e *Error
	if errors.As(err, &e) {
		ended.Err = e.Kind.Error()
	} else if err != io.EOF {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(ended)
}

func countRows(name, temp string) (rows int, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	r, err := Open(file, info.Size(), Options{TempDir: temp})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		if _, err := r.Next(); err != nil {
			return rows, err
		}
		rows++
	}
}

func writeTo(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}
