package api

import "fmt"

// Code is the number an answer carries (contract §2.1). Clients act on it, so a
// number, once given, never changes its meaning.
type Code int

// The codes of the API.
const (
	CodeOK               Code = 0
	CodeValidation       Code = 1
	CodeNotFound         Code = 2
	CodeInternal         Code = 3
	CodeBadModule        Code = 4
	CodeBadMethod        Code = 5
	CodeBadFormat        Code = 6
	CodeLogin            Code = 8
	CodeAccess           Code = 9
	CodeDataUpdate       Code = 10
	CodeMissingParameter Code = 11
	CodeBadParameter     Code = 12
	CodeWrongServer      Code = 13
	CodeAccountBlocked   Code = 14
	CodeOperationFailed  Code = 15
	CodeRateLimit        Code = 30
	CodePartlyDone       Code = 98
	CodeNothingDone      Code = 99
	CodeBackground       Code = 100
	CodeServiceError     Code = 999
)

// A CodeName is one row of the catalogue of codes.
type CodeName struct {
	Code Code
	Name string
}

// Codes lists every code with its name, in ascending order.
func Codes() []CodeName {
	return []CodeName{
		{CodeOK, "ok"},
		{CodeValidation, "validation"},
		{CodeNotFound, "not found"},
		{CodeInternal, "internal"},
		{CodeBadModule, "bad module"},
		{CodeBadMethod, "bad method"},
		{CodeBadFormat, "bad format"},
		{CodeLogin, "login"},
		{CodeAccess, "access"},
		{CodeDataUpdate, "data update"},
		{CodeMissingParameter, "missing parameter"},
		{CodeBadParameter, "bad parameter"},
		{CodeWrongServer, "wrong server"},
		{CodeAccountBlocked, "account blocked"},
		{CodeOperationFailed, "operation failed"},
		{CodeRateLimit, "rate limit"},
		{CodePartlyDone, "partly done"},
		{CodeNothingDone, "nothing done"},
		{CodeBackground, "background"},
		{CodeServiceError, "service error"},
	}
}

// String returns the code's name, for logs.
func (c Code) String() string {
	for _, row := range Codes() {
		if row.Code == c {
			return row.Name
		}
	}
	return fmt.Sprintf("code %d", int(c))
}
