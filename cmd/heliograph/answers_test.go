package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// An inspector is the transport of the tests' clients: each answer of the API that comes
// through it is held to the document as it was reviewed. The doors of the modules' tests
// judge by a checker of ours; this one judges by another's, and by what a client can read.
type inspector struct {
	next     http.RoundTripper
	problem  func(error)
	answered atomic.Int64 // how many it has judged
}

// newInspector fails the test for what the document does not declare.
func newInspector(t *testing.T) *inspector {
	next := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(next.CloseIdleConnections)
	return &inspector{next: next, problem: testkit.Fails(t)}
}

// RoundTrip is part of http.RoundTripper.
func (i *inspector) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := i.next.RoundTrip(r)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return resp, err
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/service/")
	if !ok {
		return resp, nil
	}
	answer, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err // the server died in the midst of it
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	i.answered.Add(1)
	if err := declared(method, answer); err != nil {
		i.problem(err)
	}
	return resp, nil
}

// before stands before a server and inspects what others than our own clients get from it.
func (i *inspector) before(t *testing.T, server string) (address string) {
	t.Helper()
	return standBefore(t, server, &httputil.ReverseProxy{Transport: i})
}

// standBefore serves a proxy that passes on what it is asked to a server.
func standBefore(t *testing.T, server string, proxy *httputil.ReverseProxy) (address string) {
	t.Helper()
	upstream, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Rewrite = func(r *httputil.ProxyRequest) { r.SetURL(upstream) }
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Else net/http closes the call's body when the answer begins. The transport may not have
		// seen the body's end yet, and would hang up in the midst of the answer (golang/go#40747).
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// declared tells how an answer differs from what the document says that the method,
// "module/method", answers. An unknown method answers refusals only.
func declared(method string, answer []byte) error {
	doc, err := reviewed()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		return fmt.Errorf("the answer of %s is no JSON: %w: %.400s", method, err, answer)
	}
	s := doc.answers[strings.ToLower(strings.TrimSuffix(method, "/"))]
	if s == nil {
		s = doc.refusal
	}
	if err := envelopeOf(s, value).Validate(value); err != nil {
		return fmt.Errorf("the answer of %s is not what the document declares: %w: %.400s", method, err, answer)
	}
	return nil
}

// envelopeOf is the one of a method's envelopes that an answer's code belongs to, so that
// what differs is told of that one alone; all of them where there is none.
func envelopeOf(s *jsonschema.Schema, answer any) *jsonschema.Schema {
	fields, _ := answer.(map[string]any)
	for _, envelope := range s.OneOf {
		envelope = referred(envelope)
		if len(envelope.OneOf) > 0 { // those of all refusals
			if one := envelopeOf(envelope, answer); one != envelope {
				return one
			}
		} else if envelope.Properties["code"].Validate(fields["code"]) == nil {
			return envelope
		}
	}
	return s
}

func referred(s *jsonschema.Schema) *jsonschema.Schema {
	for s.Ref != nil {
		s = s.Ref
	}
	return s
}

// A contract is what the reviewed document says about answers.
type contract struct {
	answers map[string]*jsonschema.Schema // by "module/method" in small letters
	refusal *jsonschema.Schema
}

// reviewed reads the document once for all tests.
var reviewed = sync.OnceValues(func() (*contract, error) {
	text, err := os.ReadFile(documentFile)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(documentFile, doc); err != nil {
		return nil, err
	}
	c := &contract{answers: map[string]*jsonschema.Schema{}}
	paths, _ := doc.(map[string]any)["paths"].(map[string]any)
	for path := range paths {
		at := documentFile + "#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/post/responses/200/content/application~1json/schema"
		s, err := compiler.Compile(at)
		if err != nil {
			return nil, err
		}
		c.answers[strings.ToLower(strings.TrimPrefix(path, "/service/"))] = referred(s)
	}
	c.refusal, err = compiler.Compile(documentFile + "#/components/schemas/Refusal")
	return c, err
})

// TestAnswersAreHeldToTheReviewedDocument by the transport that the tests' clients use: what
// is too much, missing or of another type is seen, and told with the method's name.
func TestAnswersAreHeldToTheReviewedDocument(t *testing.T) {
	for _, tt := range []struct{ method, answer, problem string }{
		{"user/getOwnBalance", `{"code":0,"data":{"balance":"1.0000","currency":"KZT"},"message":""}`, ""},
		{"User/GETOWNBALANCE/", `{"code":0,"data":{"balance":"1.0000","currency":"KZT"},"message":""}`, ""},
		{"user/getOwnBalance", `{"code":0,"data":{"balance":"1.0000","currency":"KZT","debt":"0"},"message":""}`, `'/data': additional properties 'debt' not allowed`},
		{"user/getOwnBalance", `{"code":0,"data":{"balance":"1.0000"},"message":""}`, `'/data': missing property 'currency'`},
		{"user/getOwnBalance", `{"code":0,"data":{"balance":1,"currency":"KZT"},"message":""}`, `'/data/balance': got number, want string`},
		{"user/getOwnBalance", `{"code":0,"data":{"balance":"1.0000","currency":"KZT"},"message":"done"}`, `'/message': value must be ''`},
		{"user/getOwnBalance", `{"code":8,"data":null,"message":"no"}`, ""},
		{"user/getOwnBalance", `{"code":8,"data":[],"message":"no"}`, `'/data': got array, want null`},
		{"user/getOwnBalance", `{"code":98,"data":null,"message":"some"}`, `value must be`},
		{"user/getOwnBalance", `<html>`, `is no JSON`},
		{"campaign/create", `{"code":0,"data":7,"message":""}`, `'/data': got number, want string`},
		{"link/getStats", `{"code":0,"data":{"items":[{"param":"2026-09","clicks0":0,"redirects0":"1","visits0":1}],"totals":{}},"message":""}`, `'/data/items/0': additional properties 'visits0' not allowed`},
		{"link/delete", `{"code":98,"data":{"processed":["1"],"notProcessed":[2]},"message":"some"}`, `'/data/notProcessed/0': got number, want string`},
		{"massage/list", `{"code":4,"data":null,"message":"no"}`, ""},
		{"massage/list", `{"code":0,"data":null,"message":""}`, `'oneOf' failed, none matched`},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, tt.answer)
		}))
		var told error
		i := newInspector(t)
		i.problem = func(err error) { told = err }
		if _, body := inspectedBy(i, server.URL, "").post(t, tt.method, ""); body != tt.answer {
			t.Errorf("%s: %s became %s", tt.method, tt.answer, body)
		}
		server.Close()
		if (told == nil) != (tt.problem == "") || told != nil && !strings.Contains(told.Error(), tt.problem) {
			t.Errorf("%s %s: %v, want %q", tt.method, tt.answer, told, tt.problem)
		}
		if told != nil && !strings.Contains(told.Error(), tt.method) {
			t.Errorf("the method is not named: %v", told)
		}
	}
}
