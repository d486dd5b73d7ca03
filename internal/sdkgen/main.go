// Sdkgen writes the methods and types of package client from the API's document:
//
//	go generate ./client
package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		slog.Error("sdkgen is called as: sdkgen docs/openapi.json client")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		slog.Error("sdkgen failed", "error", err)
		os.Exit(1)
	}
}

// run writes what a document says into a folder.
func run(documentFile, folder string) error {
	files, err := generate(documentFile)
	if err != nil {
		return fmt.Errorf("%s: %w", documentFile, err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate gives the source files that a document calls for, by their names.
func generate(documentFile string) (map[string][]byte, error) {
	text, err := os.ReadFile(documentFile)
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	modules, err := readModules(&doc)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	t := typeWriter{schemas: doc.Components.Schemas, uses: readUses(modules, doc.Components.Schemas), written: map[string]bool{}}
	if files["methods_gen.go"], err = writeMethods(modules, &t); err != nil {
		return nil, err
	}
	files["types_gen.go"], err = t.source()
	return files, err
}
