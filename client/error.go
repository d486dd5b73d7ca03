package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// Error is an answer with a code other than 0 and 100.
type Error struct {
	Code       int
	Message    string              // in the account's language
	Fields     map[string][]string // of ErrValidation: what is wrong with each field
	Domain     string              // of ErrWrongServer: the API domain of the key's cell
	Data       json.RawMessage     // as it came
	RetryAfter time.Duration       // how long the server asks to wait; 0 = it does not say
	RequestID  string              // names the call to whoever runs the server
}

// The codes of answers. Compare with errors.Is: the code alone counts.
var (
	ErrValidation       error = &Error{Code: 1, Message: "a field is not acceptable"}
	ErrNotFound         error = &Error{Code: 2, Message: "no such record"}
	ErrInternal         error = &Error{Code: 3, Message: "a defect of the server"}
	ErrBadModule        error = &Error{Code: 4, Message: "no such module"}
	ErrBadMethod        error = &Error{Code: 5, Message: "no such method"}
	ErrBadFormat        error = &Error{Code: 6, Message: "no such output format"}
	ErrLogin            error = &Error{Code: 8, Message: "key or session not accepted"}
	ErrAccess           error = &Error{Code: 9, Message: "no access to this method"}
	ErrDataUpdate       error = &Error{Code: 10, Message: "the record can't be changed now"}
	ErrMissingParameter error = &Error{Code: 11, Message: "a parameter is missing"}
	ErrBadParameter     error = &Error{Code: 12, Message: "a parameter is not acceptable"}
	ErrWrongServer      error = &Error{Code: 13, Message: "the key belongs to another cell"}
	ErrAccountBlocked   error = &Error{Code: 14, Message: "the account is blocked"}
	ErrOperationFailed  error = &Error{Code: 15, Message: "the operation failed"}
	ErrRateLimit        error = &Error{Code: 30, Message: "too many calls"}
	ErrPartlyDone       error = &Error{Code: 98, Message: "done in part"}
	ErrNothingDone      error = &Error{Code: 99, Message: "nothing done"}
	ErrService          error = &Error{Code: 999, Message: "the server can't serve now"}
)

// The two codes that are no errors.
const (
	codeOK         = 0
	codeBackground = 100
)

func (e *Error) Error() string {
	text := fmt.Sprintf("code %d: %s", e.Code, e.Message)
	if len(e.Fields) > 0 {
		text += fmt.Sprintf(" %v", e.Fields)
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Is compares codes.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// fill reads what the data of two codes says. Data in another form stays in Data alone:
// the code counts more.
func (e *Error) fill() {
	switch e.Code {
	case 1:
		var fields map[string][]string
		if json.Unmarshal(e.Data, &fields) == nil {
			e.Fields = fields
		}
	case 13:
		var domain string
		if json.Unmarshal(e.Data, &domain) == nil {
			e.Domain = domain
		}
	}
}
