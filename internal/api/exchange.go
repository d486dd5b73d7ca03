package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// Reserved parameters (contract §1).
const (
	paramKey    = "apiKey"
	paramOutput = "output"
	paramAPI    = "api"
)

func isReserved(name string) bool {
	return name == paramKey || name == paramOutput || name == paramAPI
}

// beginsReserved tells whether a pair of a form may be a reserved parameter.
func beginsReserved(pair string) bool {
	return strings.HasPrefix(pair, paramKey) || strings.HasPrefix(pair, paramOutput) || strings.HasPrefix(pair, paramAPI)
}

// An exchange is one call on its way through the door.
type exchange struct {
	door    *Door
	request *http.Request
	id      string
	ip      netip.Addr
	started time.Time

	query  decoder
	body   body
	peeked *Tree  // reserved parameters of a body that was read ahead
	entry  *entry // nil until the method is found
	xml    bool

	account *Account // whose language the answer is in
	keyID   int64
	cookie  *http.Cookie // to set with the answer; nil: none

	replayed bool // the answer is that of an earlier call
}

// serve runs the call and writes its answer.
func (x *exchange) serve(w http.ResponseWriter) {
	x.body = newBody(x.request, &x.door.buffers, x.door.config.TempDir)
	defer x.close()
	result, err := x.run(x.request.Context())
	x.answer(w, result, err)
}

func (x *exchange) close() {
	if err := x.body.close(); err != nil {
		x.log().Error("removing uploaded files", "error", err)
	}
}

// run takes the steps of contract §2.1 in their order; the first that refuses
// decides. A panic below is a defect of ours (3), and the server goes on.
func (x *exchange) run(ctx context.Context) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	x.query = newDecoder()
	x.query.form(x.request.URL.RawQuery)
	token, tokenErr := x.token()
	if err := x.readReserved(x.peeked); err != nil {
		return nil, err
	}
	if err := x.route(); err != nil {
		return nil, err
	}
	if err := x.door.config.Serving(x.entry.writes); err != nil {
		return nil, Unavailable(err)
	}
	if tokenErr != nil && !x.entry.public {
		return nil, tokenErr
	}
	principal, err := x.admit(ctx, token)
	if err != nil {
		return nil, err
	}
	args, err := x.arguments()
	if err != nil {
		return nil, err
	}
	return x.invoke(ctx, x.call(principal), args)
}

// token finds the key or the session's token: in the header, in the query, only
// without one there in the beginning of the body, and last in the cookie. The error
// is why a cookie does not count.
func (x *exchange) token() (string, error) {
	if token := headerToken(x.request); token != "" {
		return token, nil
	}
	if token, _ := x.query.root.Get(paramKey).Value(); token != "" {
		return token, nil
	}
	x.peeked = x.body.peek()
	if token, _ := x.peeked.Get(paramKey).Value(); token != "" {
		return token, nil
	}
	return cookieToken(x.request)
}

// readReserved checks output and api; the body's win over the query's.
func (x *exchange) readReserved(body *Tree) error {
	output, ok := x.reserved(paramOutput, body)
	x.xml = ok && output == "xml"
	if !ok || output != "" && output != "json" && !x.xml {
		return &Error{Code: CodeBadFormat, Key: "error.badFormat"}
	}
	if version, ok := x.reserved(paramAPI, body); !ok || version != "" && version != "v1" {
		return BadParameter(paramAPI, "value.notVersion", nil)
	}
	return nil
}

// reserved returns a reserved parameter, "" where absent; ok is false when it
// is no single value.
func (x *exchange) reserved(name string, body *Tree) (value string, ok bool) {
	node := body.Get(name)
	if node.IsEmpty() {
		node = x.query.root.Get(name)
	}
	if node == nil {
		return "", true
	}
	return node.Value()
}

func (x *exchange) route() (err error) {
	// Any prefix up to the module is the mux's business.
	path := x.request.URL.Path
	if len(path) >= len(servicePrefix) && strings.EqualFold(path[:len(servicePrefix)], servicePrefix) {
		path = path[len(servicePrefix):]
	}
	x.entry, err = x.door.table.find(path)
	return err
}

const servicePrefix = "/service/"

// admit lets the caller in, or not: errors 8, 13, 14, 9 and 30.
func (x *exchange) admit(ctx context.Context, token string) (*Principal, error) {
	principal := &Principal{Account: x.account}
	if !x.entry.public {
		known, err := x.door.authenticate(ctx, token, x)
		if known != nil && known.Account != nil {
			x.account, x.keyID = known.Account, known.KeyID
		}
		if err != nil {
			return nil, err
		}
		if !x.entry.covers(known.Scopes) {
			return nil, Access("access.scope")
		}
		principal = known
	}
	return principal, x.countCall()
}

func (x *exchange) countCall() error {
	key := bucketKey{class: x.entry.limitName, account: x.account.ID}
	if x.entry.public {
		key.ip = Neighbourhood(x.ip)
	}
	if wait := x.door.throttle.take(key, x.entry.limit, x.door.config.Clock()); wait > 0 {
		return RateLimited(wait)
	}
	return nil
}

// arguments reads the body and puts it over the query.
func (x *exchange) arguments() (*Tree, error) {
	if x.query.fault != nil {
		return nil, x.query.fault
	}
	if err := x.body.read(x.entry.expectsFile); err != nil {
		if stopped := x.door.config.Serving(x.entry.writes); stopped != nil { // it may be the reason
			return nil, Unavailable(stopped)
		}
		return nil, err
	}
	if x.query.keys+x.body.decoder.keys > maxKeys {
		return nil, BadParameter("", "request.tooManyKeys", Args{"Max": maxKeys})
	}
	if err := x.readReserved(&x.body.decoder.root); err != nil {
		return nil, err
	}
	x.query.root.merge(&x.body.decoder.root)
	return &x.query.root, nil
}

func (x *exchange) call(p *Principal) *Call {
	return &Call{
		Account: x.account, Principal: *p, RequestID: x.id, RemoteIP: x.ip,
		Now:      x.door.config.Clock(),
		exchange: x,
	}
}

// A panicError is a panic that was caught, with where it came from.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
