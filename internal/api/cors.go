package api

import "net/http"

const allowedMethods = "GET, POST, OPTIONS"

// allowOrigins lets pages of any origin read the answer. No credentials: a key
// has to be in the call itself.
func allowOrigins(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, X-Api-Code, Retry-After, Idempotent-Replay")
}

// allowPreflight answers a browser's question before a call.
func allowPreflight(h http.Header) {
	h.Set("Allow", allowedMethods)
	h.Set("Access-Control-Allow-Methods", allowedMethods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "86400")
}
