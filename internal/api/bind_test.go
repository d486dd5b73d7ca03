package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMissingThenUnusableThenEntityFields(t *testing.T) {
	d := newDoor(t, nil)
	tests := []struct {
		query string
		code  Code
		says  string // in data for code 1, else in the message
	}{
		{"", 11, "recipient, text"},
		{"text=x", 11, "recipient"},
		{"text=x&params=1", 11, "recipient"},
		{"recipient=&text=x&params=1", 12, "params"},
		{"recipient=&text=&params[validity]=1", 1, `{"recipient":["must not be empty"],"text":["must not be empty"],"validity":["must be at least 60"]}`},
		{"recipient[0]=1&text=x", 1, `{"recipient":["must be a single value"]}`},
		{"recipient=1&text=" + strings.Repeat("é", 21), 1, `{"text":["must not be longer than 20 characters"]}`},
		{"recipient=1&text=x&params[mclass]=2", 1, `{"mclass":["must be one of 0, 1"]}`},
		{"recipient=1&text=x&params[shortenLinks]=yes", 1, `{"shortenLinks":["must be 0 or 1"]}`},
		{"recipient=1&text=x&params[validity]=2026-11-22T10:00:00Z", 1, `{"validity":["must be a whole number"]}`},
	}
	for _, tt := range tests {
		got := expect(t, d, get("sendSmsMessage?apiKey="+goodKey+"&"+tt.query), tt.code)
		if tt.code == CodeValidation && string(got.Data) != tt.says {
			t.Errorf("%s: data %s, want %s", tt.query, got.Data, tt.says)
		}
		if tt.code != CodeValidation && !strings.Contains(got.Message, tt.says) {
			t.Errorf("%s: message %q, want %q in it", tt.query, got.Message, tt.says)
		}
	}
}

type criteria struct {
	Criteria
	ID     *int64  `param:"id" doc:"Id."`
	IDs    []int64 `param:"ids,first=2" doc:"Ids."`
	Status string  `param:"status,oneof=NEW|DELIVRD" doc:"Status."`
}

type paging struct {
	Pagination Pagination `param:"pagination" doc:"Page."`
	Sort       Sort       `param:"sort" sort:"id counters.totalCost" doc:"Order."`
}

type contact struct {
	Name  Optional[string] `param:"name,max=3" doc:"Name."`
	Age   Optional[int]    `param:"age" doc:"Age."`
	Email *struct {
		Value string `param:"value,required" doc:"Address."`
	} `param:"email" doc:"E-mail."`
}

type everything struct {
	paging
	Criteria criteria `param:"criteria" doc:"Search."`
	Data     contact  `param:"data,entity" doc:"Contact."`
	Cards    []struct {
		ID int64 `param:"id" doc:"Id."`
	} `param:"cards,max=2" doc:"Cards."`
	Flag  *bool `param:"flag" doc:"Flag."`
	Fills int   `param:"fills,default=1,min=0,max=1" doc:"Fills."`
}

