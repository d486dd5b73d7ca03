package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/house/leak"
)

// event is one line of `go test -json`; see `go doc test2json`. Build output carries ImportPath in place of Package.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
}

type verdict int

const (
	unfinished verdict = iota
	passed
	failed
	skipped
)

// A test is one function or subtest. Only leaves are counted: a test with subtests stands for them, unless it failed
// by itself.
type test struct {
	verdict verdict
	output  []string
	parent  bool // has subtests
	begun   bool // false for what only looks like a parent, as TestA/text does in TestA/text/html
	fuzzed  bool // was driven by the fuzzing engine, not just over its seeds
}

// A run is one package's tests, from the first event to the verdict on the package.
type run struct {
	tests  map[string]*test
	output []string // what belongs to no test
}

type tally struct {
	out     io.Writer
	runs    map[string]*run     // by package, those under way
	builds  map[string][]string // compiler output, by import path
	counts  [skipped + 1]int
	groups  map[string]int
	trouble []string // commands and packages that failed, with no failed test to show for it
	leaks   []string // what was printed and should not have been
	exits   []string
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, runs: map[string]*run{}, builds: map[string][]string{}, groups: map[string]int{}}
}

// read takes events until the stream ends. A line that is no event is passed through: it is a tool's word to the reader.
func (t *tally) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				fmt.Fprintf(t.out, "%s", line)
			} else {
				t.take(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the stream: %w", err)
		}
	}
}

func (t *tally) take(e event) {
	if what := leak.In(e.Output); what != "" {
		t.leaks = append(t.leaks, fmt.Sprintf("%s gives away %s: %s", strings.TrimSpace(e.Package+" "+e.Test), what, strings.TrimSpace(e.Output)))
	}
	switch {
	case e.Action == "exit":
		t.exits = append(t.exits, e.Output)
	case e.Action == "build-output":
		t.builds[e.ImportPath] = append(t.builds[e.ImportPath], e.Output)
	case e.Action == "build-fail":
		fmt.Fprint(t.out, strings.Join(t.builds[e.ImportPath], ""))
	case e.Package == "":
	case e.Test == "":
		t.takePackage(e)
	default:
		t.run(e.Package).take(e)
	}
}

func (t *tally) takePackage(e event) {
	r := t.run(e.Package)
	switch e.Action {
	case "output":
		r.output = append(r.output, e.Output)
	case "pass", "fail", "skip":
		t.close(e.Package, e.Action, e.Elapsed)
	}
}

func (t *tally) run(pkg string) *run {
	if t.runs[pkg] == nil {
		t.runs[pkg] = &run{tests: map[string]*test{}}
	}
	return t.runs[pkg]
}

func (r *run) test(name string) *test {
	if r.tests[name] == nil {
		r.tests[name] = &test{}
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			r.test(name[:i]).parent = true
		}
	}
	return r.tests[name]
}

func (r *run) take(e event) {
	test := r.test(e.Test)
	test.begun = true
	switch e.Action {
	case "output":
		test.output = append(test.output, e.Output)
		test.fuzzed = test.fuzzed || strings.HasPrefix(e.Output, "fuzz: elapsed")
	case "pass":
		test.verdict, test.output = passed, nil
	case "fail":
		test.verdict = failed
	case "skip":
		test.verdict = skipped
	}
}

// close counts a package whose verdict is in. A test without a verdict was cut off, by a crash or an os.Exit: it failed.
func (t *tally) close(pkg, action string, elapsed float64) {
	r := t.runs[pkg]
	delete(t.runs, pkg)
	var counts [skipped + 1]int
	for _, name := range slices.Sorted(maps.Keys(r.tests)) {
		test := r.tests[name]
		if test.begun && test.verdict == unfinished {
			test.verdict = failed
		}
		if test.parent && (test.verdict != failed || r.childFailed(name)) {
			continue
		}
		counts[test.verdict]++
		t.count(name, test)
	}
	if action == "fail" && counts[failed] == 0 {
		t.trouble = append(t.trouble, pkg)
	}
	t.report(pkg, action, elapsed, counts, r)
}

func (r *run) childFailed(name string) bool {
	for child, test := range r.tests {
		if strings.HasPrefix(child, name+"/") && (test.verdict == failed || test.verdict == unfinished) {
			return true
		}
	}
	return false
}

func (t *tally) count(name string, test *test) {
	t.counts[test.verdict]++
	if test.verdict == skipped {
		return
	}
	for _, g := range groups {
		if g.has(name, test.fuzzed) {
			t.groups[g.name]++
		}
	}
}
