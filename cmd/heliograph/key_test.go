package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAKeyCanBeLimitedToEachModule(t *testing.T) {
	text, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Paths map[string]any }
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	modules := map[string]bool{}
	for path := range doc.Paths {
		if parts := strings.Split(path, "/"); len(parts) == 4 { // /service/module/method
			modules[parts[2]] = true
		}
	}
	if want := slices.Sorted(maps.Keys(modules)); !slices.Equal(scopeModules, want) {
		t.Errorf("scopes %q, want %q", scopeModules, want)
	}
}
