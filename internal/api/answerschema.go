package api

import (
	"fmt"
	"reflect"
	"strings"
)

// schemaRefusal names the schema of what any method may answer instead of its result: one
// of the envelopes of the codes that are refusals.
const schemaRefusal = "Refusal"

func (r *result) isFile() bool { return r.typ == reflect.TypeFor[*FileAnswer]() }

// answers are the envelopes that a method may answer, by code.
func (w *documentWriter) answers(m *Method) (all []*Schema, err error) {
	if !m.returns.isFile() {
		if all, err = w.successes(&m.returns); err != nil {
			return nil, err
		}
	}
	return append(all, &Schema{Ref: schemaPrefix + schemaRefusal}), nil
}

// successes are an envelope for each code that comes with a result.
func (w *documentWriter) successes(r *result) ([]*Schema, error) {
	data, err := w.of(r.typ)
	if err != nil {
		return nil, fmt.Errorf("its answer: %w", err)
	}
	documented := *data
	documented.Description = r.doc
	all := []*Schema{envelopeSchema(CodeOK, &documented)}
	for _, code := range r.codes {
		if code == CodeBackground {
			all = append(all, envelopeSchema(code, &Schema{Type: Types{typeInteger}, Description: "The id of the task; taskQueue/getStatus tells how far it is."}))
		} else {
			all = append(all, envelopeSchema(code, &documented))
		}
	}
	return all, nil
}

func envelopeSchema(code Code, data *Schema) *Schema {
	message := Text("What happened, in the account's language.")
	if code == CodeOK {
		message = &Schema{Type: Types{typeString}, Description: "Always empty.", Const: ""}
	}
	number := &Schema{Type: Types{typeInteger}, Description: capital(code.String()) + ".", Const: int(code)}
	return Object(Field("code", number), Field("data", data), Field("message", message))
}

// refusals adds an envelope for each code that is one.
func (w *documentWriter) refusals() error {
	either := &Schema{}
	for _, row := range Codes() {
		data := Null("Always null.")
		switch row.Code {
		case CodeOK, CodePartlyDone, CodeNothingDone, CodeBackground:
			continue
		case CodeValidation:
			texts := listSchema(Text("What is wrong with it, in the account's language."))
			data = &Schema{Type: Types{typeObject}, Description: "What is wrong with which field.", AdditionalProperties: texts}
		case CodeWrongServer:
			data = Text("The domain of the API that knows the key.")
		}
		s := envelopeSchema(row.Code, data)
		s.Description = row.Doc
		name := schemaName(row.Name)
		if err := w.add(name, s); err != nil {
			return err
		}
		either.OneOf = append(either.OneOf, &Schema{Ref: schemaPrefix + name})
	}
	return w.add(schemaRefusal, either)
}

// schemaName spells words as one: "not found" is NotFound.
func schemaName(words string) (name string) {
	for word := range strings.FieldsSeq(words) {
		name += capital(word)
	}
	return name
}
