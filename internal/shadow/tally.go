package shadow

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// An Outcome says what came of a call.
type Outcome string

// The outcomes of calls. Only the first two were compared.
const (
	OutcomeSame       Outcome = "same"
	OutcomeDifferent  Outcome = "different"
	OutcomeNotAsked   Outcome = "not asked"       // the method is none of those that are put to ours
	OutcomeDropped    Outcome = "dropped"         // too many calls were being compared
	OutcomeUnreadable Outcome = "unreadable"      // over 1 MiB, cut, in an unknown encoding, or no key of ours for it
	OutcomeUpstream   Outcome = "upstream failed" // the client got 502
	OutcomeOurs       Outcome = "ours failed"     // no answer, not in time, or over 1 MiB
)

func outcomes() []Outcome {
	return []Outcome{OutcomeSame, OutcomeDifferent, OutcomeNotAsked, OutcomeDropped, OutcomeUnreadable, OutcomeUpstream, OutcomeOurs}
}

// Clients and servers choose names and fields: a tally remembers no more than this.
const (
	maxMethods   = 300
	maxRemarks   = 200 // differences of one method
	otherMethods = "other"
)

// A Tally counts what came of calls, method by method, and remembers in what their
// answers differed. It is safe for concurrent use.
type Tally struct {
	mu       sync.Mutex
	methods  map[string]*methodTally
	expected []string // methods of which the text says that no call used them
	report   *json.Encoder
	err      error // of the report, the first
	now      func() time.Time
}

type methodTally struct {
	outcomes    map[Outcome]int
	differences map[Difference]int // in how many answers
	more        int                // differences that were not remembered
}

// NewTally makes a tally that writes a line of JSON to the report whenever a method
// differs in a new way. The report may be io.Discard.
func NewTally(report io.Writer, now func() time.Time) *Tally {
	encoder := json.NewEncoder(report)
	encoder.SetEscapeHTML(false)
	return &Tally{methods: map[string]*methodTally{}, report: encoder, now: now}
}

// expect has the text name those methods that no call used: a name may be misspelt, and
// then nothing else would say so. Which methods a server has is not known here.
func (t *Tally) expect(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = names
}

// Add counts a call of a method.
func (t *Tally) Add(method string, outcome Outcome, found []Difference) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, m := t.of(method)
	m.outcomes[outcome]++
	for _, d := range found {
		if m.remember(d) {
			t.write(discovery{"difference", t.now().UTC().Format(time.RFC3339), name, d})
		}
	}
}

func (t *Tally) of(method string) (string, *methodTally) {
	if t.methods[method] == nil && len(t.methods) >= maxMethods {
		method = otherMethods
	}
	m := t.methods[method]
	if m == nil {
		m = &methodTally{outcomes: map[Outcome]int{}, differences: map[Difference]int{}}
		t.methods[method] = m
	}
	return method, m
}

// remember counts a difference, and reports whether it is new.
func (m *methodTally) remember(d Difference) (added bool) {
	known := m.differences[d] > 0
	if !known && len(m.differences) >= maxRemarks {
		m.more++
		return false
	}
	m.differences[d]++
	return !known
}

// A discovery is a line of the report: a method differs in a way not seen before.
type discovery struct {
	Event  string `json:"event"` // difference
	Time   string `json:"time"`  // RFC 3339, UTC
	Method string `json:"method"`
	Difference
}

// A summary is a line of the report at its end: all that was counted of a method.
type summary struct {
	Event       string          `json:"event"` // summary
	Method      string          `json:"method"`
	Outcomes    map[Outcome]int `json:"outcomes"`
	Differences []counted       `json:"differences"`
	More        int             `json:"more,omitempty"` // differences beyond those
}

type counted struct {
	Difference
	Answers int `json:"answers"`
}

func (t *Tally) write(line any) {
	if err := t.report.Encode(line); err != nil && t.err == nil {
		t.err = fmt.Errorf("write the report: %w", err)
	}
}

// Close writes the summaries to the report, and gives the first error of writing it.
func (t *Tally) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(t.methods)) {
		m := t.methods[name]
		t.write(summary{"summary", name, m.outcomes, m.sorted(), m.more})
	}
	return t.err
}

func (m *methodTally) sorted() []counted {
	list := make([]counted, 0, len(m.differences))
	for _, d := range slices.SortedFunc(maps.Keys(m.differences), less) {
		list = append(list, counted{d, m.differences[d]})
	}
	return list
}

// Compared counts the calls that were compared, and those of them that differed.
func (t *Tally) Compared() (all, different int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.methods {
		all += m.outcomes[OutcomeSame] + m.outcomes[OutcomeDifferent]
		different += m.outcomes[OutcomeDifferent]
	}
	return all, different
}

// Calls counts all calls.
func (t *Tally) Calls() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.methods {
		for _, count := range m.outcomes {
			n += count
		}
	}
	return n
}

// WriteText writes the tally for people: a line for each method, then what differs, then
// which of the expected methods were never called.
func (t *Tally) WriteText(w io.Writer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "METHOD")
	for _, o := range outcomes() {
		fmt.Fprintf(table, "\t%s", o)
	}
	fmt.Fprintln(table)
	names := slices.Sorted(maps.Keys(t.methods))
	for _, name := range names {
		fmt.Fprint(table, name)
		for _, o := range outcomes() {
			fmt.Fprintf(table, "\t%d", t.methods[name].outcomes[o])
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, name := range names {
		t.methods[name].writeText(w, name)
	}
	never := slices.DeleteFunc(slices.Clone(t.expected), func(expected string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, expected) })
	})
	if len(never) > 0 {
		fmt.Fprintf(w, "\nnever called: %s\n", strings.Join(never, ", "))
	}
	return nil
}

func (m *methodTally) writeText(w io.Writer, name string) {
	if len(m.differences) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", name)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range m.sorted() {
		fmt.Fprintf(table, "  %s\t%s\t%s\tin %d\n", c.Kind, orDash(c.Path), c.words(), c.Answers)
	}
	table.Flush()
	if m.more > 0 {
		fmt.Fprintf(w, "  and %d more\n", m.more)
	}
}

// words say what a difference is between.
func (d Difference) words() string {
	if d.Theirs == "" && d.Ours == "" {
		return "differ"
	}
	return "theirs " + orDash(d.Theirs) + ", ours " + orDash(d.Ours)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