// bindForm binds a form to everything and shows the result, or the refusal.
func bindForm(t testing.TB, form string) string {
	t.Helper()
	pl, err := compilePlan[everything]()
	if err != nil {
		t.Fatal(err)
	}
	d := newDecoder()
	d.form(form)
	var p everything
	if err := pl.bind(&d.root, &p); err != nil {
		return err.Error()
	}
	out, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestParametersTakeTheirTypes(t *testing.T) {
	const huge = "999999999999999999999999"
	tests := []struct{ form, want string }{
		{"", `"Pagination":{"Size":25,"Current":0},"Sort":null`},
		{"", `"Fills":1`},
		{"fills=", `"Fills":1`},
		{"fills=0", `"Fills":0`},
		{"flag=TRUE", `"Flag":true`},
		{"flag=0", `"Flag":false`},
		{"flag=", `"Flag":null`},
		{"flag=2", "code 12 (bad parameter) flag value.notFlag"},
		{"data[name]=", `"Name":{"Present":true,"Empty":true,"Value":""}`},
		{"data[name]=Ann", `"Name":{"Present":true,"Empty":false,"Value":"Ann"}`},
		{"data[age]=x&data[name]=four", "code 1 (validation) error.validation name:value.tooLong age:value.notNumber"},
		{"data[age]=0", `"Age":{"Present":true,"Empty":false,"Value":0}`},
		{"data[email][x]=1", "email.value:field.empty"},
		{"data[email]=1", "email:value.notObject"},
		{"data=1", "code 12 (bad parameter) data value.notObject"},
		{"data=", `"Name":{"Present":false,"Empty":false,"Value":""}`},
		{"cards[0][id]=1&cards[1][id]=2", `"Cards":[{"ID":1},{"ID":2}]`},
		{"cards=1", "code 12 (bad parameter) cards value.notObject"},
		{"cards[][id]=1&cards[][id]=2&cards[][id]=3", "code 12 (bad parameter) cards value.tooMany"},
		{"criteria[ids]=3,2,1", `"IDs":[3,2]`},
		{"criteria[id]=x", `"Nothing":true`},
		{"criteria[ids]=1,x", `"Nothing":true`},
		{"criteria[status]=SOON", `"Nothing":true`},
		{"criteria[id]=&criteria[nope]=x", `"Nothing":false,"ID":null`},
		{"criteria=1", "code 12 (bad parameter) criteria value.notObject"},
		{"pagination[pageSize]=50&pagination[currentPage]=2", `{"Size":50,"Current":2}`},
		{"pagination[pageSize]=1", `{"Size":1,"Current":0}`},
		{"pagination[pageSize]=101", `{"Size":100,"Current":0}`},
		{"pagination[pageSize]=" + huge, `{"Size":100,"Current":0}`},
		{"pagination[pageSize]=&pagination[currentPage]=" + huge, fmt.Sprintf(`{"Size":25,"Current":%d}`, maxPage)},
		{"pagination[pageSize]=0", "pagination[pageSize] value.notPositive"},
		{"pagination[pageSize]=-1", "pagination[pageSize] value.notPositive"},
		{"pagination[currentPage]=-1", "pagination[currentPage] value.notPage"},
		{"pagination=2", "code 12 (bad parameter) pagination value.notObject"},
		{"sort[counters.totalCost]=desc&sort[id]=ASC", `"Sort":[{"Field":"counters.totalCost","Desc":true},{"Field":"id","Desc":false}]`},
		{"sort[id]=", `"Sort":null`},
		{"sort[name]=ASC", "code 12 (bad parameter) sort[name] value.notSortable"},
		{"sort[id]=up", "code 12 (bad parameter) sort[id] value.notDirection"},
		{"sort=id", "code 12 (bad parameter) sort value.notObject"},
	}
	for _, tt := range tests {
		if got := bindForm(t, tt.form); !strings.Contains(got, tt.want) {
			t.Errorf("%s\ngot  %s\nwant %s", tt.form, got, tt.want)
		}
	}
}

func TestARequiredObjectOrListThatCameEmptyIsMissing(t *testing.T) {
	type params struct {
		IDs  []int64 `param:"ids,required" doc:"Ids."`
		Data struct {
			Name string `param:"name,required" doc:"Name."`
		} `param:"data,required,entity" doc:"Record."`
	}
	pl, err := compilePlan[params]()
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"data=&ids=1":          "code 11",
		"data[name]=x&ids=":    "code 11",
		"data[name]=x&ids=,":   "code 11",
		"data[name]=x&ids=%20": "code 11",
		"data[id]=1&ids=1":     "code 1 (validation) error.validation name:field.empty",
		"data[name]=x&ids[]=":  "code 12 (bad parameter) ids",
	} {
		d := newDecoder()
		d.form(query)
		var p params
		if err := pl.bind(&d.root, &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestListKeepsEmptyItemsOfAnArrayAndDropsThoseOfAString(t *testing.T) {
	d := newDoor(t, nil)
	tests := []struct{ query, want string }{
		{"recipients=,a,%20,b,", `["a","b"]`},
		{"recipients=a%0D%0Ab,c", `["a","b","c"]`},
		{"recipients[]=a&recipients[]=&recipients[]=b,c", `["a","","b,c"]`},
		{"recipients[9]=a&recipients[1]=b", `["a","b"]`},
	}
	for _, tt := range tests {
		got := expect(t, d, get("tree?apiKey="+goodKey+"&"+tt.query), CodeOK)
		if !strings.Contains(string(got.Data), `"recipients":`+tt.want) {
			t.Errorf("%s: %s, want %s", tt.query, got.Data, tt.want)
		}
	}
	got := expect(t, d, get("tree?apiKey="+goodKey+"&data[01]=a"), CodeOK)
	if !strings.Contains(string(got.Data), `"data":{"01":"a"}`) {
		t.Errorf("01 was taken for a list index: %s", got.Data)
	}
	expect(t, d, get("tree?apiKey="+goodKey+"&ids[]=1&ids[]=x"), CodeBadParameter)
	expect(t, d, get("tree?apiKey="+goodKey+"&ids[][id]=1"), CodeBadParameter)
}

func TestTableRefusesWhatIsNotSound(t *testing.T) {
	ok := returns("x", 1)
	bad := func(m Method) []Module { return []Module{{Name: "a", Doc: "d", Methods: []Method{m}}} }
	tests := []struct {
		name    string
		modules []Module
		limits  Limits
		says    string
	}{
		{"method twice", []Module{{Name: "a", Doc: "d", Methods: []Method{ok, returns("X", 1)}}}, nil, "method x is there twice"},
		{"alias taken", []Module{{Name: "a", Doc: "d", Methods: []Method{ok, returns("y", 1, Aliases("x"))}}}, nil, "twice"},
		{"module twice", []Module{{Name: "a", Doc: "d"}, {Name: "A", Doc: "d"}}, nil, "there twice"},
		{"no module doc", []Module{{Name: "a"}}, nil, "no documentation"},
		{"no method doc", bad(Define("x", "", func(context.Context, *Call, *nothing) (any, error) { return nil, nil })), nil, "no documentation"},
		{"no word of its result", bad(Define("x", "X.", func(context.Context, *Call, *nothing) (any, error) { return nil, nil })), nil, "does not say what it returns"},
		{"no param doc", bad(defines[struct {
			A int `param:"a"`
		}]()), nil, "parameter a has no documentation"},
		{"no param name", bad(defines[struct{ A int }]()), nil, "no name"},
		{"unknown option", bad(defines[struct {
			A int `param:"a,requierd" doc:"d"`
		}]()), nil, `"requierd"`},
		{"a tree of anything", bad(defines[struct {
			A *Tree `param:"a" doc:"d"`
		}]()), nil, "does not say what it takes"},
		{"a parameter that takes anything", bad(defines[struct {
			A Taken[any] `param:"a" doc:"d"`
		}]()), nil, "parameter a: it does not say what it takes"},
		{"one that takes what it says nothing of", bad(defines[struct {
			A Taken[[]reticent] `param:"a" doc:"d"`
		}]()), nil, "reticent: field clicks has no documentation"},
		{"impossible type", bad(defines[struct {
			A float64 `param:"a" doc:"d"`
		}]()), nil, "can't be a float64"},
		{"impossible default", bad(defines[struct {
			A int `param:"a,max=1,default=2" doc:"d"`
		}]()), nil, "not acceptable"},
		{"param twice", bad(defines[struct {
			A int `param:"a" doc:"d"`
			B int `param:"a" doc:"d"`
		}]()), nil, "twice"},
		{"sort of nothing", bad(defines[struct {
			S Sort `param:"sort" doc:"d"`
		}]()), nil, "sort"},
		{"limit on nothing", bad(ok), Limits{"snd": {Calls: 1, Period: 1}}, `"snd"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Config{Modules: tt.modules, Limits: tt.limits, Auth: keyring{}})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q in it", err, tt.says)
			}
		})
	}
}

func defines[P any]() Method {
	return Define("x", "X.", func(context.Context, *Call, *P) (any, error) { return nil, nil }, Returns[any]("Nothing."))
}
