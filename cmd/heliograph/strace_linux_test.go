package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestNoReplyPrecedesItsSync reads from the system calls of a real server on SQLite
// what came first. Between the read of a request and the write of its answer, the
// message went into the log, the frame that commits it after that, and then the log
// was synced. The submit to the carrier comes after that sync too.
func TestNoReplyPrecedesItsSync(t *testing.T) {
	const clients, each = 8, 25
	sim := startSimulator(t, smsc.Config{})
	s := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: sim.Addr(), window: 50})
	server, file := s.serveTraced()
	send := func(client, i int) {
		if r, err := server.try("message/sendSmsMessage", "recipient", "77010000000", "text", mark(client, i)); err != nil || r.Code != 0 {
			t.Errorf("%s: code %d, %v", mark(client, i), r.Code, err)
		}
	}
	for i := range each {
		send(0, i)
	}
	var others sync.WaitGroup
	for client := 1; client <= clients; client++ {
		others.Go(func() {
			for i := range each {
				send(client, i)
			}
		})
	}
	others.Wait()
	server.stop()

	trace := readTrace(t, file)
	for client := range clients + 1 {
		for i := range each {
			if err := trace.follows(mark(client, i)); err != nil {
				t.Errorf("%s: %v", mark(client, i), err)
			}
		}
	}
	t.Logf("%d messages in %d syncs", each*(clients+1), len(trace.syncs))
}

// mark is a text that is easy to find again, no part of another.
func mark(client, i int) string { return fmt.Sprintf("mark-%02d-%03d", client, i) }

// serveTraced starts a server whose system calls are written to a file.
func (s *site) serveTraced() (server *serving, file string) {
	s.t.Helper()
	file = filepath.Join(s.dir, "trace")
	strace := func(args ...string) *exec.Cmd {
		// The server stays our child (-D); descriptors are named (-y), all text is hexadecimal (-xx) and whole (-s).
		return exec.Command("strace", append([]string{"-D", "-f", "-y", "-xx", "-s", "65536", "-o", file, "-e", "signal=none",
			"-e", "trace=read,write,pwrite64,fsync,fdatasync"}, args...)...)
	}
	if out, err := strace("true").CombinedOutput(); err != nil {
		s.t.Fatalf("the test needs strace, and a machine that lets it trace (ptrace): %v\n%s", err, out)
	}
	return s.served(startProcess(s.t, strace("heliograph", "serve", "--config", s.config))), file
}

// systemCall is one line of a trace, or two where another thread came between.
type systemCall struct {
	name         string
	on           string // the file's path, or the socket
	data         []byte
	result       int
	began, ended int // lines
}

func (c *systemCall) onSocket() bool { return strings.HasPrefix(c.on, "socket:") }
func (c *systemCall) onLog() bool    { return strings.HasSuffix(c.on, "-wal") }

// trace is what a server did, each list in order. Only one thread at a time writes
// to the log.
type trace struct {
	reads, writes []systemCall // of sockets
	log           []systemCall // writes to SQLite's write-ahead log
	syncs         []systemCall // of the log, that succeeded
}

var (
	tracedCall = regexp.MustCompile(`^\d+ +(\w+)\(\d+<((?:\\x..)*)>(?:, *"((?:\\x..)*)")?.*\) += (-?\d+)`)
	unfinished = regexp.MustCompile(`^((\d+) +.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
)

func readTrace(t *testing.T, file string) *trace {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type half struct {
		line int
		text string
	}
	tr, halves := &trace{}, map[string]half{} // by thread
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		begun := half{n, lines.Text()}
		if m := unfinished.FindStringSubmatch(begun.text); m != nil {
			halves[m[2]] = half{n, m[1]}
			continue
		}
		if m := resumed.FindStringSubmatch(begun.text); m != nil {
			begun = halves[m[1]]
			begun.text += m[2]
		}
		if m := tracedCall.FindStringSubmatch(begun.text); m != nil {
			result, _ := strconv.Atoi(m[4])
			tr.add(systemCall{name: m[1], on: string(unhex(m[2])), data: unhex(m[3]), result: result, began: begun.line, ended: n})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func unhex(s string) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(s, `\x`, "")) // the pattern lets nothing else through
	return b
}

func (tr *trace) add(c systemCall) {
	switch {
	case c.name == "read" && c.onSocket():
		tr.reads = append(tr.reads, c)
	case c.name == "write" && c.onSocket():
		tr.writes = append(tr.writes, c)
	case c.name == "pwrite64" && c.onLog():
		tr.log = append(tr.log, c)
	case strings.HasSuffix(c.name, "sync") && c.onLog() && c.result == 0:
		tr.syncs = append(tr.syncs, c)
	}
}

// follows checks the order of things for one message.
func (tr *trace) follows(text string) error {
	has := func(c systemCall) bool { return bytes.Contains(c.data, []byte(text)) }
	request := slices.IndexFunc(tr.reads, has)
	if request < 0 {
		return fmt.Errorf("no request has it")
	}
	asked := &tr.reads[request]
	synced, err := tr.synced(asked, has)
	if err != nil {
		return err
	}
	answer := slices.IndexFunc(tr.writes, func(c systemCall) bool { return c.on == asked.on && c.began > asked.ended })
	submit := slices.IndexFunc(tr.writes, has)
	switch {
	case answer < 0 || !bytes.Contains(tr.writes[answer].data, []byte(`{"code":0,`)):
		return fmt.Errorf("it has no answer")
	case tr.writes[answer].began < synced.ended:
		return fmt.Errorf("answered (line %d) before it was synced (line %d)", tr.writes[answer].began+1, synced.ended+1)
	case submit < 0:
		return fmt.Errorf("it was not submitted")
	case tr.writes[submit].began < synced.ended:
		return fmt.Errorf("submitted (line %d) before it was synced (line %d)", tr.writes[submit].began+1, synced.ended+1)
	}
	return nil
}

// synced finds the sync that made a message durable: the first that began after its
// transaction's last frame was written.
func (tr *trace) synced(asked *systemCall, has func(systemCall) bool) (*systemCall, error) {
	page := slices.IndexFunc(tr.log, has)
	if page < 1 || tr.log[page].began < asked.ended {
		return nil, fmt.Errorf("it was not written to the log after its request")
	}
	for i := page - 1; i+1 < len(tr.log); i++ { // a frame is a header, then a page
		if !commits(tr.log[i].data) {
			continue
		}
		last := tr.log[i+1].ended
		if at := slices.IndexFunc(tr.syncs, func(c systemCall) bool { return c.began > last }); at >= 0 {
			return &tr.syncs[at], nil
		}
		return nil, fmt.Errorf("its commit was never synced")
	}
	return nil, fmt.Errorf("it was never committed")
}

// commits tells whether octets are the header of a frame that ends a transaction:
// 24 of them, the second word the size of the database (SQLite file format §4.1).
func commits(header []byte) bool {
	const size = 24
	return len(header) == size && binary.BigEndian.Uint32(header[4:]) != 0
}
