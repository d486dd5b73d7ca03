package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// multipartBody writes fields, and files under names that begin with @.
func multipartBody(t testing.TB, fields ...string) (contentType, body string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i < len(fields); i += 2 {
		name, isFile := strings.CutPrefix(fields[i], "@")
		part, err := w.CreateFormField(name)
		if isFile {
			part, err = w.CreateFormFile(name, "../numbers.csv")
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, fields[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), out.String()
}

func TestEveryWayToSendParametersMeansTheSame(t *testing.T) {
	d := newDoor(t, nil)
	form := "data[name]=Ann%20B&data[tags][0]=x&data[tags][1]=y&ids=1,2&recipients=7700,7701"
	asJSON := `{"data":{"name":"Ann B","tags":["x","y"]},"ids":[1,2],"recipients":["7700","7701"]}`
	media, parts := multipartBody(t, "data[name]", "Ann B", "data[tags][]", "x", "data[tags][]", "y",
		"ids[0]", "1", "ids[1]", "2", "recipients", "7700\r\n7701")
	tests := []struct{ name, query, media, body string }{
		{"form", "", formType, form},
		{"form with charset", "", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", form},
		{"percent-encoded brackets", "", formType, strings.NewReplacer("[", "%5B", "]", "%5d").Replace(form)},
		{"empty brackets", "", formType, "data[name]=Ann+B&data[tags][]=x&data[tags][]=y&ids[]=1&ids[]=2&recipients[]=7700&recipients[]=7701"},
		{"indexes far apart", "", formType, "ids[999999999]=1&ids[5]=2&data[tags][7]=x&data[tags][]=y&data[name]=Ann+B&recipients=7700%0A7701"},
		{"stray ampersands", "", formType, "&&" + strings.ReplaceAll(form, "&", "&&&") + "&"},
		{"json", "", "application/json", asJSON},
		{"json said to be something else", "", "text/plain", " \n" + asJSON},
		{"json without a type", "", "", asJSON},
		{"json behind a mark of UTF-8", "", "application/json", "\uFEFF" + asJSON},
		{"json behind a mark, without a type", "", "", "\uFEFF " + asJSON},
		{"form without a type", "", "", form},
		{"json with null, a double and numbers as text", "", "application/json",
			`{"file":null,"ids":"9","ids":["1","2"],"data":{"name":"Ann B","tags":["x","y"],"gone":1,"gone":null},"recipients":"7700,,7701,"}`},
		{"multipart", "", media, parts},
		{"query", form, formType, ""},
		{"query and body, body wins", "ids=7,8,9&data[name]=Bob&data[tags][]=z&data[tags][]=z&data[tags][]=z", formType, form},
		{"objects of query and body are merged", "data[name]=Ann+B&ids[0]=1&ids[1]=2", "application/json",
			`{"data":{"tags":["x","y"]},"recipients":"7700,7701"}`},
		{"repeated plain key keeps the last", "", formType, "ids=5&" + form + "&unknown=1&a[b=2&a]b=3&[c]=4"},
	}
	want := `{"data":{"name":"Ann B","tags":["x","y"]},"ids":[1,2],"recipients":["7700","7701"]}`
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := expect(t, d, post("tree?apiKey="+goodKey+"&"+tt.query, tt.media, tt.body), CodeOK)
			if string(got.Data) != want {
				t.Errorf("got  %s\nwant %s", got.Data, want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	d := newDoor(t, nil)
	deep := func(n int) string { return "data" + strings.Repeat("[a]", n-1) + "=1" }
	deepJSON := func(n int) string {
		return `{"data":` + strings.Repeat(`{"a":`, n-1) + `1` + strings.Repeat(`}`, n)
	}
	pairs := func(n int) string { return strings.Repeat("data[]=1&", n) }
	list := func(n int) string { return `{"data":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}` }
	fields := func(n int) []string { return strings.Split(strings.Repeat("data[],1,", n-1)+"data[],1", ",") }
	media, manyParts := multipartBody(t, fields(maxKeys)...)
	mediaOver, tooManyParts := multipartBody(t, fields(maxKeys+1)...)
	mediaFat, fatParts := multipartBody(t, "data", strings.Repeat("x", maxBody))
	tests := []struct {
		name, media, body string
		code              Code
	}{
		{"most keys", formType, pairs(maxKeys), CodeOK},
		{"too many keys", formType, pairs(maxKeys + 1), CodeBadParameter},
		{"most levels", formType, deep(maxDepth), CodeOK},
		{"too many levels", formType, deep(maxDepth + 1), CodeBadParameter},
		{"most keys in json", "application/json", list(maxKeys), CodeOK},
		{"too many keys in json", "application/json", list(maxKeys + 1), CodeBadParameter},
		{"empty lists count", "application/json", strings.ReplaceAll(list(maxKeys+1), "1", "[]"), CodeBadParameter},
		{"most levels in json", "application/json", deepJSON(maxDepth), CodeOK},
		{"too many levels in json", "application/json", deepJSON(maxDepth + 1), CodeBadParameter},
		{"a million brackets", "application/json", `{"data":` + strings.Repeat("[", 1e6), CodeBadParameter},
		{"most parts", media, manyParts, CodeOK},
		{"too many parts", mediaOver, tooManyParts, CodeBadParameter},
		{"a field of over 10 MiB", mediaFat, fatParts, CodeBadParameter},
		{"largest body", formType, "data=" + strings.Repeat("x", maxBody-5), CodeOK},
		{"too large body", formType, "data=" + strings.Repeat("x", maxBody-4), CodeBadParameter},
		{"invalid UTF-8", formType, "data=%ff", CodeBadParameter},
		{"invalid UTF-8 in a key", formType, "data[%ff]=1", CodeBadParameter},
		{"invalid UTF-8 in an unknown key", formType, "%C3=1", CodeBadParameter},
		{"a zero byte", formType, "data=%00", CodeBadParameter},
		{"invalid UTF-8 in json", "application/json", "{\"data\":\"\xff\"}", CodeBadParameter},
		{"a zero byte in json", "application/json", `{"data":"\u0000"}`, CodeBadParameter},
		{"a list as json", "application/json", `[1]`, CodeBadParameter},
		{"json and more", "application/json", `{} {}`, CodeBadParameter},
		{"half a json", "application/json", `{"data":`, CodeBadParameter},
		{"nothing as json", "application/json", ` `, CodeOK},
		{"multipart without a boundary", "multipart/form-data", "x", CodeBadParameter},
		{"multipart cut short", media, manyParts[:300], CodeBadParameter},
		{"a percent sign that begins nothing", formType, "data=100%&x=%zz", CodeOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, d, post("tree?apiKey="+goodKey, tt.media, tt.body), tt.code)
			chunked := post("tree?apiKey="+goodKey, tt.media, tt.body)
			chunked.ContentLength = -1
			expect(t, d, chunked, tt.code)
		})
	}
}

func TestKeyIsFoundBesideAnUnacceptableParameter(t *testing.T) {
	d := newDoor(t, nil)
	expect(t, d, post("tree", formType, "data=%ff&apiKey="+goodKey), CodeBadParameter)
	expect(t, d, post("tree", formType, strings.Repeat("a=1&", maxKeys+1)+"apiKey="+goodKey), CodeBadParameter)
	expect(t, d, get("tree?data=%ff&apiKey="+goodKey), CodeBadParameter)
}

func TestQueryAndBodyShareTheBoundOfKeys(t *testing.T) {
	query := "tree?apiKey=" + goodKey + strings.Repeat("&a=1", maxKeys/2)
	expect(t, newDoor(t, nil), post(query, formType, strings.Repeat("b=1&", maxKeys/2)), CodeOK)
	expect(t, newDoor(t, nil), post(query, formType, strings.Repeat("b=1&", maxKeys/2+1)), CodeBadParameter)
}

func TestFilesStreamToDiskAndAreRemoved(t *testing.T) {
	d := newDoor(t, nil)
	media, body := multipartBody(t, "apiKey", goodKey, "@recipientsFile", strings.Repeat("7700\n", 3<<20), "ids", "1")
	got := expect(t, d, post("upload", media, body), CodeOK)
	var data struct{ File, Path string }
	if err := json.Unmarshal(got.Data, &data); err != nil {
		t.Fatal(err)
	}
	if len(data.File) != 15<<20 {
		t.Errorf("the method read %d bytes", len(data.File))
	}
	if !strings.HasPrefix(data.Path, d.config.TempDir) {
		t.Errorf("the file lay at %s", data.Path)
	}
	if left, err := os.ReadDir(d.config.TempDir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// Where no file is expected the bound is the smaller one.
	expect(t, d, post("tree", media, body), CodeBadParameter)
}

func TestFieldsBesideAFileKeepTheSmallerBound(t *testing.T) {
	d := newDoor(t, nil)
	fields := []string{"@recipientsFile", "7700"}
	for range 11 {
		fields = append(fields, "data[]", strings.Repeat("x", 1<<20))
	}
	media, body := multipartBody(t, fields...)
	expect(t, d, post("upload?apiKey="+goodKey, media, body), CodeBadParameter)
}

func TestDiskThatCannotStoreAFileIsNotTheCallersFault(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.TempDir = "/nowhere" })
	media, body := multipartBody(t, "@recipientsFile", "7700")
	expect(t, d, post("upload?apiKey="+goodKey, media, body), CodeServiceError)
}

func TestFormDecodingAgreesWithNetURLOnPlainForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[a-z %+&=é]{1,6}`), 0, 40).Draw(t, "names")
		values := url.Values{}
		for i, name := range names {
			values.Set(name, rapid.StringOf(rapid.RuneFrom([]rune("a1 %+&=;[]é€😀"))).Draw(t, fmt.Sprint("value", i)))
		}
		d := newDecoder()
		d.form(values.Encode())
		if d.fault != nil || d.root.Len() != len(values) {
			t.Fatalf("%d of %d names, fault %v", d.root.Len(), len(values), d.fault)
		}
		for name := range values {
			if got, _ := d.root.Get(name).Value(); got != values.Get(name) {
				t.Fatalf("%q = %q, want %q", name, got, values.Get(name))
			}
		}
	})
}

// TestAFormPastItsBoundCostsNothingMore than being looked through for reserved names.
func TestAFormPastItsBoundCostsNothingMore(t *testing.T) {
	read := func(n int) float64 {
		form := strings.Repeat("d%61ta[]=1&api_=1&", n/2) + "apiKey=" + goodKey
		return testing.AllocsPerRun(2, func() {
			d := newDecoder()
			d.form(form)
			if key, _ := d.root.Get(paramKey).Value(); key != goodKey || d.fault == nil {
				t.Errorf("key %q, fault %v", key, d.fault)
			}
		})
	}
	if few, many := read(maxKeys+2), read(10*maxKeys); many > few+10 {
		t.Errorf("%.0f allocations for a form past the bound, %.0f for one ten times as long", few, many)
	}
}
