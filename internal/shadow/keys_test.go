package shadow

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

var (
	theirKey = strings.Repeat("ab12", 10)
	ourKey   = "kz" + strings.Repeat("0f", 34)
)

// typed is a header with a Content-Type.
func typed(kind string) http.Header { return http.Header{"Content-Type": {kind}} }

// inParts is a multipart body of one field, whose header ends with the lines given.
func inParts(lines, value string) string {
	return "--b\r\nContent-Disposition: form-data; " + lines + "\r\n\r\n" + value + "\r\n--b--\r\n"
}

const multipartType = "Multipart/Form-Data; boundary=b"

func TestAKeyIsReplacedWhereverTheAPITakesIt(t *testing.T) {
	theirs, ours := strings.Repeat("z", 70), strings.Repeat("y", 40)
	keys, err := ReadKeys(strings.NewReader("# the shop's\n\n" + theirKey + "  " + ourKey + "\n" + theirs + " " + ours))
	if err != nil {
		t.Fatal(err)
	}
	header := func(value string) http.Header { return http.Header{"Authorization": {value}} }
	rows := []struct {
		name        string
		header      http.Header
		query, body string
	}{
		{"header", header("Bearer " + theirKey), "", ""},
		{"header in another case", header("bearer  " + theirKey), "", ""},
		{"query", nil, "output=xml&apiKey=" + theirKey + "&;&%zz", ""},
		{"query with an encoded name", nil, "%61pi%4bey=" + theirKey, ""},
		{"brackets", nil, "apiKey%5B%5D=" + theirKey, ""},
		{"form", nil, "", "recipient=1&apiKey=" + theirKey + "&text=a"},
		{"form with an encoded name", typed("application/x-www-form-urlencoded"), "", "text=100%&api%4bey=" + theirKey},
		{"form and query", nil, "apiKey=" + theirs, "apiKey=" + theirKey},
		{"form, twice", nil, "", "apiKey=" + theirKey + "&apiKey=" + theirs + "&apiKey="},
		{"JSON", nil, "", ` {"text":"a", "apiKey" : "` + theirKey + `"}`},
		{"JSON with a type", typed("Application/JSON;charset"), "", `{"a":{"b":[1]},"apiKey":null,"api\u004bey":"` + theirKey + `"}`},
		{"JSON, twice", typed("application/json"), "", `{"apiKey":"` + theirs + `","apiKey":"` + theirKey + `"}`},
		{"multipart", typed(multipartType), "", inParts(`name="apiKey"`, theirKey)},
		{"multipart without quotes", typed(multipartType), "", inParts("name=apiKey", theirKey)},
		{"multipart with a type", typed(multipartType), "", inParts("name=\"apiKey\"\r\nContent-Type: text/plain", theirKey)},
	}
	put := strings.NewReplacer(theirKey, ourKey, theirs, ours)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, query, body, ok := keys.translate(row.header, row.query, []byte(row.body))
			if !ok {
				t.Fatal("the call would not be put to ours")
			}
			got := query + string(body) + bearer(h)
			if want := put.Replace(row.query + row.body + bearer(row.header)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// TestAKeyThatCannotBeReplacedDoesNotPassToOurs, wherever it stands, and beside which others.
func TestAKeyThatCannotBeReplacedDoesNotPassToOurs(t *testing.T) {
	one, err := OneKey(ourKey)
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	encoded := "%61" + theirKey[1:]
	for name, row := range map[string]struct{ kind, query, body string }{
		"a space in the query":          {"", "apiKey=+" + theirKey, ""},
		"a space in the form":           {form, "", "apiKey=+" + theirKey},
		"an encoded value":              {form, "", "apiKey=" + encoded},
		"an encoded value in the query": {"", "apiKey=" + encoded, ""},
		"upper case":                    {form, "", "apiKey=" + strings.ToUpper(theirKey)},
		"upper case in parts":           {multipartType, "", inParts(`name="apiKey"`, strings.ToUpper(theirKey))},
		"a part with an end of line":    {multipartType, "", inParts("name=apiKey", theirKey+"\r\n")},
		"an encoded part":               {multipartType, "", inParts("name=apiKey\r\nContent-Transfer-Encoding: quoted-printable", "="+theirKey)},
		"a file":                        {multipartType, "", inParts("name=apiKey; filename=a", "apiKey,"+theirKey)},
		"parts without an end":          {multipartType, "", strings.TrimSuffix(inParts("name=apiKey", theirKey), "--b--\r\n")},
		"parts without a boundary":      {"multipart/form-data", "", inParts("name=apiKey", theirKey)},
		"an escape in JSON":             {"application/json", "", `{"apiKey":"\u0061` + theirKey[1:] + `"}`},
		"a list in JSON":                {"application/json", "", `{"apiKey":["` + theirKey + `"]}`},
		"JSON that is cut":              {"application/json", "", `{"apiKey":"` + theirKey},
		"JSON with more behind it":      {"", "", `{"a":1}{"apiKey":"` + theirKey + `"}`},
		"a form called JSON":            {"application/json", "", "apiKey=" + theirKey},
		"JSON called a form":            {form, "", `{"apiKey":"` + strings.ToUpper(theirKey) + `"}`},
		"one of two":                    {form, "apiKey=" + theirKey, "apiKey=" + strings.ToUpper(theirKey)},
	} {
		t.Run(name, func(t *testing.T) {
			h := typed(row.kind)
			if _, query, body, ok := one.translate(h, row.query, []byte(row.body)); ok {
				t.Errorf("ours would be asked %q %q", query, body)
			}
			if _, query, body, ok := (Keys{}).translate(h, row.query, []byte(row.body)); !ok || query != row.query || string(body) != row.body {
				t.Errorf("without keys ours would be asked %q %q, %v", query, body, ok)
			}
		})
	}
}

// TestACallThatACookieVouchesForIsNotCompared: ours gets no cookies, and would refuse it.
func TestACallThatACookieVouchesForIsNotCompared(t *testing.T) {
	s := newStage(t, says(okay), says(okay), nil)
	for _, query := range []string{"", "?apiKey=", "?apiKey=" + theirKey} {
		q, err := http.NewRequest("GET", s.front.URL+"/service/message/list"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Cookie", "session=5")
		response, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 2, OutcomeSame: 1})
}

func TestKeysThatStandForNothing(t *testing.T) {
	listed, err := ReadKeys(strings.NewReader(theirKey + " " + ourKey))
	if err != nil {
		t.Fatal(err)
	}
	one, err := OneKey(ourKey)
	if err != nil {
		t.Fatal(err)
	}
	other := "apiKey=" + strings.Repeat("z", 40)
	if _, _, _, ok := listed.translate(nil, other, nil); ok {
		t.Error("a key that is not in the list would be put to ours")
	}
	if _, _, _, ok := one.translate(nil, "apiKey=hello", nil); ok {
		t.Error("what has not the form of a key would be put to ours as it is")
	}
	for name, row := range map[string]struct {
		keys        Keys
		query, want string
	}{
		"no keys, no change":           {Keys{}, other, other},
		"one for all":                  {one, other, "apiKey=" + ourKey},
		"what is no key stays":         {Keys{}, "apiKey=hello", "apiKey=hello"},
		"a call without one stays":     {listed, "output=xml", "output=xml"},
		"a hash in a text is no key":   {one, "text=" + theirKey, "text=" + theirKey},
		"nor is one in a text's words": {one, "text=apiKey " + theirKey, "text=apiKey " + theirKey},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got, _, ok := row.keys.translate(nil, row.query, nil); got != row.want || !ok {
				t.Errorf("%q, %v; want %q", got, ok, row.want)
			}
		})
	}
}

