package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/house/leak"
)

// events writes a stream in short: "action package test", the rest of the line being output.
func events(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		f := append(strings.SplitN(line, " ", 4), "", "", "")
		fmt.Fprintf(&b, `{"Action":%q,"Package":%q,"Test":%q,"Output":%q}`+"\n", f[0], f[1], strings.Trim(f[2], "-"), f[3])
	}
	return b.String()
}

func TestTallyCountsWhatRan(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream string
		expect string
		last   string   // the last line
		says   []string // parts of the output
		silent []string // what the output must not have
	}{{
		name:   "passing tests say nothing but their number",
		stream: events("output p TestA chatter", "pass p TestA", "pass p TestB", "pass p -"),
		last:   "2 passed, 0 failed",
		silent: []string{"chatter"},
	}, {
		name:   "a failure is shown whole, another test's words are not",
		stream: events("output p TestA because\n", "fail p TestA", "output p TestB chatter\n", "pass p TestB", "fail p -"),
		last:   "1 passed, 1 failed",
		says:   []string{"because", "FAIL p"},
		silent: []string{"chatter", "failed as a whole"},
	}, {
		name:   "subtests stand for their parent",
		stream: events("run p TestA", "pass p TestA/one", "fail p TestA/two", "fail p TestA", "fail p -"),
		last:   "1 passed, 1 failed",
	}, {
		name:   "a slash in a subtest's name makes no parent",
		stream: events("run p TestA", "pass p TestA/text/html", "pass p TestA", "pass p -"),
		last:   "1 passed, 0 failed",
	}, {
		name:   "a parent that fails after its subtests passed is a failure",
		stream: events("pass p TestA/one", "fail p TestA", "fail p -"),
		last:   "1 passed, 1 failed",
	}, {
		name:   "a skipped test is a failure and gives its reason",
		stream: events("output p TestA no database\n", "skip p TestA", "pass p TestB", "pass p -"),
		last:   "1 passed, 1 failed",
		says:   []string{"no database", "1 skipped"},
	}, {
		name:   "a package without tests is nothing",
		stream: events("skip p -", "pass q TestA", "pass q -"),
		last:   "1 passed, 0 failed",
	}, {
		name:   "a package that fails without a test fails as a whole",
		stream: events("pass p TestA", "output p - panic in TestMain\n", "fail p -"),
		last:   "1 passed, 1 failed",
		says:   []string{"panic in TestMain", "failed as a whole: p"},
	}, {
		name: "the compiler's words are shown",
		stream: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
` + events("fail p -"),
		last: "0 passed, 1 failed",
		says: []string{"undefined: x"},
	}, {
		name:   "a test cut off by a crash is a failure",
		stream: events("run p TestA", "pass p TestB", "fail p -"),
		last:   "1 passed, 1 failed",
	}, {
		name:   "a stream cut off is a failure",
		stream: events("pass p TestA", "run p TestB"),
		last:   "1 passed, 1 failed",
		says:   []string{"the stream ended"},
	}, {
		name:   "a command that fails without a failed test is a failure",
		stream: events("pass p TestA", "pass p -", "exit - - status 1 of go"),
		last:   "1 passed, 1 failed",
		says:   []string{"status 1 of go"},
	}, {
		name:   "a command that fails for its tests adds nothing",
		stream: events("fail p TestA", "fail p -", "exit - - status 1 of go"),
		last:   "0 passed, 1 failed",
	}, {
		name:   "nothing at all is a failure",
		stream: "go: no modules here\n",
		last:   "0 passed, 1 failed",
		says:   []string{"go: no modules here", "no test ran"},
	}, {
		name:   "engines are told apart by the subtest",
		stream: events("pass p TestA/sqlite", "pass p TestA/postgres/deep", "pass p -"),
		expect: "sqlite,postgres=1",
		last:   "2 passed, 0 failed",
	}, {
		name:   "an engine that no test ran on is a failure",
		stream: events("pass p TestA/sqlite", "pass p -"),
		expect: "sqlite,postgres",
		last:   "1 passed, 1 failed",
		says:   []string{"postgres: 0 ran"},
	}, {
		name:   "a skipped test did not run",
		stream: events("skip p TestClientNode", "pass p -"),
		expect: "client",
		last:   "0 passed, 2 failed",
	}, {
		name:   "a fuzz target that only went over its seeds was not fuzzed",
		stream: events("pass p FuzzA/seed#0", "pass p FuzzA", "pass p -"),
		expect: "fuzz",
		last:   "1 passed, 1 failed",
	}, {
		name: "a log that gives a secret away is a failure, whatever became of its test",
		stream: events("output p TestA level=INFO msg=sent to=77010000000\n", "pass p TestA", "output p - "+leak.Marker, "pass p -",
			"output p TestB level=INFO msg=sent to=7701****000\n", "pass p TestB", "pass p -"),
		last: "2 passed, 2 failed",
		says: []string{"p TestA gives away a whole number: level=INFO", "p gives away a secret"},
	}, {
		name: "streams follow one another, of the same package too",
		stream: events("pass p TestA", "pass p -", "output p FuzzA fuzz: elapsed: 3s", "pass p FuzzA", "pass p -",
			"output p FuzzB fuzz: elapsed: 3s", "pass p FuzzB", "pass p -"),
		expect: "fuzz=2",
		last:   "3 passed, 0 failed",
	}} {
		t.Run(c.name, func(t *testing.T) {
			expected, err := parseExpect(c.expect)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			tally := newTally(&out)
			if err := tally.read(strings.NewReader(c.stream)); err != nil {
				t.Fatal(err)
			}
			failures := tally.finish(expected)

			said := out.String()
			if !strings.HasSuffix(said, "\n"+c.last+"\n") {
				t.Errorf("the last line is not %q:\n%s", c.last, said)
			}
			if ok := strings.HasSuffix(c.last, " 0 failed"); ok != (failures == 0) {
				t.Errorf("%d failures under %q", failures, c.last)
			}
			for _, part := range c.says {
				if !strings.Contains(said, part) {
					t.Errorf("%q is missing:\n%s", part, said)
				}
			}
			for _, part := range c.silent {
				if strings.Contains(said, part) {
					t.Errorf("%q should not be shown:\n%s", part, said)
				}
			}
		})
	}
}

func TestExpectRefusesWhatIsNoGroup(t *testing.T) {
	for _, list := range []string{"mysql", "fuzz=many", "sqlite,,oracle"} {
		if _, err := parseExpect(list); err == nil {
			t.Errorf("parseExpect(%q) was content", list)
		}
	}
}
