package api

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// members is a JSON object of n names, each there twice: with 1, then with again.
func members(n int, again string) []byte {
	var all []string
	for _, value := range []string{"1", again} {
		for i := range n {
			all = append(all, fmt.Sprintf(`"k%d":%s`, i, value))
		}
	}
	return []byte("{" + strings.Join(all, ",") + "}")
}

// allocated is how many bytes are allocated while body is read.
func allocated(t *testing.T, body []byte) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := newDecoder()
	if !d.json(body) || d.fault != nil {
		t.Fatalf("not read: %v", d.fault)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNullsCostNoMoreThanOtherValues: a name that is taken back costs what a name costs
// that is set again, however many there are.
func TestNullsCostNoMoreThanOtherValues(t *testing.T) {
	set, taken := allocated(t, members(maxKeys/2, "2")), allocated(t, members(maxKeys/2, "null"))
	if taken > 2*set {
		t.Errorf("%d bytes for names that end as null, %d for others", taken, set)
	}
}

func TestTheLastOfEqualNamesWinsNullIncluded(t *testing.T) {
	names := func(body string) (all []string) {
		d := newDecoder()
		d.json([]byte(body))
		for name, node := range d.root.All() {
			all = append(all, name)
			if d.root.Get(name) != node {
				t.Errorf("%s: %s is not found", body, name)
			}
		}
		return all
	}
	for body, want := range map[string][]string{
		`{"a":1,"b":2,"a":null}`:              {"b"},
		`{"a":1,"b":2,"a":null,"a":3}`:        {"a", "b"},
		`{"a":1,"a":null,"a":null}`:           nil,
		`{"a":{"x":1,"x":null},"b":1,"a":{}}`: {"a", "b"},
	} {
		if got := names(body); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", body, got, want)
		}
	}
	many := strings.TrimSuffix(string(members(40, "null")), "}") + `,"k7":1,"z":2}`
	if got := names(many); !slices.Equal(got, []string{"k7", "z"}) {
		t.Errorf("of many there are %v", got)
	}
}

func TestNoItemIsLostBehindTheHighestIndex(t *testing.T) {
	d := newDecoder()
	d.form("ids[999999999]=1&ids[]=2&ids[]=3&ids[1000000000]=9&ids[]=4")
	var got []string
	for _, item := range d.root.Get("ids").Items(false) {
		value, _ := item.Value()
		got = append(got, value)
	}
	if want := []string{"1", "9", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("the list is %v, want %v", got, want)
	}
}
