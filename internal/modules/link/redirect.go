package link

import (
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

//go:embed notfound.html
var notFoundPage []byte

// Redirect leads people on: GET /{code} answers 302 to where the code leads, /{code}.png
// and /{code}.svg a picture to scan, and everything else a page that says that there is
// nothing (404). It is served at the path of Base, which the caller strips.
func (m *Module) Redirect() http.Handler { return http.HandlerFunc(m.redirect) }

func (m *Module) redirect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "short links take GET", http.StatusMethodNotAllowed)
		return
	}
	code, kind, drawn := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".")
	t, zone, err := m.target(r.Context(), code)
	switch {
	case errors.Is(err, ErrNone):
		nowhere(w)
	case err != nil:
		m.Logger.Warn("a link could not be looked up", "error", err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "please try again", http.StatusServiceUnavailable)
	case !t.leads(m.DB.Now(), zone) || m.blocked.Get().leadsTo(t.address):
		nowhere(w)
	case drawn:
		m.draw(w, code, kind)
	default:
		m.counter.count(t, m.DB.Now(), zone, isPerson(r))
		leadOn(w, t.address)
	}
}

// leadOn answers the redirect. Nobody between may keep it: each click is to be counted,
// and the link may be blocked at any moment.
func leadOn(w http.ResponseWriter, address string) {
	h := w.Header()
	h.Set("Location", wire(address))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(http.StatusFound)
}

// wire is an address as a header takes it: ASCII. A host is written in the letters of
// DNS, what else is none is escaped.
func wire(address string) string {
	if isASCII(address) {
		return address
	}
	if u, err := url.Parse(address); err == nil && !isASCII(u.Host) && hostOf(u) != "" {
		address = withHost(address, strings.Replace(u.Host, u.Hostname(), hostOf(u), 1))
	}
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// withHost is an address with another host and port. Its own may be written in escapes, and
// stand once more in its path or query.
func withHost(address, host string) string {
	scheme, rest, _ := strings.Cut(address, "//")
	end := strings.IndexAny(rest+"/", "/?#")
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	return scheme + "//" + rest[:begin] + host + rest[end:]
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func nowhere(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(notFoundPage) // whoever asked may have gone
}
