package api

import (
	"fmt"
	"reflect"
	"slices"
)

// Names of the schemas of refusals, which all methods share.
const (
	schemaInvalid     = "Invalid"
	schemaWrongServer = "WrongServer"
	schemaRefusal     = "Refusal"
)

func (r *result) isFile() bool { return r.typ == reflect.TypeFor[*FileAnswer]() }

// answers are the envelopes that a method may answer, by code.
func (w *documentWriter) answers(m *Method) (all []*Schema, err error) {
	if !m.returns.isFile() {
		if all, err = w.successes(&m.returns); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{schemaInvalid, schemaWrongServer, schemaRefusal} {
		all = append(all, &Schema{Ref: schemaPrefix + name})
	}
	return all, nil
}

func (w *documentWriter) successes(r *result) ([]*Schema, error) {
	data, err := w.of(r.typ)
	if err != nil {
		return nil, fmt.Errorf("its answer: %w", err)
	}
	documented := *data
	documented.Description = r.doc
	all := []*Schema{envelopeSchema(&documented, &Schema{Type: Types{typeString}, Const: ""}, CodeOK)}
	var mass []Code
	for _, code := range r.codes {
		if code == CodeBackground {
			task := &Schema{Type: Types{typeInteger}, Description: "The id of the task; taskQueue/getStatus tells how far it is."}
			all = append(all, envelopeSchema(task, Text(""), code))
			continue
		}
		mass = append(mass, code)
	}
	if len(mass) > 0 {
		all = slices.Insert(all, 1, envelopeSchema(&documented, Text(""), mass...))
	}
	return all, nil
}

func envelopeSchema(data, message *Schema, codes ...Code) *Schema {
	code := &Schema{Type: Types{typeInteger}}
	if len(codes) == 1 {
		code.Const = int(codes[0])
	} else {
		for _, c := range codes {
			code.Enum = append(code.Enum, int(c))
		}
	}
	return Object(Field("code", code), Field("data", data), Field("message", message))
}

// shared adds the refusals.
func (w *documentWriter) shared() error {
	fields := &Schema{
		Type: Types{typeObject}, Description: "What is wrong with which field.",
		AdditionalProperties: &Schema{Type: Types{typeArray}, Items: Text("")},
	}
	message := Text("What went wrong, in the account's language.")
	for _, s := range []struct {
		name string
		*Schema
	}{
		{schemaInvalid, envelopeSchema(fields, message, CodeValidation)},
		{schemaWrongServer, envelopeSchema(Text("The domain of the API that knows the key."), message, CodeWrongServer)},
		{schemaRefusal, envelopeSchema(Null(""), message, plainRefusals()...)},
	} {
		if err := w.add(s.name, s.Schema); err != nil {
			return err
		}
	}
	return nil
}

// plainRefusals are the codes that come with no data.
func plainRefusals() (codes []Code) {
	for _, row := range Codes() {
		switch row.Code {
		case CodeOK, CodeValidation, CodeWrongServer, CodePartlyDone, CodeNothingDone, CodeBackground:
		default:
			codes = append(codes, row.Code)
		}
	}
	return codes
}
