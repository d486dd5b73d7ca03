package shadow

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func jsonAnswer(body string) Answer {
	return Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: []byte(body)}
}

func answerOf(t *rapid.T, data any) Answer {
	body, err := json.Marshal(map[string]any{"code": 0, "data": data, "message": ""})
	if err != nil {
		t.Fatal(err)
	}
	return jsonAnswer(string(body))
}

// scalars has one value of each type that a field can have.
func scalars() []any { return []any{"text", json.Number("1"), true, nil} }

// trees draws what an answer's data can be, with names that are none among its fields.
func trees(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 2
		if depth == 0 {
			kinds = 0
		}
		switch rapid.IntRange(0, kinds).Draw(t, "kind") {
		case 1:
			names := rapid.SampledFrom([]string{"id", "items", "segNum", "to", "77010000000", "two words", ""})
			return mapOf(rapid.MapOfN(names, trees(depth-1), 0, 4).Draw(t, "object"))
		case 2:
			return listOf(rapid.SliceOfN(trees(depth-1), 0, 3).Draw(t, "list"))
		default:
			return rapid.SampledFrom(scalars()).Draw(t, "scalar")
		}
	})
}

func mapOf(m map[string]any) any { return m }
func listOf(l []any) any         { return l }

// A mutation changes one thing in a tree, and knows what should be said of it.
type mutation struct {
	apply func()
	want  Difference
}

// mutations lists all single mutations below a place; set replaces what stands there.
func mutations(path string, v any, set func(any)) (all []mutation) {
	others := append(scalars(), map[string]any{}, []any{})
	for _, other := range others {
		if typeOf(other) != typeOf(v) {
			all = append(all, mutation{func() { set(other) }, Difference{KindType, path, typeOf(v), typeOf(other)}})
		}
	}
	switch v := v.(type) {
	case map[string]any:
		all = append(all, mutation{func() { v["added"] = "x" }, Difference{KindExtra, below(path, "added"), "", "str"}})
		for _, name := range slices.Sorted(maps.Keys(v)) {
			place := below(path, name)
			all = append(all, mutation{func() { delete(v, name) }, Difference{KindMissing, place, typeOf(v[name]), ""}})
			all = append(all, mutations(place, v[name], func(x any) { v[name] = x })...)
		}
	case []any:
		for i := range v {
			all = append(all, mutations(path+"[]", v[i], func(x any) { v[i] = x })...)
		}
	}
	return all
}

func TestAnAnswerDoesNotDifferFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := answerOf(t, trees(4).Draw(t, "data"))
		if found := Compare(a, a, true); len(found) > 0 {
			t.Fatalf("%s differs from itself: %+v", a.Body, found)
		}
	})
}

func TestEachMutationIsReportedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := trees(4).Draw(t, "data")
		theirs := answerOf(t, data)
		all := mutations("data", data, func(x any) { data = x })
		m := all[rapid.IntRange(0, len(all)-1).Draw(t, "mutation")]
		m.apply()
		ours := answerOf(t, data)
		if found := Compare(theirs, ours, true); len(found) != 1 || found[0] != m.want {
			t.Fatalf("theirs %s\nours %s\nreported %+v, want %+v", theirs.Body, ours.Body, found, m.want)
		}
	})
}

func TestWhatTwoAnswersDifferIn(t *testing.T) {
	const okay = `{"code":0,"data":{"id":"5","to":"77010000001"},"message":""}`
	type list = []Difference
	rows := []struct {
		name, theirs, ours string
		want               list
		values             bool
	}{
		{"the same, spelled otherwise", okay, "{ \"message\":\"\", \"data\":{\"to\":\"77010000001\",\"id\":\"5\"},\n\"code\":0}", nil, true},
		{"other values do not count", okay, `{"code":0,"data":{"id":"6","to":"77010000002"},"message":"hm"}`, nil, false},
		{"unless they shall", okay, `{"code":0,"data":{"id":"6","to":"77010000001"},"message":""}`, list{{KindValue, "data.id", "", ""}}, true},
		{"the code", okay, `{"code":2,"data":null,"message":"no such record"}`, list{{KindCode, "", "0", "2"}}, true},
		{"the code's type", okay, `{"code":"0","data":{"id":"5","to":"77010000001"},"message":""}`, list{{KindType, "code", "num", "str"}}, false},
		{"no envelope", okay, `[]`, list{{KindCode, "", "0", "none"}}, false},
		{"a code that is none", okay, `{"code":"77010000001"}`, list{{KindCode, "", "0", "none"}}, false},
		{
			"each item of a list", `{"code":0,"data":[{"a":1,"b":1},{"a":1,"b":1}]}`, `{"code":0,"data":[{"a":1},{"a":1},{}]}`,
			list{{KindMissing, "data[].b", "num", ""}}, false,
		},
		{"a list's length", `{"code":0,"data":[1]}`, `{"code":0,"data":[1,2]}`, list{{KindValue, "data[]", "", ""}}, true},
		{"no JSON", okay, `<h1>Bad Gateway</h1`, list{{KindFormat, "", "json", "other"}}, false},
		{"cut JSON", okay, okay[:20], list{{KindFormat, "", "json", "other"}}, false},
		{"two answers", okay, okay + okay, list{{KindFormat, "", "json", "other"}}, false},
		{"nothing", okay, ``, list{{KindFormat, "", "json", "empty"}}, false},
		{"files", "to;text\n1;a", "to;text\n2;b", nil, false},
		{"files, values counting", "to;text\n1;a", "to;text\n2;b", list{{KindValue, "", "", ""}}, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := Compare(jsonAnswer(row.theirs), jsonAnswer(row.ours), row.values); !slices.Equal(got, row.want) {
				t.Errorf("%+v, want %+v", got, row.want)
			}
		})
	}
}

