package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// documented is a result with every kind of field.
type documented struct {
	_     struct{} `doc:"A thing."`
	ID    int64    `json:"id,string" doc:"Its id."`
	Name  *string  `json:"name" doc:"Its name."`
	Count int      `json:"count" doc:"How many."`
	Note  string   `json:"note,omitempty" doc:"A note."`
	inner
	Tags  []string       `json:"tags" doc:"What it is known by."`
	Sums  map[string]int `json:"sums" doc:"By their names."`
	Child *documented    `json:"child" doc:"One inside it."`
	Mixed mixed          `json:"mixed" doc:"A number or a text."`
}

type inner struct {
	Flag bool `json:"flag" doc:"Whether it is so."`
}

type mixed string

func (mixed) JSONSchema() *Schema { return &Schema{Type: Types{typeString, typeInteger}} }

const wholeThing = `{"id":"1","name":null,"count":2,"flag":true,"tags":["a"],"sums":{"x":1},"child":null,"mixed":0}`

func documentedDoor(t *testing.T) *Door {
	answer := func(context.Context, *Call, *nothing) (any, error) { return nil, nil }
	return newDoor(t, nil,
		Define("thing", "Gives a thing.", answer, Returns[documented]("The thing.")),
		Define("many", "Does many.", answer, Returns[Processed]("Which were done.", CodePartlyDone, CodeNothingDone, CodeBackground)))
}

// TestAnAnswerIsWhatItsMethodDeclares and nothing more or less is let pass.
func TestAnAnswerIsWhatItsMethodDeclares(t *testing.T) {
	d := documentedDoor(t)
	with := func(old, new string) string {
		if !strings.Contains(wholeThing, old) {
			t.Fatalf("no %s to change", old)
		}
		return `{"code":0,"data":` + strings.Replace(wholeThing, old, new, 1) + `,"message":""}`
	}
	for _, tt := range []struct{ name, method, answer, want string }{
		{"as declared", "test.thing", with("", ""), ""},
		{"an optional field", "test.thing", with(`"count"`, `"note":"n","count"`), ""},
		{"one inside another", "test.thing", with(`"child":null`, `"child":`+wholeThing), ""},
		{"the other type of a mixed field", "test.thing", with(`"mixed":0`, `"mixed":"7"`), ""},
		{"a field too many", "test.thing", with(`"count"`, `"more":1,"count"`), ".data.more: is not declared"},
		{"a field missing", "test.thing", with(`"count":2,`, ``), ".data.count: is missing"},
		{"a number for a string", "test.thing", with(`"1"`, `1`), ".data.id: is integer"},
		{"text in an id", "test.thing", with(`"1"`, `"one"`), ".data.id: does not match"},
		{"null for a list", "test.thing", with(`["a"]`, `null`), ".data.tags: is null"},
		{"a bad entry", "test.thing", with(`["a"]`, `["a",1]`), ".data.tags[1]: is integer"},
		{"a bad value of a map", "test.thing", with(`"x":1`, `"x":"1"`), ".data.sums.x: is string"},
		{"deep inside", "test.thing", with(`"child":null`, `"child":{}`), ".data.child.id: is missing"},
		{"a message with code 0", "test.thing", `{"code":0,"data":` + wholeThing + `,"message":"done"}`, ".message: is none"},
		{"an envelope without data", "test.thing", `{"code":2,"message":"no"}`, ".data: is missing"},
		{"a refusal", "test.thing", `{"code":2,"data":null,"message":"no"}`, ""},
		{"a refusal with data", "test.thing", `{"code":2,"data":{},"message":"no"}`, ".data: is object"},
		{"code 1", "test.thing", `{"code":1,"data":{"name":["is empty"]},"message":"no"}`, ""},
		{"code 1 with one text", "test.thing", `{"code":1,"data":{"name":"is empty"},"message":"no"}`, ".data.name: is string"},
		{"code 13", "test.thing", `{"code":13,"data":"api.br.example","message":"no"}`, ""},
		{"98 that is not declared", "test.thing", `{"code":98,"data":null,"message":"some"}`, "does not declare the code"},
		{"98 that is", "test.many", `{"code":98,"data":{"processed":["1"],"notProcessed":[]},"message":"some"}`, ""},
		{"100 that is", "test.many", `{"code":100,"data":7,"message":"later"}`, ""},
		{"a code that nobody knows", "test.thing", `{"code":7,"data":null,"message":""}`, "does not declare the code"},
		{"a method that nobody knows", "unknown", `{"code":5,"data":null,"message":"no"}`, ""},
		{"no JSON", "test.thing", `<response/>`, "is no JSON"},
	} {
		err := d.CheckAnswer(tt.method, []byte(tt.answer))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestAnUndeclaredAnswerIsTold(t *testing.T) {
	var told []error
	surprise := Define("surprise", "Surprises.", func(context.Context, *Call, *nothing) (any, error) { return 1, nil }, Returns[string]("A text."))
	d := newDoor(t, func(c *Config) { c.Undeclared = func(err error) { told = append(told, err) } }, surprise)
	expect(t, d, get("surprise?apiKey="+goodKey), CodeOK)
	if len(told) != 1 || !strings.Contains(errors.Join(told...).Error(), ".data: is integer, declared string") {
		t.Errorf("told %v", told)
	}
	expect(t, d, get("tree?apiKey=nobody's"), CodeLogin)
	if len(told) != 1 {
		t.Errorf("told of a refusal: %v", told[1:])
	}
}

type speaksForItself struct{}

func (speaksForItself) MarshalJSON() ([]byte, error) { return json.Marshal(1) }

type wordless struct {
	ID    string `json:"id" doc:"Its id."`
	Count int    `json:"count"`
}

type reticent map[string]int

func (reticent) JSONSchema() *Schema { return Object(Field("clicks", Text(""))) }

func TestResultsThatTellNothingAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  Option
		want string
	}{
		{"its own JSON", Returns[speaksForItself](""), "make it a Describer"},
		{"a field without a name", Returns[struct{ A int }](""), "no json tag"},
		{"what JSON does not have", Returns[chan int](""), "can't be a chan int"},
		{"a field without a sentence", Returns[wordless](""), "wordless.Count: field count has no documentation"},
		{"one inside another", Returns[struct {
			Things []wordless `json:"things" doc:"Some."`
		}](""), "field count has no documentation"},
		{"one that is embedded", Returns[struct{ wordless }](""), "field count has no documentation"},
		{"one of a type that describes itself", Returns[reticent](""), "reticent: field clicks has no documentation"},
	} {
		m := Define("x", "X.", func(context.Context, *Call, *nothing) (any, error) { return nil, nil }, tt.opt)
		_, err := New(Config{Modules: []Module{testModule(m)}, Auth: keyring{}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
