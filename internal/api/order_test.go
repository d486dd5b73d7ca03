package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Each step breaks one promise of a call. A call that breaks several gets the
// code of the earliest (contract §2.1).
type fault struct {
	code   Code
	module string
	method string
	key    string
	query  string
	body   string
}

func (f fault) or(later fault) fault {
	pick := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	return fault{
		f.code, pick(f.module, later.module), pick(f.method, later.method), pick(f.key, later.key),
		f.query + later.query, pick(f.body, later.body),
	}
}

func (f fault) request() *http.Request {
	sound := f.or(fault{module: "test", method: "sendSmsMessage", key: goodKey})
	r := post("", "application/json", sound.body)
	r.URL.Path = "/service/" + sound.module + "/" + sound.method
	r.URL.RawQuery = "recipient=77001234567&apiKey=" + strings.TrimPrefix(sound.key, "none") + sound.query
	return r
}

func TestEarlierCheckDecides(t *testing.T) {
	steps := []fault{
		{code: CodeBadFormat, query: "&output=yaml"},
		{code: CodeBadParameter, query: "&api=v2"},
		{code: CodeBadModule, module: "nope"},
		{code: CodeBadMethod, method: "nope"},
		{code: CodeLogin, key: "none"},
		{code: CodeWrongServer, key: foreignKey},
		{code: CodeLogin, key: strings.Replace(goodKey, "0", "9", 1)},
		{code: CodeAccountBlocked, key: blockedKey},
		{code: CodeAccess, key: readKey},
		{code: CodeBadParameter, body: `{"broken`},
		{code: CodeMissingParameter},
	}
	d := newDoor(t, nil)
	for i, first := range steps {
		expect(t, d, first.request(), first.code)
		for j, second := range steps[i+1:] {
			t.Run(fmt.Sprintf("%d before %d", i, i+1+j), func(t *testing.T) {
				expect(t, d, first.or(second).request(), first.code)
			})
		}
	}
}

func TestRateIsCheckedAfterAccessAndBeforeTheBody(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits = Limits{"send": {Calls: 1, Period: 1e12}} })
	broken := fault{body: `{"broken`}
	expect(t, d, fault{key: readKey}.request(), CodeAccess)
	expect(t, d, broken.request(), CodeBadParameter)
	got := expect(t, d, broken.request(), CodeRateLimit)
	if got.http.Header().Get("Retry-After") != "1000" {
		t.Errorf("Retry-After = %q, want 1000", got.http.Header().Get("Retry-After"))
	}
	expect(t, d, fault{key: readKey, body: `{"broken`}.request(), CodeAccess)
}

// A body that must not be touched.
type forbidden struct{ t *testing.T }

func (f forbidden) Read([]byte) (int, error) {
	f.t.Error("the body was read")
	return 0, errors.New("forbidden")
}

func (forbidden) Close() error { return nil }

func TestKeyInHeaderOrQueryIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	d := newDoor(t, nil)
	r := post("tree", formType, "x=1")
	r.Body = forbidden{t}
	r.Header.Set("Authorization", "Bearer "+blockedKey)
	expect(t, d, r, CodeAccountBlocked)

	r = post("tree?apiKey="+blockedKey, formType, "x=1")
	r.Body = forbidden{t}
	expect(t, d, r, CodeAccountBlocked)
}

func TestKeyIsFoundInTheFirstMiBOfABody(t *testing.T) {
	padding := strings.Repeat("x", maxPeek)
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	const multipartType = "multipart/form-data; boundary=b"
	tests := []struct{ name, media, early, late string }{
		{"form", formType, "apiKey=" + goodKey + "&pad=" + padding, "pad=" + padding + "&apiKey=" + goodKey},
		{"json", "application/json", `{"data":[{"a":1}],"apiKey":"` + goodKey + `","pad":"` + padding + `"}`,
			`{"pad":"` + padding + `","apiKey":"` + goodKey + `"}`},
		{"multipart", multipartType, part("apiKey", goodKey) + part("pad", padding) + "--b--\r\n",
			part("pad", padding) + part("apiKey", goodKey) + "--b--\r\n"},
	}
	d := newDoor(t, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, d, post("tree", tt.media, tt.early), CodeOK)
			expect(t, d, post("tree", tt.media, tt.late), CodeLogin)
		})
	}
}

// TestABodyPastABoundIsRefusedAsThatToo: its key is found, wherever it stands in the first
// MiB.
func TestABodyPastABoundIsRefusedAsThatToo(t *testing.T) {
	d := newDoor(t, nil)
	many := `"data":[` + strings.Repeat("1,", maxKeys+1) + `1]`
	deep := `"data":` + strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1)
	for _, past := range []string{many, deep, many + `,"more":{}`} {
		for _, body := range []string{`{"apiKey":"` + goodKey + `",` + past + `}`, `{` + past + `,"apiKey":"` + goodKey + `"}`} {
			expect(t, d, post("tree", "application/json", body), CodeBadParameter)
		}
		expect(t, d, post("tree", "application/json", `{`+past+`}`), CodeLogin)
		expect(t, d, post("tree", "application/json", `{`+past+`,"output":"yaml","apiKey":"`+goodKey+`"}`), CodeBadFormat)
	}
}

