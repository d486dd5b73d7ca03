package shadow

import (
	"errors"
	"net/http"
)

// A call is one request on its way. Only what will be compared is kept.
type call struct {
	method  string  // module.method, "" where the request is no call
	outcome Outcome // why it will not be compared; "" if it will be
	request *http.Request
	sent    *sent    // nil: no body
	body    *capture // nil: none
	asking  *wait    // with the upstream, until its answer begins

	failed bool // the upstream gave no answer
	status int
	header http.Header
	answer *capture
}

// compared reports whether the call will be compared: whether it has a slot.
func (c *call) compared() bool { return c.method != "" && c.outcome == "" }

// keep looks at the upstream's answer on its way to the client. A given body can't be
// written to, so that the proxy refuses to switch protocols, which nothing would bound.
func (c *call) keep(answer *http.Response) error {
	c.asking.stop()
	answer.Body = &given{answer.Body, newWait(c.asking.whole, c.asking.cut)}
	if c.compared() {
		c.status, c.header = answer.StatusCode, answer.Header.Clone()
		c.answer = &capture{ReadCloser: answer.Body}
		answer.Body = c.answer
	}
	return nil
}

// fail answers for an upstream that does not, or for a client whose call broke off. The
// cause may name addresses and is not repeated.
func (c *call) fail(w http.ResponseWriter, _ *http.Request, err error) {
	if c.sent != nil && c.sent.broke.Load() {
		w.Header().Set("Connection", "close") // the rest is not waited for
		http.Error(w, "heliograph shadow: the call did not come to its end in time", http.StatusRequestTimeout)
		return
	}
	c.failed = c.request.Context().Err() == nil // else the client went away
	words := "heliograph shadow: the upstream server gave no answer"
	var timeout interface{ Timeout() bool }
	if c.asking.isOver() || errors.As(err, &timeout) && timeout.Timeout() {
		words = "heliograph shadow: the upstream server gave no answer in time"
	}
	http.Error(w, words, http.StatusBadGateway)
}

// theirs is what the upstream answered.
func (c *call) theirs() (Answer, error) {
	if c.answer == nil {
		return Answer{}, errCut
	}
	body, err := c.answer.content()
	if err == nil {
		body, err = unpack(c.header, body)
	}
	return Answer{Status: c.status, Header: c.header, Body: body}, err
}
