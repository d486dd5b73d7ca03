package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A body past its bound is answered over a real connection too, while the
// client is still sending.
func TestTooLargeBodyIsAnsweredOverTheWire(t *testing.T) {
	server := httptest.NewServer(newDoor(t, nil))
	defer server.Close()
	for _, declared := range []bool{true, false} {
		var body io.Reader = strings.NewReader("data=" + strings.Repeat("x", maxBody+1000))
		if !declared {
			body = io.MultiReader(body)
		}
		r, err := http.Post(server.URL+"/service/test/tree?apiKey="+goodKey, formType, body)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var got reply
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got.Code != int(CodeBadParameter) {
			t.Errorf("declared %v: code %d, %v", declared, got.Code, err)
		}
	}
}

// Calls at the same time share buffers, buckets and texts; under -race this
// says that they may.
func TestCallsAtTheSameTime(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits = Limits{"default": {1e6, 1e9}} })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				expect(t, d, post("tree?apiKey="+goodKey, "application/json", `{"ids":[1,2]}`), CodeOK)
				expect(t, d, post("sendSmsMessage", formType, "text=&recipient=1&apiKey="+russianKey), CodeValidation)
				expect(t, d, get("boom?output=json&apiKey="+goodKey), CodeInternal)
			}
		})
	}
	wg.Wait()
}
