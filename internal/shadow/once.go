package shadow

import (
	"io"
	"net/http"
	"strings"
)

// once keeps the transport from sending a request twice. It repeats one by itself when a
// kept connection breaks before the answer and the request looks as if that did no harm: a
// GET, or one with an Idempotency-Key, that has no body or can make it anew. The API's
// methods write by GET as well (contract §1). On the wire HTTP/1.1 stays as it was, but for
// the case of the key's name.
func once(r *http.Request) {
	r.GetBody = nil
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := r.Header[name]; ok { // the transport knows this spelling alone
			delete(r.Header, name)
			r.Header[strings.ToLower(name)] = values
		}
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		if r.Body == nil || r.Body == http.NoBody {
			r.Body = io.NopCloser(strings.NewReader(""))
			r.TransferEncoding = []string{"identity"} // no length, no chunks
		}
	}
}
