package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// report prints a package's line, and under it all that its failed and skipped tests had to say.
func (t *tally) report(pkg, action string, elapsed float64, counts [skipped + 1]int, r *run) {
	if action == "skip" { // no test files
		return
	}
	word := map[string]string{"pass": "ok  ", "fail": "FAIL"}[action]
	fmt.Fprintf(t.out, "%s %-70s %7.2fs %5d passed", word, pkg, elapsed, counts[passed])
	if n := counts[failed]; n > 0 {
		fmt.Fprintf(t.out, ", %d failed", n)
	}
	if n := counts[skipped]; n > 0 {
		fmt.Fprintf(t.out, ", %d skipped", n)
	}
	fmt.Fprintln(t.out)
	for _, name := range slices.Sorted(maps.Keys(r.tests)) {
		if v := r.tests[name].verdict; v == failed || v == skipped {
			t.print(r.tests[name].output)
		}
	}
	if action == "fail" {
		t.print(r.output)
	}
}

// print leaves out the lines that only say which test is on: the verdict names it again.
func (t *tally) print(lines []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(t.out, "    ", line)
		}
	}
}

// finish closes what the stream left open, prints the counts, and returns the number of failures of every kind.
func (t *tally) finish(expected []expectation) int {
	for _, pkg := range slices.Sorted(maps.Keys(t.runs)) {
		t.runs[pkg].output = append(t.runs[pkg].output, "the stream ended before this package did\n")
		t.close(pkg, "fail", 0)
	}
	missing := t.missing(expected)
	missing = append(missing, t.leaks...)
	failures := t.counts[failed] + t.counts[skipped] + len(t.trouble) + len(missing)
	if failures == 0 {
		missing = append(missing, t.exits...)
		failures = len(t.exits)
	}
	if failures == 0 && t.counts[passed] == 0 {
		missing = append(missing, "no test ran")
		failures = 1
	}

	fmt.Fprintf(t.out, "\ntests: %d passed, %d failed, %d skipped\n", t.counts[passed], t.counts[failed], t.counts[skipped])
	for _, g := range groups {
		fmt.Fprintf(t.out, "  %-9s %d ran\n", g.name, t.groups[g.name])
	}
	for _, pkg := range t.trouble {
		fmt.Fprintf(t.out, "failed as a whole: %s\n", pkg)
	}
	for _, m := range missing {
		fmt.Fprintf(t.out, "failed: %s\n", m)
	}
	fmt.Fprintf(t.out, "%d passed, %d failed\n", t.counts[passed], failures)
	return failures
}

func (t *tally) missing(expected []expectation) []string {
	var missing []string
	for _, e := range expected {
		if n := t.groups[e.group]; n < e.least {
			missing = append(missing, fmt.Sprintf("%s: %d ran, expected %d or more", e.group, n, e.least))
		}
	}
	return missing
}
