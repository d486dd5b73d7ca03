package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// shelf keeps answers in memory. Methods of the tests put them there themselves, as those
// of modules do in their transactions.
type shelf struct {
	mu   sync.Mutex
	kept map[string]*Kept
}

func (s *shelf) Find(_ context.Context, r *Repeat) (*Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.kept[r.Key]; ok {
		return k, nil
	}
	return nil, ErrNotKept
}

// keep is what a method does at the end of its effect.
func (s *shelf) keep(c *Call, result any) error {
	if c.Repeat == nil {
		return nil
	}
	k, err := c.Keep(result)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string]*Kept{}
	}
	s.kept[c.Repeat.Key] = k
	return err
}

// shelved makes a door that keeps answers, with one method more: it answers what result
// says, and that is kept.
func shelved[P any](t *testing.T, result func(*P) any, opts ...Option) *Door {
	s := &shelf{}
	return newDoor(t, func(c *Config) { c.Repeats = s }, Define("write", "Writes.", func(_ context.Context, c *Call, p *P) (any, error) {
		answer := result(p)
		return answer, s.keep(c, answer)
	}, append(opts, Returns[any]("The value."), Writes)...))
}

// keyed is a call of the method with a key.
func keyed(key, query, media, body string) *http.Request {
	r := post("write?apiKey="+goodKey+"&"+query, media, body)
	r.Header.Set("Idempotency-Key", key)
	return r
}

// TestWhoFindsNothingToDoSinceItsCopyHasDoneItGetsTheCopysAnswer: of two copies at once of
// a mass operation the slower one comes to an element that is done.
func TestWhoFindsNothingToDoSinceItsCopyHasDoneItGetsTheCopysAnswer(t *testing.T) {
	for name, opts := range map[string][]Option{"at once": {Atomic}, "in steps": {Writes}} {
		s := &shelf{}
		faster := true // the copy is, but for the first call
		d := newDoor(t, func(c *Config) { c.Repeats = s }, Define("write", "Writes.", func(_ context.Context, c *Call, _ *nothing) (any, error) {
			if !faster {
				return NothingDone([]int{1}), nil
			}
			return NothingDone([]int{1}), s.keep(c, []int{0})
		}, append(opts, Returns[any]("The value."))...))
		got := expect(t, d, keyed("a", "", formType, ""), CodeOK)
		if string(got.Data) != "[0]" || got.http.Header().Get("Idempotent-Replay") != "1" {
			t.Errorf("%s: %s, header %v", name, got.Data, got.http.Header())
		}
		faster = false
		got = expect(t, d, keyed("b", "", formType, ""), CodeNothingDone)
		if string(got.Data) != "[1]" || got.http.Header().Get("Idempotent-Replay") != "" {
			t.Errorf("%s, nothing done by any: %s, header %v", name, got.Data, got.http.Header())
		}
	}
}

type writeParams struct {
	IDs        []int64             `param:"ids" doc:"Ids."`
	Recipients Taken[[]sendMoreOf] `param:"recipients" doc:"Numbers, or objects."`
	Must       string              `param:"must,required" doc:"Must be there."`
	Data       struct {
		Name   string           `param:"name" doc:"Name."`
		Note   Optional[string] `param:"note" doc:"Note."`
		Mobile Taken[string]    `param:"mobile" doc:"Number, or an object."`
	} `param:"data,entity" doc:"Fields."`
	Params sendMore `param:"params" doc:"More."`
	File   *File    `param:"recipientsFile" doc:"A file."`
}

// sendMoreOf says what a recipient of writeParams is.
type sendMoreOf string