// TestReservedNamesAreFoundBehindOthersThatSayNothing, in a body that is cut short as in
// a whole one.
func TestReservedNamesAreFoundBehindOthersThatSayNothing(t *testing.T) {
	d := newDoor(t, nil)
	pad := `,"pad":"` + strings.Repeat("x", maxPeek) + `"`
	for _, end := range []string{"", pad} {
		for before, code := range map[string]Code{
			`"output":null`: CodeOK, `"output":null,"api":null,"apiKey":null`: CodeOK, `"output":"yaml","output":null`: CodeOK,
			`"output":7`: CodeBadFormat, `"output":{"a":[1,{"b":2}]}`: CodeBadFormat, `"output":[]`: CodeBadFormat,
			`"api":{"v":1}`: CodeBadParameter, `"apiKey":{"a":1}`: CodeOK, `"apiKey":12`: CodeOK,
		} {
			expect(t, d, post("tree", "application/json", "{"+before+`,"apiKey":"`+goodKey+`"`+end+"}"), code)
		}
		expect(t, d, post("tree", "application/json", `{"apiKey":"`+goodKey+`","apiKey":null`+end+"}"), CodeLogin)
	}
}

func TestOutputThatIsNoSingleValueIsNoFormat(t *testing.T) {
	d := newDoor(t, nil)
	for _, output := range []string{"output[]=yaml", "output[]=json", "output[x]=xml", "output=json&output[x]=1"} {
		expect(t, d, get("tree?apiKey="+goodKey+"&"+output), CodeBadFormat)
		expect(t, d, post("tree?apiKey="+goodKey, formType, output), CodeBadFormat)
	}
}

func TestUnreadableBodyLeavesReservedParametersToTheQuery(t *testing.T) {
	d := newDoor(t, nil)
	broken := `{"output":"yaml","apiKey":"` + goodKey + `",`
	expect(t, d, post("tree", "application/json", broken), CodeLogin)
	expect(t, d, post("tree?apiKey="+goodKey, "application/json", broken), CodeBadParameter)
	expect(t, d, post("tree?apiKey="+goodKey, "application/json", `{"output":"yaml"}`), CodeBadFormat)
	expect(t, d, post("tree?output=yaml&apiKey="+goodKey, "application/json", `{"output":"json"}`), CodeBadFormat)
	expect(t, d, post("tree?output=yaml", "application/json", `{"output":"json","apiKey":"`+goodKey+`"}`), CodeOK)
}

func TestServiceThatCannotServeSays999(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Serving = func(bool) error { return errDatabase } })
	expect(t, d, get("nope"), CodeBadMethod)
	got := expect(t, d, get("tree"), CodeServiceError)
	if got.http.Header().Get("Retry-After") != "1" {
		t.Error("no Retry-After")
	}
}

func TestReadingGoesOnWhileNothingCanBeWritten(t *testing.T) {
	d := newDoor(t, func(c *Config) {
		c.Serving = func(writes bool) error {
			if writes {
				return errDatabase
			}
			return nil
		}
	})
	expect(t, d, get("sendSmsMessage?apiKey="+goodKey+"&recipient=77010000000&text=a"), CodeServiceError)
	expect(t, d, get("tree?apiKey="+goodKey), CodeOK)
}

func TestAuthenticatorsOwnFailureIsClassified(t *testing.T) {
	expect(t, newDoor(t, nil), get("tree?apiKey="+brokenKey), CodeServiceError)
}

func TestWrongServerNamesTheRightOne(t *testing.T) {
	d := newDoor(t, nil)
	if got := expect(t, d, get("tree?apiKey="+foreignKey), CodeWrongServer); string(got.Data) != `"api.br.example"` {
		t.Errorf("data = %s", got.Data)
	}
	// A 40-character key has no prefix.
	expect(t, d, get("tree?apiKey="+foreignKey[:40]), CodeLogin)
	expect(t, d, get("tree?apiKey="+strings.Replace(foreignKey, "br", "xx", 1)), CodeLogin)
	expect(t, d, get("tree?apiKey="+strings.ToUpper(foreignKey)), CodeLogin)
}

func TestScopes(t *testing.T) {
	tests := []struct {
		scopes string
		writes bool
		want   bool
	}{
		{"", true, true},
		{"message", true, true},
		{"message", false, true},
		{"Message:read", false, true},
		{"message:read", true, false},
		{"message:write", true, true},
		{"message:write", false, false},
		{"user message:read", false, true},
		{"user", false, false},
		{"messages", false, false},
	}
	for _, tt := range tests {
		e := entry{Method: &Method{writes: tt.writes}, scope: "message"}
		if got := e.covers(strings.Fields(tt.scopes)); got != tt.want {
			t.Errorf("scopes %q, writes %v: %v", tt.scopes, tt.writes, got)
		}
	}
}
