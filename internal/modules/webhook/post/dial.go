package post

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"time"
)

// place is what a connection leads to.
type place struct {
	scheme string // http or https
	host   string // of an address, with its port if it has one
}

func placeOf(u *url.URL) place { return place{u.Scheme, u.Host} }

// address gives the host's name, and the name with the port to connect to.
func (p place) address() (host, hostport string) {
	u := url.URL{Host: p.host}
	port := u.Port()
	switch {
	case port != "":
	case p.scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return u.Hostname(), net.JoinHostPort(u.Hostname(), port)
}

// dialer makes connections, to nothing that its guard refuses.
type dialer struct {
	net.Dialer
	roots *x509.CertPool
}

func newDialer(c Config) dialer {
	return dialer{net.Dialer{Resolver: c.Resolver, Control: newGuard(c.Allow).control}, c.RootCAs}
}

func (d *dialer) dial(ctx context.Context, to place, deadline time.Time) (*conn, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	host, hostport := to.address()
	plain, err := d.DialContext(ctx, "tcp", hostport)
	switch {
	case err != nil:
		return nil, err
	case to.scheme == "http":
		return newConn(to, plain, plain), nil
	}
	secure := tls.Client(plain, &tls.Config{ServerName: host, RootCAs: d.roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, &failure{TLS, err}
	}
	return newConn(to, plain, secure), nil
}
