package rig

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Process is one that a rig has started. What it prints goes to a file of the rig's.
type Process struct {
	Name string
	cmd  *exec.Cmd
	log  string
}

// Start starts a program. The rig's Close stops it, if nobody did before.
func (r *Rig) Start(name, program string, args ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(program, args...), log: r.Path(name + ".log")}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	r.started = append(r.started, p)
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the process to end, and insists after a while. Calling it again is safe.
func (p *Process) Stop() {
	insist := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer insist.Stop()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait() // its status says only that it was asked to end, or that it has
}

// LogTail returns the last lines of what the process printed, or the reason why they cannot be had.
func (p *Process) LogTail() string {
	file, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if end, err := file.Seek(0, io.SeekEnd); err == nil {
		_, err = file.Seek(max(0, end-2000), io.SeekStart)
		if err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Serves waits until the process answers url with 200.
func (p *Process) Serves(ctx context.Context, url string) error {
	err := Until(ctx, 20*time.Second, func(ctx context.Context) error {
		_, err := Get(ctx, url)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", p.Name, err, p.LogTail())
	}
	return nil
}

// Until tries again every 20 ms until try is content, and returns its last error when patience or ctx ends before.
func Until(ctx context.Context, patience time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // the context's own end says less than what was wrong before
		}
		select {
		case <-ctx.Done():
			return last
		case <-tick.C:
		}
	}
}

// Get returns the body of a page that is answered with 200.
func Get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return body, err
}
