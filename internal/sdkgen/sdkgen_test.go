package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	documentFile = "../../docs/openapi.json"
	folder       = "../../client"
)

// TestTheClientHasWhatTheDocumentSays compares what is generated with what is kept. The
// document is held to the server's methods by tests of the server.
func TestTheClientHasWhatTheDocumentSays(t *testing.T) {
	files, err := generate(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		kept, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		}
		if !bytes.Equal(kept, files[name]) {
			t.Errorf("client/%s is not what docs/openapi.json says: go generate ./client", name)
		}
	}
	kept, err := filepath.Glob(filepath.Join(folder, "*_gen.go"))
	if err != nil || len(kept) != len(files) {
		t.Errorf("client has %v, %v; generated are %v", kept, err, slices.Sorted(maps.Keys(files)))
	}
}

func TestEveryMethodOfTheDocumentIsInTheClient(t *testing.T) {
	files, err := generate(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	paths := 0
	for line := range strings.Lines(string(document)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), `"/service/`)
		if !ok {
			continue
		}
		paths++
		path = path[:strings.Index(path, `"`)]
		if !strings.Contains(string(files["methods_gen.go"]), `m.c, "`+path+`"`) {
			t.Errorf("no method calls %s", path)
		}
	}
	if paths < 50 {
		t.Errorf("%d paths in the document", paths)
	}
}

func TestNamesOfTheWireBecomeGoNames(t *testing.T) {
	for wire, want := range map[string]string{
		"id": "ID", "ids": "IDs", "campaignId": "CampaignID", "campaignIds": "CampaignIDs", "sendSmsMessage": "SendSMSMessage",
		"getSMSStatus": "GetSMSStatus", "birth_date": "BirthDate", "counters.totalMsgNum": "CountersTotalMsgNum", "url": "URL",
		"company_url": "CompanyURL", "isMNP": "IsMNP", "countryA2": "CountryA2", "forcedUcs2": "ForcedUCS2", "idle": "Idle", "smsc": "Smsc",
	} {
		if got := goName(wire); got != want {
			t.Errorf("%s: %s, want %s", wire, got, want)
		}
	}
}
