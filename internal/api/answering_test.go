package api

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/metrics"
)

func TestNamesAreFoundInAnyCaseAndWithATrailingSlash(t *testing.T) {
	d := newDoor(t, nil)
	for _, path := range []string{"/service/test/open", "/service/TEST/Open/", "/service/tEsT/oPeN"} {
		expect(t, d, httptest.NewRequest("POST", path, nil), CodeOK)
	}
	for path, code := range map[string]Code{
		"/service/": 4, "/service/nope/open": 4, "/service/test": 5, "/service/test/": 5, "/service/test/open/more": 5,
	} {
		expect(t, d, httptest.NewRequest("GET", path, nil), code)
	}
	got := expect(t, d, httptest.NewRequest("GET", "/service/"+strings.Repeat("é", 500)+"/x", nil), CodeBadModule)
	if !strings.Contains(got.Message, strings.Repeat("é", 64)+"…") || len(got.Message) > 300 {
		t.Errorf("message %q", got.Message)
	}
	for _, alias := range []string{"sendSMSMessage", "sendsmsmessage", "post"} {
		expect(t, d, get(alias+"?recipient=1&text=x&apiKey="+goodKey), CodeOK)
	}
}

func TestAnswersThatAreNoErrors(t *testing.T) {
	d := newDoor(t, nil,
		returns("partly", PartlyDone([]int{1}), Public), returns("none", MassAnswer(0, 2, "x"), Public),
		returns("all", MassAnswer(2, 2, "<&>é\u2028"), Public), returns("task", Background(12), Public),
		returns("empty", NewList[int](nil, 0), Public))
	tests := []struct {
		method, want string
	}{
		{"partly", `{"code":98,"data":[1],"message":"Some of the elements were processed, some were not."}`},
		{"none", `{"code":99,"data":"x","message":"None of the elements was processed."}`},
		{"all", `{"code":0,"data":"<&>é\u2028","message":""}`},
		{"task", `{"code":100,"data":12,"message":"The operation runs in the background."}`},
		{"empty", `{"code":0,"data":{"items":[],"totalItemCount":"0"},"message":""}`},
	}
	for _, tt := range tests {
		got := do(t, d, get(tt.method))
		if got.http.Body.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.method, got.http.Body, tt.want)
		}
		if code := got.http.Header().Get("X-Api-Code"); code != fmt.Sprint(got.Code) {
			t.Errorf("%s: X-Api-Code %s", tt.method, code)
		}
	}
}

func TestDefectAnswers3IsLoggedOnceAndTheServerGoesOn(t *testing.T) {
	for _, method := range []string{"boom", "defect", "unencodable", "panicky"} {
		t.Run(method, func(t *testing.T) {
			var log bytes.Buffer
			d := newDoor(t, func(c *Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
			got := expect(t, d, get(method+"?apiKey="+goodKey+"&text=topsecret"), CodeInternal)
			id := got.http.Header().Get("X-Request-Id")
			if !strings.Contains(got.Message, id) || strings.Contains(got.Message, "secret cause") {
				t.Errorf("message %q", got.Message)
			}
			if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), id) {
				t.Errorf("log: %s", &log)
			}
			if strings.Contains(log.String(), goodKey) || strings.Contains(log.String(), "topsecret") {
				t.Error("the log tells a key or a text")
			}
			if method == "boom" && !strings.Contains(log.String(), "door_test.go") {
				t.Error("the log does not tell where the panic came from")
			}
			expect(t, d, get("open"), CodeOK)
		})
	}
}

func TestOrdinaryErrorsAreClassified(t *testing.T) {
	got := expect(t, newDoor(t, nil), get("database?apiKey="+goodKey), CodeServiceError)
	if got.http.Header().Get("Retry-After") == "" || strings.Contains(got.Message, "away") {
		t.Errorf("%q, %v", got.Message, got.http.Header())
	}
}

func TestCallerWhoHungUpMakesNoNoise(t *testing.T) {
	var log bytes.Buffer
	waits := Define("waits", "Waits.", func(ctx context.Context, _ *Call, _ *nothing) (any, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("query: %w", ctx.Err())
	}, Returns[any]("Nothing."), Public)
	d := newDoor(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }, waits)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	expect(t, d, get("waits").WithContext(ctx), CodeServiceError)
	if log.Len() > 0 {
		t.Errorf("log: %s", &log)
	}
}

func TestMessagesAreInTheAccountsLanguage(t *testing.T) {
	d := newDoor(t, nil)
	if got := do(t, d, get("sendSmsMessage?apiKey="+goodKey)); got.Message != "Required parameters are missing: recipient, text." {
		t.Error(got.Message)
	}
	if got := do(t, d, get("sendSmsMessage?apiKey="+russianKey)); got.Message != "Не указаны обязательные параметры: recipient, text." {
		t.Error(got.Message)
	}
	d = newDoor(t, func(c *Config) { c.DefaultLanguage = "ru" })
	if got := do(t, d, get("sendSmsMessage")); got.Message != "В запросе нет ключа API." {
		t.Error(got.Message)
	}
	if got := expect(t, d, get("tree?apiKey="+blockedKey), CodeAccountBlocked); got.Message != "The account is blocked." {
		t.Error(got.Message)
	}
}

