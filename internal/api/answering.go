package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// Labels of what the table does not name.
const (
	labelUnknown = "unknown" // module or method
	labelGone    = "gone"    // the caller went away before the answer
)

var errNilError = errors.New("api: a method returned a nil *Error as an error")

// answer turns what a call came to into its envelope, and writes, counts and
// logs it. But for files it is the only place that does.
func (x *exchange) answer(w http.ResponseWriter, result any, err error) {
	if f, ok := result.(*FileAnswer); ok && err == nil {
		x.sendFile(w, f)
		return
	}
	env := envelope{data: result, xml: x.xml}
	if a, ok := result.(*Answer); ok && err == nil {
		env.code, env.data, env.message = a.Code, a.Data, x.speaker().say(a.Key, a.Args)
	}
	if err != nil {
		env = x.refusal(w, err)
	}
	if err := x.send(w, env); err != nil {
		env = x.refusal(w, err)
		_ = x.send(w, env) // null and a string: always encodable
	}
	x.count(env.code)
}

func (x *exchange) send(w http.ResponseWriter, env envelope) error {
	if x.replayed {
		w.Header().Set("Idempotent-Replay", "1")
	}
	if x.cookie != nil {
		http.SetCookie(w, x.cookie)
		x.cookie = nil
	}
	if undeclared := x.door.config.Undeclared; undeclared != nil {
		env.check = func(answer []byte) {
			if err := x.door.CheckAnswer(x.label(), answer); err != nil {
				undeclared(err)
			}
		}
	}
	return env.send(w, &x.door.buffers)
}

// refusal is the envelope of an error.
func (x *exchange) refusal(w http.ResponseWriter, err error) envelope {
	e := *x.classify(err) // a copy: methods may share theirs
	x.logRefusal(&e, err)
	if e.Code == CodeServiceError {
		e.RetryAfter = max(e.RetryAfter, time.Second)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(e.RetryAfter)))
	}
	env := envelope{code: e.Code, data: e.Data, xml: x.xml && e.Code != CodeBadFormat}
	if e.Code == CodeInternal {
		e.Args = Args{"RequestID": x.id}
	}
	speaker := x.speaker()
	env.message = speaker.message(&e)
	if len(e.Fields) > 0 {
		env.data = speaker.fields(e.Fields)
	}
	return env
}

// classify finds the refusal in an error, or decides which one it is.
func (x *exchange) classify(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		if e == nil {
			return Internal(errNilError)
		}
		return e
	case x.gone():
		return Unavailable(err)
	}
	if e := x.door.config.Classify(err); e != nil {
		return e
	}
	return Internal(err)
}

// gone reports whether the caller has hung up.
func (x *exchange) gone() bool {
	return errors.Is(x.request.Context().Err(), context.Canceled)
}

func (x *exchange) speaker() speaker {
	return x.door.texts.speaker(x.account.Language, x.door.config.DefaultLanguage)
}

// logRefusal logs what an operator has to look at; what a caller did wrong is
// the caller's to read.
func (x *exchange) logRefusal(e *Error, err error) {
	var p *panicError
	switch {
	case errors.As(err, &p):
		x.log().Error("panic in a call", "error", err, "stack", string(p.stack))
	case x.gone():
	case e.Code == CodeInternal:
		x.log().Error("call failed", "error", err)
	case e.Code == CodeServiceError:
		x.log().Warn("call not served", "error", err)
	}
}

func (x *exchange) log() *slog.Logger {
	return x.door.config.Logger.With("request", x.id, "method", x.label(), "account", x.account.ID, "key", x.keyID)
}

func (x *exchange) label() string {
	if x.entry == nil {
		return labelUnknown
	}
	return x.entry.label
}

func (x *exchange) count(code Code) {
	took := time.Since(x.started).Seconds()
	if x.entry == nil {
		x.door.calls.With(labelUnknown, strconv.Itoa(int(code))).Inc()
		x.door.unknown.Observe(took)
		return
	}
	x.entry.latency.Observe(took)
	switch {
	case code == CodeOK:
		x.entry.answered.Inc()
	case code == CodeServiceError && x.gone():
		x.door.calls.With(x.entry.label, labelGone).Inc()
	default:
		x.door.calls.With(x.entry.label, strconv.Itoa(int(code))).Inc()
	}
}
