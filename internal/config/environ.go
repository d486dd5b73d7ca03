package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

const envPrefix = "HELIOGRAPH_"

// override sets what the environment names: HELIOGRAPH_HTTP_LISTEN is http.listen,
// HELIOGRAPH_LIMITS_SEND is limits.send, HELIOGRAPH_CELL_PEERS_BR is cell.peers.br.
// Lists are separated by commas. A variable of a section that has no such key is
// an error; carriers and routes are not reached this way.
func (c *Config) override(environ []string) error {
	var errs []error
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		path, ours := strings.CutPrefix(name, envPrefix)
		if !ours {
			continue
		}
		section, key, _ := strings.Cut(strings.ToLower(path), "_")
		if err := setIn(reflect.ValueOf(c).Elem(), section, key, value); err != nil {
			errs = append(errs, fmt.Errorf("environment: %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// setIn finds the section; one that is not there is somebody else's variable.
func setIn(config reflect.Value, section, key, value string) error {
	fields, _, ok := fieldOf(config, section)
	switch {
	case !ok || fields.Kind() == reflect.Slice:
		return nil
	case fields.Kind() == reflect.Map:
		return setEntry(fields, key, value)
	}
	field, rest, ok := fieldOf(fields, key)
	switch {
	case !ok:
		return fmt.Errorf("unknown key %s.%s", section, key)
	case field.Kind() == reflect.Map:
		return setEntry(field, rest, value)
	}
	if twin, _, ok := fieldOf(fields, twinOf(key)); ok && twin.Kind() == reflect.String {
		twin.SetString("") // replaced, whichever of the two the file had
	}
	return set(field, value)
}

// twinOf is the other way to give a secret: url_file for url, and back.
func twinOf(key string) string {
	if plain, isFile := strings.CutSuffix(key, "_file"); isFile {
		return plain
	}
	return key + "_file"
}

// fieldOf finds a struct's field by its tag; a map takes the rest of the name too.
func fieldOf(of reflect.Value, name string) (field reflect.Value, rest string, ok bool) {
	for i := range of.NumField() {
		tag := of.Type().Field(i).Tag.Get("toml")
		if tag == name {
			return of.Field(i), "", true
		}
		if after, found := strings.CutPrefix(name, tag+"_"); found && of.Field(i).Kind() == reflect.Map {
			return of.Field(i), after, true
		}
	}
	return reflect.Value{}, "", false
}

func setEntry(entries reflect.Value, key, value string) error {
	if key == "" {
		return errors.New("names no entry")
	}
	if entries.IsNil() {
		entries.Set(reflect.MakeMap(entries.Type()))
	}
	entries.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(value))
	return nil
}

func set(field reflect.Value, text string) error {
	if value, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return value.UnmarshalText([]byte(text))
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
		return nil
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		field.SetInt(int64(n))
		return nil
	case reflect.Slice:
		return setList(field, text)
	default:
		return fmt.Errorf("a %s can't be set this way", field.Type())
	}
}

func setList(field reflect.Value, text string) error {
	var pieces []string
	if text != "" {
		pieces = strings.Split(text, ",")
	}
	list := reflect.MakeSlice(field.Type(), len(pieces), len(pieces))
	for i, piece := range pieces {
		if err := set(list.Index(i), strings.TrimSpace(piece)); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}