func TestXML(t *testing.T) {
	value := json.RawMessage(`{"z":[{"id":"1"},[],null],"a":{"b":true,"c":false,"d":16.2000,"e":null},` +
		`"7up":"<&>\u0000\ud83d\ude00","имя":"x","a b":{"c":1},"ns:x":"\r"}`)
	d := newDoor(t, nil, returns("value", value, Public))
	w := httptest.NewRecorder()
	d.ServeHTTP(w, get("value?output=xml"))
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<response><code>0</code><data><z><item><id>1</id></item><item></item><item></item></z>` +
		`<a><b>1</b><c>0</c><d>16.2000</d><e></e></a>` +
		"<item key=\"7up\">&lt;&amp;&gt;\uFFFD😀</item><имя>x</имя>" +
		`<item key="a b"><c>1</c></item><item key="ns:x">&#xD;</item></data><message></message></response>`
	if w.Body.String() != want {
		t.Errorf("got  %s\nwant %s", w.Body, want)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/xml; charset=utf-8" {
		t.Error(ct)
	}
	if err := xml.Unmarshal(w.Body.Bytes(), new(struct{ XMLName xml.Name })); err != nil {
		t.Error(err)
	}

	w = httptest.NewRecorder()
	d.ServeHTTP(w, post("tree?apiKey="+goodKey+"&output=xml", "application/json", `{"x"`))
	if !strings.Contains(w.Body.String(), "<response><code>12</code><data></data><message>The body") || w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOtherHTTPMethods(t *testing.T) {
	d := newDoor(t, nil)
	for _, method := range []string{"PUT", "DELETE", "HEAD", "PATCH"} {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(method, "/service/test/open", nil))
		if w.Header().Get("X-Api-Code") != "5" || w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s: headers %v", method, w.Header())
		}
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST, OPTIONS" {
			t.Errorf("%s: %d, %v", method, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest("OPTIONS", "/service/test/open", nil))
	h := w.Header()
	if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d, %v", w.Code, h)
	}
	if got := expect(t, d, get("open"), CodeOK); got.http.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a page of another origin can't read the answer")
	}
}

func TestMetricsCountCallsUnderNamesOfTheTable(t *testing.T) {
	r := metrics.New()
	d := newDoor(t, func(c *Config) { c.Metrics = r })
	expect(t, d, get("open"), CodeOK)
	expect(t, d, get("OPEN"), CodeOK)
	expect(t, d, get("tree"), CodeLogin)
	expect(t, d, get("made-up-by-a-caller"), CodeBadMethod)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`heliograph_api_calls_total{code="0",method="Test.open"} 2`,
		`heliograph_api_calls_total{code="8",method="Test.tree"} 1`,
		`heliograph_api_calls_total{code="5",method="unknown"} 1`,
		`heliograph_api_call_seconds_count{method="Test.open"} 2`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(w.Body.String(), "made-up") {
		t.Error("a caller made a label")
	}
}

func TestTimesAreInTheAccountsZone(t *testing.T) {
	c := Call{Account: &Account{Location: time.FixedZone("Asia/Almaty", 5*3600)}}
	const ms = 1_700_000_000_000
	if got := c.FormatTime(ms); got != "2023-11-15 03:13:20" {
		t.Error(got)
	}
	if got, err := c.ParseTime("2023-11-15 03:13:20"); got != ms || err != nil {
		t.Error(got, err)
	}
	if got, err := c.ParseDate("1970-01-02"); got != 19*3600*1000 || err != nil {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "2023-11-15", "2023-11-15T03:13:20Z", "2023-02-30 00:00:00", "2023-11-15 3:13:20", "2023-11-15 03:13:20.5"} {
		if _, err := c.ParseTime(bad); err == nil {
			t.Errorf("%q was taken for a time", bad)
		}
	}
	if c.TimeOrNull(0) != nil || *c.TimeOrNull(ms) != c.FormatTime(ms) {
		t.Error("TimeOrNull")
	}
}

func TestCodesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	last := Code(-1)
	for _, row := range Codes() {
		if row.Code <= last || row.Name == "" || seen[row.Name] || row.Code.String() != row.Name {
			t.Errorf("row %d %q", row.Code, row.Name)
		}
		last, seen[row.Name] = row.Code, true
	}
}

func TestErrorsTellTheLogWhatTheyDoNotTellTheCaller(t *testing.T) {
	cause := errors.New("disk full")
	err := fmt.Errorf("accept: %w", Unavailable(cause))
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
	var v Validation
	if v.Err() != nil {
		t.Error("nothing wrong is an error")
	}
	v.Add("name", "field.empty", nil)
	if !strings.Contains(v.Err().Error(), "name:field.empty") {
		t.Error(v.Err())
	}
}

func TestHomePage(t *testing.T) {
	w := httptest.NewRecorder()
	HomePage().ServeHTTP(w, httptest.NewRequest("GET", "http://sms.example:8080/", nil))
	for _, part := range []string{"curl http://sms.example:8080/service/message/sendSmsMessage", "YOUR_API_KEY", "not affiliated"} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %q on the page", part)
		}
	}
	if strings.Contains(w.Body.String(), "src=") || strings.Contains(w.Body.String(), "<link") {
		t.Error("the page fetches something")
	}
}
