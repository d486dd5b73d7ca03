package main

import (
	"slices"
	"strings"
)

// A use is a place where a type stands: as what of which method or type.
type use struct{ as, of string }

// What a type may be there.
const (
	asResult  = "the result of"
	asResults = "an entry of the result of"
	asTaken   = "part of the parameters of"
	asField   = "the field"
	asEntry   = "an entry of"
)

// uses are those of each of the document's types, by its name.
type uses map[string][]use

// readUses goes through the parameters and results of all methods, and through what is
// inside them.
func readUses(modules []*module, schemas map[string]*schema) uses {
	u := uses{}
	for _, m := range modules {
		for _, method := range m.methods {
			if method.request != nil {
				u.take(method.request, use{asTaken, method.path()})
			}
			if method.result != nil {
				u.note(schemas, method.result, use{asResult, method.path()})
			}
		}
	}
	return u
}

// take notes the types of parameters and of what is within them.
func (u uses) take(s *schema, as use) {
	if s.Ref != "" && !slices.Contains(u[refName(s)], as) {
		u[refName(s)] = append(u[refName(s)], as)
	}
	if s.Items != nil {
		u.take(s.Items, as)
	}
	for _, p := range s.Properties {
		u.take(p.value, as)
	}
}

func (u uses) note(schemas map[string]*schema, s *schema, as use) {
	switch {
	case s.Items != nil && as.as == asResult:
		u.note(schemas, s.Items, use{asResults, as.of})
	case s.Items != nil:
		u.note(schemas, s.Items, use{asEntry, as.of})
	case len(s.AnyOf) > 0: // or null
		u.note(schemas, s.AnyOf[0], as)
	case s.Ref != "":
		name := refName(s)
		first := u[name] == nil
		u[name] = append(u[name], as)
		if first {
			u.inside(schemas, name)
		}
	}
}

func (u uses) inside(schemas map[string]*schema, name string) {
	for _, p := range schemas[name].Properties {
		u.note(schemas, p.value, use{asField, name + "." + goName(p.name)})
	}
}

// sentence tells where a type stands.
func (u uses) sentence(name string) string {
	var parts []string
	for _, as := range []string{asTaken, asResult, asResults, asField, asEntry} {
		var of []string
		for _, one := range u[name] {
			if one.as == as {
				of = append(of, one.of)
			}
		}
		switch {
		case len(of) > 1 && as == asField:
			parts = append(parts, "the fields "+join(of))
		case len(of) > 0:
			parts = append(parts, as+" "+join(of))
		}
	}
	return name + " is " + join(parts) + "."
}

// join lists words as a sentence does.
func join(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
