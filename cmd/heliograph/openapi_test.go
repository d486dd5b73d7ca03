package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var writeDocument = flag.Bool("write-document", false, "write docs/openapi.json anew")

const documentFile = "../../docs/openapi.json"

// show asks a server that was never started for a page.
func show(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	d := testkit.Open(t, testkit.NewDatabase(t, "sqlite"), nil)
	s, err := newServer(t.Context(), config.Default(), d, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "http://sms.example"+path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w
}

// TestTheDocumentIsTheOneThatWasReviewed keeps a copy of the document, so that a change
// of the API is seen where changes are read. To write it anew:
//
//	go test ./cmd/heliograph -run TestTheDocument -write-document
func TestTheDocumentIsTheOneThatWasReviewed(t *testing.T) {
	got := show(t, "/openapi.json").Body.Bytes()
	if *writeDocument {
		if err := os.WriteFile(documentFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/openapi.json is not what the method table says; if that is meant: go test ./cmd/heliograph -run TestTheDocument -write-document")
	}
}

// TestTheDocsCanBeReadWithoutTheInternet or scripts: every method is on the page, and
// nothing on it comes from elsewhere.
func TestTheDocsCanBeReadWithoutTheInternet(t *testing.T) {
	w := show(t, "/docs")
	page := w.Body.String()
	var doc struct {
		Paths map[string]struct{ Post struct{ OperationID string } }
	}
	if err := json.Unmarshal(show(t, "/openapi.json").Body.Bytes(), &doc); err != nil || len(doc.Paths) == 0 {
		t.Fatalf("%d paths, %v", len(doc.Paths), err)
	}
	for path, item := range doc.Paths {
		if !strings.Contains(page, `<h3 id="`+item.Post.OperationID+`">`) {
			t.Errorf("%s is not on the page", path)
		}
	}
	if found := regexp.MustCompile(`(?:src|href)="?(?:[a-z]+:)?//[^">]*|@import|url\(`).FindString(page); found != "" {
		t.Errorf("the page fetches %s", found)
	}
	policy := w.Header().Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`script-src 'nonce-(\w+)'`).FindStringSubmatch(policy)
	if nonce == nil || !strings.HasPrefix(policy, "default-src 'none'") || strings.Count(page, `nonce="`+nonce[1]+`"`) != 2 {
		t.Errorf("policy %q does not fit the page", policy)
	}
	if again := show(t, "/docs").Header().Get("Content-Security-Policy"); again == policy {
		t.Error("two pages have the same nonce")
	}
}
