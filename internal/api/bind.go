package api

import (
	"reflect"
)

// A plan says how a parameter struct is filled from a tree. It is compiled once
// per method; binding a call walks it without looking at types or tags again.
type plan struct {
	fields   []fieldPlan
	criteria []int // index of an embedded Criteria, nil without one
	judged   []int // index of an embedded Validation, nil without one
}

// A fieldPlan is one parameter.
type fieldPlan struct {
	name      string
	index     []int
	required  bool
	entity    bool // bad or empty is code 1, not 12
	optional  bool // an Optional: sent empty is not the same as absent
	keepEmpty bool // a Taken that is there if sent empty, too
	object    bool // it has fields of its own
	list      bool // it has items
	items     bool // … and a Taken that has, but not a Sort
	lines     bool // … that line breaks cut, too
	bind      binder
	preset    func(v reflect.Value) // the value when absent; nil = zero
	about     *about                // for the document
}

// absent sets v to what the parameter is when it was not sent.
func (f *fieldPlan) absent(v reflect.Value) {
	if f.preset != nil {
		f.preset(v)
	}
}

// empty does the same for an empty string, which means absent (contract §1)
// save to an Optional.
func (f *fieldPlan) empty(v reflect.Value) {
	if f.optional {
		v.Field(optionalPresent).SetBool(true)
		v.Field(optionalEmpty).SetBool(true)
		return
	}
	f.absent(v)
}

// nothingIn tells whether an object or a list came empty, which is as if it had not come:
// as "", a list as "," or [] too. An object without fields is there, and its fields are judged.
func (f *fieldPlan) nothingIn(t *Tree) bool {
	return f.object && t.IsEmpty() || f.list && len(t.Items(f.lines)) == 0
}

// A binder reads a present, non-empty node into v.
type binder func(b *binding, at place, t *Tree, v reflect.Value)

// bind fills p, a pointer to the plan's struct. Problems are answered in the
// order of contract §2.1: everything missing (11), else the first unusable
// argument (12), else all fields of entities together (1). The last are left to
// a method that judges fields too, in its Validation.
func (pl *plan) bind(args *Tree, p any) error {
	var b binding
	v := reflect.ValueOf(p).Elem()
	b.fill(pl, place{}, args, v)
	if pl.judged != nil && len(b.fields) > 0 {
		v.FieldByIndex(pl.judged).Addr().Interface().(*Validation).fields = b.fields
		b.fields = nil
	}
	return b.err()
}

// A binding gathers what is wrong with one call's parameters.
type binding struct {
	missing []string
	bad     *Error
	fields  []FieldError
	nothing *bool // set inside criteria: where an impossible value is noted
}

func (b *binding) err() error {
	switch {
	case len(b.missing) > 0:
		return MissingParameter(b.missing...)
	case b.bad != nil:
		return b.bad
	case len(b.fields) > 0:
		return invalid(b.fields)
	}
	return nil
}

// A place is where in the tree a field stands.
type place struct {
	path   string // as the client writes it: data[email][value]
	field  string // as code 1 names it: email.value
	entity bool
}

func (at place) child(name string, entity bool) place {
	if at.path == "" {
		return place{path: name, field: name, entity: entity}
	}
	down := place{path: at.path + "[" + name + "]", field: name, entity: entity || at.entity}
	// The container itself (data, params) is no part of a field's name.
	if at.field != at.path {
		down.field = at.field + "." + name
	}
	return down
}

// fill binds every field of a struct from the container t, which may be nil.
func (b *binding) fill(pl *plan, at place, t *Tree, v reflect.Value) {
	if pl.criteria != nil {
		outer := b.nothing
		b.nothing = &v.FieldByIndex(pl.criteria).Addr().Interface().(*Criteria).Nothing
		defer func() { b.nothing = outer }()
	}
	for i := range pl.fields {
		f := &pl.fields[i]
		b.field(f, at, t.Get(f.name), v.FieldByIndex(f.index))
	}
}

func (b *binding) field(f *fieldPlan, parent place, t *Tree, v reflect.Value) {
	// The common case first: absent and free to be so costs no place.
	if t == nil && !f.required {
		f.absent(v)
		return
	}
	at := parent.child(f.name, f.entity)
	switch {
	case t == nil:
		b.absent(at, parent.path == "")
	case f.required && f.nothingIn(t):
		b.absent(at, parent.path == "")
	case !t.IsEmpty(), f.keepEmpty && !f.required:
		f.bind(b, at, t, v)
	case !f.required:
		f.empty(v)
	case at.entity:
		b.refuse(at, "field.empty", nil)
	default:
		b.absent(at, true)
	}
}

// absent notes a required parameter that is not there: an argument of the
// method, or a field of an entity.
func (b *binding) absent(at place, argument bool) {
	if at.entity && !argument {
		b.refuse(at, "field.empty", nil)
		return
	}
	b.missing = append(b.missing, at.path)
}

// refuseShape notes a node of the wrong shape, a scalar where an object belongs.
// That is an unusable argument (12) in an entity too, but for its fields.
func (b *binding) refuseShape(at place, key string) {
	at.entity = at.entity && at.field != at.path
	b.refuse(at, key, nil)
}

// refuse notes a value that is not acceptable.
func (b *binding) refuse(at place, key string, args Args) {
	switch {
	case b.nothing != nil:
		*b.nothing = true
	case at.entity:
		b.fields = append(b.fields, FieldError{Field: at.field, Key: key, Args: args})
	case b.bad == nil:
		b.bad = BadParameter(at.path, key, args)
	}
}
