package api

import (
	"errors"
	"fmt"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/metrics"
)

// An entry is a method as the door finds it.
type entry struct {
	*Method
	module    string
	label     string // module.method, for metrics and logs
	scope     string
	limit     Limit
	limitName string // whose calls are counted together: a class, or the label
	answered  *metrics.Counter
	latency   *metrics.Histogram
}

// A table finds methods: module → method → entry, names in lower case.
type table map[string]map[string]*entry

// newTable lays out the modules' methods and says what is wrong with them, all
// of it at once.
func newTable(modules []Module, limits Limits) (table, error) {
	t := table{}
	var all []error
	for _, m := range modules {
		if err := t.addModule(m, limits); err != nil {
			all = append(all, fmt.Errorf("module %s: %w", m.Name, err))
		}
	}
	all = append(all, t.checkLimits(limits))
	return t, errors.Join(all...)
}

func (t table) addModule(m Module, limits Limits) error {
	name := strings.ToLower(m.Name)
	switch {
	case name == "":
		return errors.New("no name")
	case m.Doc == "":
		return errors.New("no documentation")
	case t[name] != nil:
		return errors.New("there twice")
	}
	methods := map[string]*entry{}
	t[name] = methods
	for i := range m.Methods {
		method := &m.Methods[i]
		if err := method.check(); err != nil {
			return err
		}
		e := newEntry(m.Name, method, limits)
		for _, name := range append([]string{method.Name}, method.aliases...) {
			// An alias may differ from the name in case only.
			name = strings.ToLower(name)
			if other := methods[name]; other != nil && other != e {
				return fmt.Errorf("method %s is there twice", name)
			}
			methods[name] = e
		}
	}
	return nil
}

func newEntry(module string, m *Method, limits Limits) *entry {
	e := &entry{Method: m, module: module, label: module + "." + m.Name, scope: module}
	if m.scope != "" {
		e.scope = m.scope
	}
	e.limitName, e.limit = limits.of(e.label, m.class)
	return e
}

// of returns the limit of a method: its own, its class's, or the default.
func (l Limits) of(label, class string) (string, Limit) {
	for name, limit := range l {
		if strings.EqualFold(name, label) {
			return label, limit
		}
	}
	if limit, ok := l[class]; ok {
		return class, limit
	}
	return classDefault, l[classDefault]
}

// checkLimits refuses a limit on something that does not exist: it would
// silently limit nothing.
func (t table) checkLimits(limits Limits) error {
	known := map[string]bool{classDefault: true}
	for _, methods := range t {
		for _, e := range methods {
			known[strings.ToLower(e.label)], known[e.class] = true, true
		}
	}
	var all []error
	for name := range limits {
		if !known[name] && !known[strings.ToLower(name)] {
			all = append(all, fmt.Errorf("limit %q: no such class or method", name))
		}
	}
	return errors.Join(all...)
}

// find returns the method under a path's names, or error 4 or 5.
func (t table) find(path string) (*entry, error) {
	module, method, _ := strings.Cut(strings.TrimSuffix(path, "/"), "/")
	methods, ok := t[strings.ToLower(module)]
	if !ok {
		return nil, &Error{Code: CodeBadModule, Key: "error.badModule", Args: Args{"Name": shown(module)}}
	}
	e, ok := methods[strings.ToLower(method)]
	if !ok {
		return nil, &Error{Code: CodeBadMethod, Key: "error.badMethod", Args: Args{"Module": shown(module), "Name": shown(method)}}
	}
	return e, nil
}

// shown cuts a name from a request to what fits in a message.
func shown(name string) string {
	const most = 64
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
