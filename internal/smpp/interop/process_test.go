//go:build interop

package interop

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// patience bounds what must happen; no test waits for it when all is well.
const patience = 20 * time.Second

// process is a program of Kannel's. What it writes goes to a file, whose end is shown when the test fails.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	gone chan struct{} // closed when it has left, for the reason in err
	err  error
}

// start runs a program until stop, or until the test ends.
func start(t testing.TB, name string, args ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the program has its own
	p := &process{name: name, log: log.Name(), gone: make(chan struct{})}
	p.cmd = exec.Command(find(t, name), args...)
	p.cmd.Dir = filepath.Dir(p.log)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.gone)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the end of what %s wrote:\n%s", p.name, p.tail())
		}
	})
	return p
}

// find looks where Debian puts Kannel, too: a user's PATH may lack sbin.
func find(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path, err := exec.LookPath(filepath.Join("/usr/sbin", name))
	if err != nil {
		t.Fatalf("%v: these tests need Kannel, Debian's package kannel", err)
	}
	return path
}

// stop asks the program to leave and, after a while, makes it. How it leaves is not judged: smsbox is known to crash on
// its way out. Calling it twice is safe.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails if it has left already
	patient := time.NewTimer(patience)
	defer patient.Stop()
	select {
	case <-p.gone:
	case <-patient.C:
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
}

// tail is the last of the log, in whole lines.
func (p *process) tail() []byte {
	const most = 30_000
	log, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	if len(log) > most {
		_, log, _ = bytes.Cut(log[len(log)-most:], []byte("\n"))
	}
	return log
}

// freePorts finds n different ports of loopback on which nobody listens.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		ln := listen(t)
		defer ln.Close() // not before all are found: so they differ
		ports[i] = strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// await takes the next event.
func await[T any](t testing.TB, what string, events <-chan T) T {
	t.Helper()
	return awaitOne(t, what, events, func(T) bool { return true })
}

// awaitOne takes events until one is wanted. However many others come, it loses patience.
func awaitOne[T any](t testing.TB, what string, events <-chan T, wanted func(T) bool) T {
	t.Helper()
	patient := time.NewTimer(patience)
	defer patient.Stop()
	for {
		select {
		case event := <-events:
			if wanted(event) {
				return event
			}
		case <-patient.C:
			t.Fatalf("never: %s", what)
		}
	}
}