func TestStatusAndContentTypeAreCompared(t *testing.T) {
	theirs, ours := jsonAnswer(`{}`), jsonAnswer(`{}`)
	ours.Status = 404
	ours.Header = http.Header{"Content-Type": {"Application/JSON"}}
	want := []Difference{
		{KindStatus, "", "200", "404"},
		{KindContent, "", "application/json; charset=utf-8", "application/json"},
	}
	if got := Compare(theirs, ours, false); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	ours.Header.Set("Content-Type", "text/html; charset=77010000000; x=secret")
	if got := fmt.Sprint(Compare(theirs, ours, false)); strings.Contains(got, "7701") || strings.Contains(got, "secret") {
		t.Errorf("a header's contents are repeated: %s", got)
	}
}

func TestXMLIsComparedAsFarAsItTells(t *testing.T) {
	xml := func(data string) string {
		return `<?xml version="1.0"?><response><code>0</code>` + data + `<message/></response>`
	}
	rows := []struct {
		name, theirs, ours string
		want               []Difference
	}{
		{"the same", xml(`<data><items><item><id>1</id></item></items></data>`), xml(`<data><items><item><id>2</id></item></items></data>`), nil},
		{"empty may be anything", xml(`<data/>`), xml(`<data><id>1</id></data>`), nil},
		{"a field", xml(`<data><id>1</id><to>1</to></data>`), xml(`<data><id>1</id></data>`), []Difference{{KindMissing, "data.to", "str", ""}}},
		{"of items", xml(`<data><item><id>1</id></item></data>`), xml(`<data><item><id>1</id><x>1</x></item></data>`), []Difference{{KindExtra, "data[].x", "", "str"}}},
		{"a list", xml(`<data><item>1</item></data>`), xml(`<data>1</data>`), []Difference{{KindType, "data", "list", "str"}}},
		{"items with a key are fields", xml(`<data><item key="a b">1</item></data>`), xml(`<data><x>1</x></data>`), []Difference{{KindMissing, "data.{}", "str", ""}, {KindExtra, "data.x", "", "str"}}},
		{"the code", xml(`<data/>`), `<response><code>8</code></response>`, []Difference{{KindCode, "", "0", "8"}}},
		{"JSON", xml(`<data/>`), `{"code":0}`, []Difference{{KindFormat, "", "xml", "json"}}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := Compare(jsonAnswer(row.theirs), jsonAnswer(row.ours), false); !slices.Equal(got, row.want) {
				t.Errorf("%+v, want %+v", got, row.want)
			}
		})
	}
}

// TestHostileAnswersAreBounded: what is deep, or differs in everything, costs little.
func TestHostileAnswersAreBounded(t *testing.T) {
	deep := func(n int) Answer {
		return jsonAnswer(`{"code":0,"data":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `}`)
	}
	for _, n := range []int{maxDepth, 9_000, 500_000} {
		Compare(deep(n), deep(n+1), true)
	}
	if d := parse([]byte(strings.Repeat("<a>", maxDepth+2) + strings.Repeat("</a>", maxDepth+2))); d.format != formatOther {
		t.Errorf("XML of %d levels is read", maxDepth+2)
	}
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, `,"f%dx%d":1`, i/100, i%100)
	}
	found := Compare(jsonAnswer(`{"code":0`+many.String()+`}`), jsonAnswer(`{"code":0}`), true)
	if len(found) != maxDifferences {
		t.Errorf("%d differences are kept, want %d", len(found), maxDifferences)
	}
}
