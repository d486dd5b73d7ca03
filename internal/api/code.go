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
	Doc  string // when it is answered, and with what data
}

// Codes lists every code with its name, in ascending order.
func Codes() []CodeName {
	return []CodeName{
		{CodeOK, "ok", "Done: data is the result, and message is empty."},
		{CodeValidation, "validation", "Fields of what is to be made or changed are not acceptable: data names each with what is wrong with it."},
		{CodeNotFound, "not found", "There is no such record, or it is another account's, or it was deleted."},
		{CodeInternal, "internal", "A defect of the server. The message has the id of the call, for its operator."},
		{CodeBadModule, "bad module", "There is no such module."},
		{CodeBadMethod, "bad method", "The module has no such method."},
		{CodeBadFormat, "bad format", "output is neither json nor xml. It comes as JSON."},
		{CodeLogin, "login", "The key or session is missing, unknown, revoked or ended, or may not be used from this address."},
		{CodeAccess, "access", "The account may not use the API, or the key's scopes don't cover the method."},
		{CodeDataUpdate, "data update", "The record can't be changed now: another call is changing it, or its state forbids it."},
		{CodeMissingParameter, "missing parameter", "Required parameters are absent: the message names them."},
		{CodeBadParameter, "bad parameter", "A parameter is not acceptable, or there are too many entries in it."},
		{CodeWrongServer, "wrong server", "The key belongs to another server: data is the domain of its API."},
		{CodeAccountBlocked, "account blocked", "The account is blocked or deleted."},
		{CodeOperationFailed, "operation failed", "It could not be done for another reason, such as a balance that is too small: the message says which."},
		{CodeRateLimit, "rate limit", "Too many calls of the method: the header Retry-After says in how many seconds to try again."},
		{CodePartlyDone, "partly done", "Some of several things were done, some not: data tells which."},
		{CodeNothingDone, "nothing done", "None of several things was done: data tells of each."},
		{CodeBackground, "background", "It goes on in the background: data is the id of the task that taskQueue/getStatus tells of."},
		{CodeServiceError, "service error", "The server can't serve now: the header Retry-After says in how many seconds to try again."},
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
