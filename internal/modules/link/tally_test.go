package link

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestATallyIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := noCounts()
		for range rapid.IntRange(0, 40).Draw(t, "clicks") {
			n := count{rapid.Int64Range(1, 1<<40).Draw(t, "n"), rapid.Int64Range(0, 1<<40).Draw(t, "people")}
			all.count(minuteOf{rapid.Int64().Draw(t, "link"), rapid.Int64().Draw(t, "minute")}, rapid.StringN(0, 8, -1).Draw(t, "code"), n)
		}
		read, err := decodeTally(all.sorted().encode())
		again := noCounts()
		again.addAll(read)
		if err != nil || !reflect.DeepEqual(again, all) {
			t.Fatalf("%v, %v; want %v", again, err, all)
		}
	})
}

func FuzzTally(f *testing.F) {
	all := noCounts()
	all.count(minuteOf{7, 29_000_000}, "AbCdEfG", count{2, 1})
	all.count(minuteOf{9, 29_000_001}, "", count{1, 1})
	f.Add(all.sorted().encode())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		read, err := decodeTally(body)
		if err != nil {
			return
		}
		again, err := decodeTally(read.encode())
		if err != nil || !reflect.DeepEqual(again, read) {
			t.Errorf("%v, %v; want %v", again, err, read)
		}
	})
}