func TestErrorsOfAKeyFileRepeatNoKey(t *testing.T) {
	for _, line := range []string{theirKey, theirKey + " short", theirKey + " " + ourKey + " " + ourKey, strings.Repeat("a", 70_000)} {
		_, err := ReadKeys(strings.NewReader("# first\n" + line))
		if err == nil {
			t.Errorf("%.60q is taken", line)
			continue
		}
		if strings.Contains(err.Error(), "ab12") || len(err.Error()) > 200 {
			t.Errorf("the error repeats the line: %.300v", err)
		}
	}
	if _, err := OneKey("hello"); !errors.Is(err, ErrNotKey) {
		t.Errorf("OneKey: %v", err)
	}
}

func TestMethodsAreChosenByName(t *testing.T) {
	for text, row := range map[string]struct{ yes, no string }{
		"reading":                 {"MESSAGE.GETSMSSTATUS", "message.sendSmsMessage"},
		"all":                     {"anything.goes", ""},
		"message.list, link.list": {"Link.List", "message.getSMSStatus"},
	} {
		methods, err := ParseMethods(text)
		if err != nil {
			t.Fatal(err)
		}
		if !methods.has(row.yes) || row.no != "" && methods.has(row.no) {
			t.Errorf("%q: %s %v, %s %v", text, row.yes, methods.has(row.yes), row.no, methods.has(row.no))
		}
	}
	for _, text := range []string{"", "list", "message.", "message.list,", "read"} {
		if _, err := ParseMethods(text); err == nil {
			t.Errorf("%q is taken for methods", text)
		}
	}
	for path, want := range map[string]string{
		"/service/message/list": "message.list", "/Service/MESSAGE/getsmsstatus/": "message.getSMSStatus",
		"/service/campaign/addRecipients": "campaign.addrecipients", "/service/message": "", "/service/": "", "/s/abc": "",
		"/service/message/" + theirKey: "", "/service/77010000000/list": "", "/service/message/list/more": "",
	} {
		if got, _ := methodOf(path); got != want {
			t.Errorf("%s calls %q, want %q", path, got, want)
		}
	}
}
