package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A group is a kind of test that can be left out without anyone noticing, so it is counted by itself.
type group struct {
	name string
	has  func(name string, fuzzed bool) bool
}

var groups = [...]group{
	{"sqlite", named("/sqlite")},
	{"postgres", named("/postgres")},
	{"client", named("TestClient")},
	{"browser", named("TestBrowser")},
	{"interop", named("TestInterop")},
	{"torture", named("TestTorture")},
	{"fuzz", func(_ string, fuzzed bool) bool { return fuzzed }},
}

func named(part string) func(string, bool) bool {
	return func(name string, _ bool) bool { return strings.Contains(name, part) }
}

// expectation is a group and the fewest of its tests that must have run.
type expectation struct {
	group string
	least int
}

func parseExpect(list string) ([]expectation, error) {
	var expected []expectation
	for item := range strings.SplitSeq(list, ",") {
		if item == "" {
			continue
		}
		name, count, counted := strings.Cut(item, "=")
		e := expectation{group: name, least: 1}
		if counted {
			n, err := strconv.Atoi(count)
			if err != nil {
				return nil, fmt.Errorf("expecting %q: %w", item, err)
			}
			e.least = max(n, 1)
		}
		if !known(name) {
			return nil, fmt.Errorf("expecting %q: no such group", item)
		}
		expected = append(expected, e)
	}
	return expected, nil
}

func known(name string) bool {
	for _, g := range groups {
		if g.name == name {
			return true
		}
	}
	return false
}
