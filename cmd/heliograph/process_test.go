package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/house/leak"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// process is the program, running. Whatever a test does, it is gone when the test
// ends.
type process struct {
	t           *testing.T
	name        string
	cmd         *exec.Cmd
	out, errors *transcript
	gone        chan struct{} // closed once it has ended and all it printed was read
}

// launch starts `heliograph args…`: TestMain has put this test's own binary in the
// path under that name.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	return launchWith(t, nil, args...)
}

// launchWith launches with more in the environment, NAME=value each.
func launchWith(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	cmd := exec.Command("heliograph", args...)
	cmd.Env = append(os.Environ(), environ...)
	return startProcess(t, cmd)
}

func startProcess(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{
		t: t, name: strings.Join(cmd.Args, " "), cmd: cmd,
		out: newTranscript(), errors: newTranscript(), gone: make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.errors
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.gone)
		_ = p.cmd.Wait() // what it says stands in ProcessState
	}()
	t.Cleanup(p.finish)
	return p
}

func (p *process) finish() {
	p.kill()
	if strings.Contains(p.errors.String(), "DATA RACE") { // the binary has the race detector that the test has
		p.t.Errorf("%s has a data race", p.name)
	}
	for line := range strings.Lines(p.out.String() + p.errors.String()) {
		if what := leak.In(line); what != "" {
			p.t.Errorf("%s gave away %s: %s", p.name, what, line)
		}
	}
	if p.t.Failed() && !p.cmd.ProcessState.Success() {
		p.t.Logf("%s ended with %s and had printed:\n%s%s", p.name, p.cmd.ProcessState, p.out.tail(), p.errors.tail())
	}
}

// kill ends the process as a crash would, and waits.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.gone
}

// terminate asks the process to stop; see exit.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// exit waits for the process to end by itself and gives its exit status.
func (p *process) exit(limit time.Duration) int {
	p.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		p.t.Fatalf("%s did not end within %s", p.name, limit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop ends the process in good order.
func (p *process) stop() {
	p.t.Helper()
	p.terminate()
	p.stopped()
}

// stopped waits for a process that was told to stop.
func (p *process) stopped() {
	p.t.Helper()
	if status := p.exit(patience); status != exitDone {
		p.t.Errorf("%s was told to stop and ended with %d", p.name, status)
	}
}

// await waits until the process has printed what the pattern matches, and gives
// the submatches.
func (p *process) await(from *transcript, pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for over := false; ; {
		found, more := from.find(re)
		switch {
		case found != nil:
			return found
		case over:
			p.t.Fatalf("%s did not print %s", p.name, pattern)
		}
		select {
		case <-more:
		case <-p.gone:
			over = true
		case <-timer.C:
			over = true
		}
	}
}

// succeed runs a command to its end and gives what it printed.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	p := launch(t, args...)
	if status := p.exit(patience); status != exitDone {
		t.Fatalf("%s ended with %d", p.name, status)
	}
	return p.out.String()
}

// complains checks that a command fails by itself, with one clear line.
func complains(t *testing.T, want string, args ...string) {
	t.Helper()
	p := launch(t, args...)
	status := p.exit(patience)
	said := p.errors.String()
	line, more, _ := strings.Cut(said, "\n")
	if status != exitFailed || more != "" || !regexp.MustCompile("^heliograph: .*"+want).MatchString(line) {
		t.Errorf("%s ended with %d and said\n%swant %d and one line like %q", p.name, status, said, exitFailed, want)
	}
}

// transcript is what a process prints, and lets a test wait for more of it.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by the next write
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// find looks for a pattern; more is closed when it is worth another look.
func (s *transcript) find(re *regexp.Regexp) (found []string, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return re.FindStringSubmatch(s.text.String()), s.more
}

// tail is the end of it, for the log of a failed test.
func (s *transcript) tail() string {
	const most = 4000
	text := s.String()
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
