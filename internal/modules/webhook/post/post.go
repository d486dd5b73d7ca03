// Package post makes one attempt to tell a receiver of an event (contract §8): it writes the
// body, signs it and posts it over HTTP/1.1. It knows no database and no API.
//
// A receiver is somebody else's machine and may be hostile. It can make an attempt fail, and
// no more: time, heads and bodies are bounded, and inner addresses can't be reached, whatever
// a name resolves to and wherever an answer redirects.
//
// This runs once per message, so connections are kept and driven here, by whoever posts:
// net/http.Transport, with its two goroutines per connection, takes twice the CPU.
package post

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const defaultTimeout = 5 * time.Second

// Target is whom to tell.
type Target struct {
	URL    string // one that CheckURL finds no fault with
	Format Format
	Secret string // "" = nothing is signed
}

// Result is what came of an attempt.
type Result struct {
	HTTPStatus int           // of the last answer; 0 = there was none
	Duration   time.Duration // until that answer's head had come, or the attempt had failed
	Problem    Problem       // "" = delivered
	Err        error         // for the log, without secrets and answers; nil when delivered
}

// Config says how attempts are made.
type Config struct {
	Allow    []netip.Prefix   // inner networks that may be reached
	Timeout  time.Duration    // of an attempt in all; 0 = 5 s
	Now      func() time.Time // of signatures; nil = time.Now
	Resolver *net.Resolver    // nil = the system's
	RootCAs  *x509.CertPool   // nil = the system's
}

// Poster makes attempts. It is safe for concurrent use.
type Poster struct {
	timeout time.Duration
	now     func() time.Time
	dialer  dialer
	idle    pool
}

// New makes a Poster, which has to be closed.
func New(c Config) *Poster {
	p := &Poster{timeout: c.Timeout, now: c.Now, dialer: newDialer(c)}
	if p.timeout == 0 {
		p.timeout = defaultTimeout
	}
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

// Close closes the connections that are kept. Attempts under way go on, and keep none.
func (p *Poster) Close() { p.idle.close() }

// Post tells a receiver of an event once, and waits for its answer. When ctx ends first the
// problem is Interrupted.
func (p *Poster) Post(ctx context.Context, t *Target, e *Event) Result {
	a := attempt{Poster: p, began: time.Now()}
	to, err := parse(t.URL)
	if err != nil {
		return Result{Problem: URL, Err: err}
	}
	a.write(t, e)
	next, err := a.hop(ctx, to)
	if next != nil {
		next, err = a.hop(ctx, next)
	}
	if next != nil {
		err = &failure{Redirect, errSecond}
	}
	if err != nil {
		a.result.Problem, a.result.Err = judge(ctx, err)
	}
	return a.result
}

// attempt is one Post: one or two requests with the same body.
type attempt struct {
	*Poster
	began  time.Time
	syntax *syntax
	body   []byte
	signed string // value of SignatureHeader; "" = none
	result Result
}

// write writes the event as its receiver wants it.
func (a *attempt) write(t *Target, e *Event) {
	a.syntax = syntaxes[t.Format]
	a.body = e.append(make([]byte, 0, 512), a.syntax, e.sign(t.Secret))
	if t.Secret != "" {
		a.signed = signature(a.body, t.Secret, a.now().Unix())
	}
}

// hop posts the body once. It gives where the answer redirects to, if it does.
func (a *attempt) hop(ctx context.Context, to *url.URL) (*url.URL, error) {
	answer, err := a.exchange(ctx, to)
	if err != nil {
		return nil, err
	}
	a.result.HTTPStatus = answer.StatusCode
	return follow(to, answer)
}

// exchange sends the request over a kept connection, if there is one. If its other end has
// closed it, which shows only now, over a new one.
func (a *attempt) exchange(ctx context.Context, to *url.URL) (*http.Response, error) {
	request, place, deadline := a.request(to), placeOf(to), a.began.Add(a.timeout)
	if c := a.idle.take(place); c != nil {
		answer, err := a.over(ctx, c, request, deadline)
		if !is[*unheardError](err) {
			return answer, err
		}
	}
	c, err := a.dialer.dial(ctx, place, deadline)
	if err != nil {
		a.result.Duration = time.Since(a.began)
		return nil, err
	}
	return a.over(ctx, c, request, deadline)
}

// over sends the request over a connection, and then keeps or closes it.
func (a *attempt) over(ctx context.Context, c *conn, request []byte, deadline time.Time) (*http.Response, error) {
	if err := c.SetDeadline(deadline); err != nil {
		c.close()
		return nil, err
	}
	ended := context.AfterFunc(ctx, c.interrupt)
	answer, err := c.exchange(request)
	a.result.Duration = time.Since(a.began)
	keep := err == nil && c.drain(answer, deadline)
	if ended() && keep {
		a.idle.put(c)
	} else {
		c.close()
	}
	return answer, err
}

// request is what goes over the wire.
func (a *attempt) request(to *url.URL) []byte {
	b := append(make([]byte, 0, 1024), "POST "...)
	b = append(append(b, strings.ReplaceAll(to.RequestURI(), " ", "%20")...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, to.Host...), "\r\nUser-Agent: Heliograph\r\nContent-Type: "...)
	b = append(append(b, a.syntax.contentType...), "\r\nContent-Length: "...)
	b = append(strconv.AppendInt(b, int64(len(a.body)), 10), "\r\n"...)
	if a.signed != "" {
		b = append(append(append(b, SignatureHeader+": "...), a.signed...), "\r\n"...)
	}
	return append(append(b, "\r\n"...), a.body...)
}

// follow gives where an answer redirects to, nothing where it says that the event arrived.
func follow(from *url.URL, answer *http.Response) (*url.URL, error) {
	switch code := answer.StatusCode; {
	case code >= 200 && code <= 299:
		return nil, nil
	case code != http.StatusMovedPermanently && code != http.StatusFound:
		return nil, &failure{Status, errStatus}
	}
	location := answer.Header.Get("Location")
	to, err := from.Parse(location)
	switch {
	case location == "" || err != nil || usable(to) != nil:
		return nil, &failure{Redirect, errNowhere}
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, &failure{Redirect, errInsecure}
	}
	return to, nil
}