// TestACallIsTheSameInWhateverFormItComes: its key brings its answer again in every form
// of contract §1, and with other parameters code 12.
func TestACallIsTheSameInWhateverFormItComes(t *testing.T) {
	d := shelved(t, func(*writeParams) any { return 1 }, ExpectsFile)
	const first = "must=x&ids[0]=1&ids[1]=2&recipients[0]=7700&recipients[1][recipient]=7701&recipients[1][name]=Ann&data[name]=A&data[mobile][value]=7&data[mobile][type]=JOB"
	expect(t, d, keyed("a", "", formType, first), CodeOK)
	media, parts := multipartBody(t, "data[mobile][type]", "JOB", "recipients[]", "7700", "recipients[7][name]", "Ann", "recipients[7][recipient]", "7701",
		"ids", "1, 2", "must", "x", "data[name]", "A", "data[mobile][value]", "7")
	const rest = "&must=x&recipients[0]=7700&recipients[1][recipient]=7701&recipients[1][name]=Ann&data[name]=A&data[mobile][value]=7&data[mobile][type]=JOB"
	for _, tt := range []struct {
		name, query, media, body string
		code                     Code
	}{
		{"as it was", "", formType, first, CodeOK},
		{"another order", "", formType, "data[mobile][type]=JOB&data[mobile][value]=7&data[name]=A&recipients[][recipient]=7701&recipients[0][name]=Ann&must=x&ids[]=1&ids[]=2", CodeBadParameter},
		{"another order of names", "", formType, "data[mobile][type]=JOB&data[mobile][value]=7&ids[]=1&ids[]=2&data[name]=A&recipients[0]=7700&recipients[5][name]=Ann&recipients[5][recipient]=7701&must=x", CodeOK},
		{"a text of ids", "ids=1,2", formType, rest, CodeOK},
		{"json", "", "application/json",
			`{"data":{"mobile":{"type":"JOB","value":7},"name":"A"},"recipients":["7700",{"name":"Ann","recipient":7701}],"ids":[1,2],"must":"x","params":{}}`, CodeOK},
		{"multipart", "", media, parts, CodeOK},
		{"what means nothing", "output=json&api=v1&unknown=1", formType, first + "&params[validity]=&data[what]=1&params[idempotencyKey]=b", CodeOK},
		{"another order of a list", "ids=2,1", formType, rest, CodeBadParameter},
		{"one more", "ids=1,2,2", formType, rest, CodeBadParameter},
		{"an extra", "params[validity]=60", formType, first, CodeBadParameter},
		{"another field", "data[note]=", formType, first, CodeBadParameter},
		{"another value", "", formType, first + "&must=y", CodeBadParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := expect(t, d, keyed("a", tt.query, tt.media, tt.body), tt.code)
			if replayed := got.http.Header().Get("Idempotent-Replay") == "1"; replayed != (tt.code == CodeOK) {
				t.Errorf("replayed: %t", replayed)
			}
		})
	}
}

func TestACallIsToldByWhatIsInItsFile(t *testing.T) {
	d := shelved(t, func(*writeParams) any { return 1 }, ExpectsFile)
	for i, tt := range []struct {
		text string
		code Code
	}{{"7700", CodeOK}, {"7700", CodeOK}, {"7701", CodeBadParameter}} {
		media, body := multipartBody(t, "must", "x", "@recipientsFile", tt.text)
		got := expect(t, d, keyed("a", "", media, body), tt.code)
		if replayed := got.http.Header().Get("Idempotent-Replay") == "1"; replayed != (i == 1) {
			t.Errorf("call %d: replayed: %t", i, replayed)
		}
	}
}

// TestAReplayedAnswerIsTheFirstByteForByte, in whatever it holds.
func TestAReplayedAnswerIsTheFirstByteForByte(t *testing.T) {
	d := shelved(t, func(*nothing) any { return []string{"https://x.example/?a=1&b=<2>", "\u2028 \"é\" \\ \x00"} })
	first := expect(t, d, keyed("a", "", formType, ""), CodeOK).http.Body.String()
	second := expect(t, d, keyed("a", "", formType, ""), CodeOK)
	if second.http.Header().Get("Idempotent-Replay") != "1" || second.http.Body.String() != first {
		t.Errorf("first  %s\nsecond %s", first, second.http.Body)
	}
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	d := shelved(t, func(*writeParams) any { return 1 })
	long := strings.Repeat("ж", maxKeep+1)
	for _, tt := range []struct {
		key, form string
		code      Code
	}{
		{"", "must=x&params[idempotencyKey]=k", CodeOK},
		{"", "must=x&params[idempotencyKey]=", CodeOK},
		{"", "must=x&params[idempotencyKey][]=k", CodeBadParameter},
		{"", "must=x&params[idempotencyKey][a]=k", CodeBadParameter},
		{"", "must=x&params[idempotencyKey]=" + long, CodeBadParameter},
		{long, "must=x", CodeBadParameter},
		{long, "ids=1", CodeMissingParameter},
		{"", "params[idempotencyKey][]=k", CodeMissingParameter},
	} {
		r := keyed(tt.key, "", formType, tt.form)
		expect(t, d, r, tt.code)
	}
}
