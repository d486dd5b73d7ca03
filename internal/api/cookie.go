package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const sessionCookie = "heliograph_session"

// KeepToken has the answer set the session's cookie, if the caller is one of our own
// pages. No other page may log a browser in, and programs need no cookie.
func (c *Call) KeepToken(token string, expires time.Time) {
	if fromOwnPage(c.exchange.request) {
		c.exchange.cookie = cookie(c.exchange.request, token, expires)
	}
}

// ForgetToken has the answer remove the session's cookie.
func (c *Call) ForgetToken() {
	c.exchange.cookie = cookie(c.exchange.request, "", time.Unix(1, 0))
}

func cookie(r *http.Request, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: servicePrefix, Expires: expires,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isSecure(r),
	}
}

// isSecure tells whether the browser came over https. A header that lies about
// it costs the liar its own cookie alone.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" || strings.HasPrefix(r.Header.Get("Origin"), "https://")
}

// cookieToken returns the session's token from its cookie, or "". A browser sends
// cookies along with calls that other sites make, GET ones too, and ours may write
// on GET, for which http.CrossOriginProtection lets everything through: code 8.
func cookieToken(r *http.Request) (string, error) {
	c, err := r.Cookie(sessionCookie)
	switch {
	case err != nil:
		return "", nil // there is none
	case !fromOwnPage(r):
		return "", Login("login.crossSite")
	}
	return c.Value, nil
}

// fromOwnPage tells whether a page of this very origin makes the call: the browser
// says so (Fetch Metadata), or an old one names the page's origin. A call that says
// neither is a program's, or an address that somebody followed.
func fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && strings.EqualFold(origin.Host, r.Host)
}
