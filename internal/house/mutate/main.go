// Mutate switches mechanisms off, each by itself, and runs the test that guards each:
//
//	go run ./internal/house/mutate [-run claim]
//
// A mutation is a small change of one source file, kept out of the tree by the go
// command's -overlay. The test has to pass without it (make test shows that) and to
// fail with it; a mutation that its test survives, or that does not compile, is an
// error of this program's run. The database tests want HELIOGRAPH_TEST_POSTGRES:
// make mutate sets it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

func main() {
	only := flag.String("run", "", "only mutations whose description this regular expression matches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := mutateAll(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func mutateAll(ctx context.Context, only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(mutations), func(m mutation) bool { return !wanted.MatchString(m.what) })
	if len(chosen) == 0 {
		return fmt.Errorf("no mutation matches %q", only)
	}
	survived := tryAll(ctx, chosen)
	fmt.Printf("%d mutations, %d caught\n", len(chosen), len(chosen)-len(survived))
	return errors.Join(survived...)
}

// tryAll tries as many at a time as there are processors, and tells of each when it is done.
func tryAll(ctx context.Context, all []mutation) (survived []error) {
	next := make(chan *mutation)
	var workers sync.WaitGroup
	var told sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for m := range next {
				err := m.isCaught(ctx)
				told.Lock()
				if err != nil {
					survived = append(survived, fmt.Errorf("%s: %w", m.what, err))
					fmt.Printf("NOT CAUGHT  %s: %v\n", m.what, err)
				} else {
					fmt.Printf("caught      %s, by %s\n", m.what, m.test)
				}
				told.Unlock()
			}
		})
	}
	for i := range all {
		next <- &all[i]
	}
	close(next)
	workers.Wait()
	return survived
}

// isCaught runs the mutation's test on the mutated source: nil when it fails.
func (m *mutation) isCaught(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(dir)
	if err != nil {
		return err
	}
	args := []string{"test", "-overlay", overlay, "-vet", "off", "-ldflags", "-s -w", "-count", "1", "-timeout", "3m", "-run", "^" + m.test + "$"}
	if strings.HasPrefix(m.test, "TestFailpoint") {
		args = append(args, "-tags", "failpoint")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, m.folder())...)
	output, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return fmt.Errorf("%s passes", m.test)
	case ctx.Err() != nil:
		return ctx.Err()
	case strings.Contains(string(output), "--- FAIL: "+m.test), strings.Contains(string(output), "panic: test timed out"):
		return nil
	}
	return fmt.Errorf("%s did not run: %w\n%s", m.test, err, output)
}

func (m *mutation) folder() string { return "./" + strings.TrimSuffix(m.in, "/") }

// overlay writes the mutated file and the go command's map to it.
func (m *mutation) overlay(dir string) (path string, err error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.from); n != 1 {
		return "", fmt.Errorf("%s has %d places like %q, want one: the mutation is out of date", m.file, n, m.from)
	}
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, []byte(strings.Replace(string(source), m.from, m.to, 1)), 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutated}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}
