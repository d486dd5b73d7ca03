// Tally reads streams of `go test -json` on standard input, one after another, and says what ran:
//
//	go test -json ./... | tally -expect sqlite,postgres,client,fuzz=3
//
// It prints a line for each package, the whole output of each failure and nothing of what passed, then counts. A skipped
// test is a failure, and so is an expected group of which fewer tests ran than the number after = (1 without one): a run
// without its second database must not look like success. The last line is "N passed, N failed"; the exit status is 1
// where the second number is not 0.
//
// Nothing of a test that passed is shown, but all of it is read: a log with a key, a text or a number in it (package
// leak) is a failure too.
//
// A line {"Action":"exit","Output":"…"} in the stream tells of a command that failed. It counts where no test did.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	expect := flag.String("expect", "", "groups that must have run, and how many of each: sqlite,client,fuzz=3")
	flag.Parse()
	expected, err := parseExpect(*expect)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(2)
	}
	t := newTally(os.Stdout)
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(2)
	}
	if failed := t.finish(expected); failed > 0 {
		os.Exit(1)
	}
}
