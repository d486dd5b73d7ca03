package api

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// A Module is one folder of the API: /service/{Name}/….
type Module struct {
	Name    string
	Doc     string
	Methods []Method
}

// A Method is one row of the method table. Define makes it.
type Method struct {
	Name string
	Doc  string

	aliases     []string
	class       string // rate class
	scope       string // module name of the scope; "" = the module's own
	writes      bool
	atomic      bool
	public      bool
	session     bool
	expectsFile bool

	takes   *plan  // its parameters
	returns result // what it answers

	invoke func(context.Context, *Call, *Tree) (any, error)
	judge  func(*Tree) error // what is wrong with parameters, before the method is called
	err    error             // what is wrong with the definition; New reports it
}

// A result is what a method says that it answers.
type result struct {
	typ   reflect.Type // of the data of code 0, and of 98 and 99; nil = not said
	doc   string
	codes []Code // 98, 99 and 100, where it answers those too
}

// Returns says what a method answers: the type of its data with code 0 and a sentence
// about it. A mass operation adds codes 98 and 99, with the same data, and one that may
// go on in the background code 100. A method that answers a file returns a *FileAnswer.
//
// Each field of T has a doc tag, and a struct may have one of its own on a field called _.
// A field whose type says nothing names a schema of the document: schema:"CampaignInfo".
func Returns[T any](doc string, codes ...Code) Option {
	return func(m *Method) { m.returns = result{reflect.TypeFor[T](), doc, codes} }
}

// An Option changes a method's row.
type Option func(*Method)

// Writes marks a method that changes something: its scope is module:write.
func Writes(m *Method) { m.writes = true }

// Atomic marks a writing method whose whole effect is the transaction that keeps its
// answer: whether one is kept is asked only when a call failed (AtomicOnce).
func Atomic(m *Method) { m.writes, m.atomic = true, true }

// Session marks a method that opens or ends a session. It takes no idempotency key: what is
// kept for a day would be a secret, or say of a session that it is what it is no more.
func Session(m *Method) { m.writes, m.session = true, true }

// takesKey tells whether an idempotency key means something to the method.
func (m *Method) takesKey() bool { return m.writes && !m.session }

// Public marks a method that needs no key.
func Public(m *Method) { m.public = true }

// ExpectsFile lets multipart files through to the method and lifts the bound of
// a multipart body from 10 to 100 MiB.
func ExpectsFile(m *Method) { m.expectsFile = true }

// RateClass names the class of calls this method is limited with; without it
// "default".
func RateClass(class string) Option {
	return func(m *Method) { m.class = class }
}

// Scope names the module whose scope covers this method, where that is not its
// own.
func Scope(module string) Option {
	return func(m *Method) { m.scope = module }
}

// Aliases gives a method further names.
func Aliases(names ...string) Option {
	return func(m *Method) { m.aliases = append(m.aliases, names...) }
}

// Define makes a method of a function whose parameters are the struct P. The
// fields of P say what the method takes (see the package documentation); the
// plan for binding them is compiled here, once.
func Define[P any](name, doc string, fn func(ctx context.Context, c *Call, p *P) (any, error), opts ...Option) Method {
	m := Method{Name: name, Doc: doc, class: classDefault}
	for _, opt := range opts {
		opt(&m)
	}
	plan, err := compilePlan[P]()
	m.takes, m.err = plan, err
	m.judge = func(args *Tree) error { return plan.bind(args, new(P)) }
	m.invoke = func(ctx context.Context, c *Call, args *Tree) (any, error) {
		p := new(P)
		if err := plan.bind(args, p); err != nil {
			return nil, err
		}
		return fn(ctx, c, p)
	}
	return m
}

// check says what is wrong with a row of the table, or nil.
func (m *Method) check() error {
	switch {
	case m.Name == "":
		return errors.New("a method without a name")
	case m.Doc == "":
		return fmt.Errorf("method %s has no documentation", m.Name)
	case m.err != nil:
		return fmt.Errorf("method %s: %w", m.Name, m.err)
	case m.returns.typ == nil:
		return fmt.Errorf("method %s does not say what it returns", m.Name)
	}
	return nil
}
