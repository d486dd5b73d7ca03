package api

import (
	"fmt"
	"strings"
	"time"
)

// Args are the values a catalogue text is filled with. An integer under "Count"
// also chooses the plural form.
type Args = map[string]any

// An Error is a refusal in terms of the API: the code and the words for the
// caller, and the cause for the log. The caller never sees the cause.
type Error struct {
	Code       Code
	Key        string        // catalogue key of the message
	Args       Args          // values for the message
	Parameter  string        // code 12: the argument it is about; the message begins with it
	Fields     []FieldError  // code 1: what is wrong with which field
	Data       any           // the envelope's data; nil is null
	RetryAfter time.Duration // codes 30 and 999: when to come back
	cause      error
}

// A FieldError says what is wrong with one field of an entity.
type FieldError struct {
	Field string // the field's name on the wire, without its container: "name" for data[name]
	Key   string // catalogue key
	Args  Args
}

// Error describes the refusal for a log: code, key and names, never values.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "api: code %d (%s)", int(e.Code), e.Code)
	for _, part := range []string{e.Parameter, e.Key} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	for _, f := range e.Fields {
		b.WriteString(" " + f.Field + ":" + f.Key)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// WithCause returns a copy of e that carries cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Invalid refuses one field of an entity: code 1.
func Invalid(field, key string, args Args) *Error {
	return invalid([]FieldError{{Field: field, Key: key, Args: args}})
}

func invalid(fields []FieldError) *Error {
	names := make([]string, 0, len(fields))
	for i, f := range fields {
		if i == 0 || f.Field != fields[i-1].Field {
			names = append(names, f.Field)
		}
	}
	return &Error{
		Code: CodeValidation, Key: "error.validation", Fields: fields,
		Args: Args{"Count": len(names), "Names": strings.Join(names, ", ")},
	}
}

// A Validation gathers field errors, so that a caller learns of all of them at
// once. The zero value is ready.
type Validation struct{ fields []FieldError }

// Add notes that a field is not acceptable.
func (v *Validation) Add(field, key string, args Args) {
	v.fields = append(v.fields, FieldError{Field: field, Key: key, Args: args})
}

// Err returns one *Error of code 1 with everything added, or nil.
func (v *Validation) Err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return invalid(v.fields)
}

// NotFound is code 2: no such record, a foreign one, or a deleted one.
func NotFound() *Error { return &Error{Code: CodeNotFound, Key: "error.notFound"} }

// Internal is code 3: a defect of ours.
func Internal(cause error) *Error {
	return &Error{Code: CodeInternal, Key: "error.internal", cause: cause}
}

// Login is code 8; key says which of its causes.
func Login(key string) *Error { return &Error{Code: CodeLogin, Key: key} }

// Access is code 9; key says which of its causes.
func Access(key string) *Error { return &Error{Code: CodeAccess, Key: key} }

// Unchangeable is code 10: the record's state forbids the change now.
func Unchangeable(key string, args Args) *Error {
	return &Error{Code: CodeDataUpdate, Key: key, Args: args}
}

// MissingParameter is code 11: required arguments of the method are absent.
func MissingParameter(names ...string) *Error {
	return &Error{
		Code: CodeMissingParameter, Key: "parameter.missing",
		Args: Args{"Count": len(names), "Names": strings.Join(names, ", ")},
	}
}

// BadParameter is code 12: an argument is there but unusable. The message is
// the argument's name, then the text under key; name may be empty where no
// single argument is at fault.
func BadParameter(name, key string, args Args) *Error {
	return &Error{Code: CodeBadParameter, Key: key, Args: args, Parameter: name}
}

// WrongServer is code 13: the key belongs to the cell that answers at domain.
func WrongServer(domain string) *Error {
	return &Error{Code: CodeWrongServer, Key: "error.wrongServer", Args: Args{"Domain": domain}, Data: domain}
}

// AccountBlocked is code 14: the account is blocked.
func AccountBlocked() *Error {
	return &Error{Code: CodeAccountBlocked, Key: "error.accountBlocked"}
}

// AccountDeleted is code 14 as well: the account is deleted.
func AccountDeleted() *Error {
	return &Error{Code: CodeAccountBlocked, Key: "error.accountDeleted"}
}

// Failed is code 15: the operation failed for a reason the caller can read.
func Failed(key string, args Args) *Error {
	return &Error{Code: CodeOperationFailed, Key: key, Args: args}
}

// RateLimited is code 30: too many calls; come back after the given time.
func RateLimited(after time.Duration) *Error {
	return &Error{
		Code: CodeRateLimit, Key: "error.rateLimit",
		Args: Args{"Count": retrySeconds(after)}, RetryAfter: after,
	}
}

// Unavailable is code 999: the service can't serve now, trying again may help.
func Unavailable(cause error) *Error {
	return &Error{Code: CodeServiceError, Key: "error.unavailable", RetryAfter: time.Second, cause: cause}
}

// retrySeconds rounds up: a caller that comes back on time must not be early.
func retrySeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
