package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed home.html
var homeHTML string

// HomePage serves the page at /, which tells a person with a browser what they
// have found. Everything on it is in it: no other file is fetched.
func HomePage() http.Handler {
	page := template.Must(template.New("home").Parse(homeHTML))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
			return
		}
		var out bytes.Buffer
		if err := page.Execute(&out, struct{ Origin string }{origin(r)}); err != nil {
			http.Error(w, "the page can't be shown", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(out.Len()))
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(out.Bytes())
	})
}

// origin is the address the page was asked under, for the example on it.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
