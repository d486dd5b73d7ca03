package main

import (
	"encoding/binary"
	"math/bits"
	"regexp/syntax"
	"slices"
)

// An automaton reads a number digit by digit by the patterns of several countries at once, and
// so can say, of a beginning alone, whose the numbers with that beginning are.
type automaton struct {
	patterns []*syntax.Prog
	lengths  uint16 // bit n: a number may have n digits
	memo     map[string]owners
}

// A state is, per pattern, where in its program reading may stand: sorted.
type state [][]uint32

// owners is a set of countries: bit i is the country of pattern i.
type owners uint32

// newAutomaton takes patterns of digits. The first that matches a whole number owns it.
func newAutomaton(patterns []string, lengths uint16) (*automaton, error) {
	a := &automaton{lengths: lengths, memo: map[string]owners{}}
	for _, pattern := range patterns {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil, err
		}
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			return nil, err
		}
		a.patterns = append(a.patterns, program)
	}
	return a, nil
}

func (a *automaton) start() state {
	s := make(state, len(a.patterns))
	for i, program := range a.patterns {
		s[i] = follow(program, nil, uint32(program.Start))
	}
	return s
}

func (a *automaton) step(s state, digit rune) state {
	next := make(state, len(s))
	for i, program := range a.patterns {
		for _, pc := range s[i] {
			if inst := &program.Inst[pc]; inst.MatchRune(digit) {
				next[i] = follow(program, next[i], inst.Out)
			}
		}
		slices.Sort(next[i])
	}
	return next
}

// follow adds to the set what can be reached from pc without reading a digit.
func follow(program *syntax.Prog, set []uint32, pc uint32) []uint32 {
	switch inst := &program.Inst[pc]; inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return follow(program, follow(program, set, inst.Out), inst.Arg)
	case syntax.InstCapture, syntax.InstNop:
		return follow(program, set, inst.Out)
	case syntax.InstFail:
		return set
	}
	if slices.Contains(set, pc) {
		return set
	}
	return append(set, pc)
}

// owner is who owns the number of n digits that has been read, or nobody.
func (a *automaton) owner(s state, n int) owners {
	if a.lengths>>n&1 == 0 {
		return 0
	}
	for i, program := range a.patterns {
		for _, pc := range s[i] {
			if program.Inst[pc].Op == syntax.InstMatch {
				return 1 << i
			}
		}
	}
	return 0
}

// ownersFrom is everyone who owns a number that begins with the n digits that have been read.
func (a *automaton) ownersFrom(s state, n int) owners {
	key := s.key(n)
	if known, ok := a.memo[key]; ok {
		return known
	}
	found := a.owner(s, n)
	if n < bits.Len16(a.lengths)-1 && !s.dead() {
		for digit := '0'; digit <= '9'; digit++ {
			found |= a.ownersFrom(a.step(s, digit), n+1)
		}
	}
	a.memo[key] = found
	return found
}

func (s state) dead() bool {
	return !slices.ContainsFunc(s, func(set []uint32) bool { return len(set) > 0 })
}

func (s state) key(n int) string {
	key := []byte{byte(n)}
	for _, set := range s {
		for _, pc := range set {
			key = binary.AppendUvarint(key, uint64(pc)+1)
		}
		key = append(key, 0)
	}
	return string(key)
}
