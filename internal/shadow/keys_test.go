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

func TestAKeyIsReplacedWhereverTheAPITakesIt(t *testing.T) {
	keys, err := ReadKeys(strings.NewReader("# the shop's\n\n" + theirKey + "  " + ourKey + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	header := func(value string) http.Header { return http.Header{"Authorization": {value}} }
	multipart := "--b\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\n" + theirKey + "\r\n--b--\r\n"
	typed := strings.Replace(multipart, "\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n", 1)
	rows := []struct {
		name        string
		header      http.Header
		query, body string
	}{
		{"header", header("Bearer " + theirKey), "", ""},
		{"header in another case", header("bearer  " + theirKey), "", ""},
		{"query", nil, "output=xml&apiKey=" + theirKey + "&;&%zz", ""},
		{"form", nil, "", "recipient=1&apiKey=" + theirKey + "&text=a"},
		{"JSON", nil, "", `{"text":"a", "apiKey" : "` + theirKey + `"}`},
		{"multipart", nil, "", multipart},
		{"multipart with a type", nil, "", typed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, query, body, ok := keys.translate(row.header, row.query, []byte(row.body))
			if !ok {
				t.Fatal("the key is not found in the list")
			}
			got := query + string(body) + bearer(h)
			if want := strings.ReplaceAll(row.query+row.body+bearer(row.header), theirKey, ourKey); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
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
		if !methods(row.yes) || row.no != "" && methods(row.no) {
			t.Errorf("%q: %s %v, %s %v", text, row.yes, methods(row.yes), row.no, methods(row.no))
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
