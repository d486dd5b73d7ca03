package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTableIsUpToDate(t *testing.T) {
	countries, err := read()
	if err != nil {
		t.Fatal(err)
	}
	want, err := write(countries)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../countries_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("countries_gen.go is not what phonenumbers says: run go generate ./internal/phone")
	}
}

func TestAutomatonFindsEveryOwner(t *testing.T) {
	a, err := newAutomaton([]string{"77[01]|9", "7[0-9]{2}", `(?:5|64)\d*`}, 1<<3|1<<4)
	if err != nil {
		t.Fatal(err)
	}
	for read, want := range map[string]owners{
		"":     0b111,
		"7":    0b011,
		"77":   0b011,
		"770":  0b001,
		"772":  0b010,
		"70":   0b010,
		"9":    0, // has an owner, but too few digits
		"5":    0b100,
		"64":   0b100,
		"65":   0,
		"5000": 0b100,
	} {
		s := a.start()
		for _, digit := range read {
			s = a.step(s, digit)
		}
		if got := a.ownersFrom(s, len(read)); got != want {
			t.Errorf("%q: %03b, want %03b", read, got, want)
		}
	}
}
