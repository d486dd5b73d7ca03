package main

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestTheDocumentIsOpenAPI(t *testing.T) {
	text := show(t, "/openapi.json").Body.Bytes()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("it says it is %s", doc.OpenAPI)
	}
}
