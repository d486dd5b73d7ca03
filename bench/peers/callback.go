package main

import "bytes"

// Where the contestants call.
const (
	kannelPath = "/kannel" // GET with the query id=…&kind=…, as dlr-url has it
	oursPath   = "/ours"   // POST, the webhook's JSON
)

// readCallback returns the message that a callback is about, and whether it was delivered. What cannot be read says
// delivered of nothing.
func readCallback(head, body []byte) (id int64, delivered bool) {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	if query, ok := bytes.CutPrefix(line, []byte("GET "+kannelPath+"?id=")); ok {
		id, rest, ok := number(query)
		return id, ok && bytes.HasPrefix(rest, []byte("&kind=1 ")) // 1 is delivered, 2 and 16 are not
	}
	if !bytes.HasPrefix(line, []byte("POST "+oursPath+" ")) {
		return 0, false
	}
	_, after, _ := bytes.Cut(body, []byte(`"messageId":`))
	id, _, ok := number(after)
	return id, ok && bytes.Contains(body, []byte(`"status":"DELIVRD"`))
}

// number reads the digits at the beginning.
func number(text []byte) (n int64, rest []byte, ok bool) {
	for len(text) > 0 && '0' <= text[0] && text[0] <= '9' {
		n, text, ok = n*10+int64(text[0]-'0'), text[1:], true
	}
	return n, text, ok
}
