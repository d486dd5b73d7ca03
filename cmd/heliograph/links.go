package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
)

// linkConfig is what short links need of the other rooms.
func (s *server) linkConfig() link.Config {
	return link.Config{
		DB: s.db, Watcher: s.watcher, Users: s.users, Logger: s.log,
		Base: linksBase(s.conf), Listen: s.conf.HTTP.Listen,
		Own:      []string{s.conf.Links.Listen, s.conf.Cell.Domain},
		Campaign: func(ctx context.Context, c *api.Call, id int64) error { return s.campaigns.Exists(ctx, c, id) },
	}
}

// linksBase is what stands before a code: as configured, else a path of the API's own
// address.
func linksBase(conf *config.Config) string {
	return cmp.Or(conf.Links.Base, "http://"+conf.HTTP.Listen+"/s")
}

// campaignMethods are campaign's, and getLinks, which campaign and link both have.
func (s *server) campaignMethods() api.Module {
	m := s.campaigns.Methods()
	m.Methods = append(m.Methods, s.links.GetLinks())
	return m
}

// shortLinks leads on from what lies under links.base.
type shortLinks struct {
	path string // of the base, without a slash at its end
	host string // in its one spelling; "" = any will do
	next http.Handler
}

func newShortLinks(conf *config.Config, next http.Handler) *shortLinks {
	base, err := url.Parse(linksBase(conf))
	if err != nil {
		base = &url.URL{} // the configuration was checked
	}
	l := &shortLinks{path: strings.TrimRight(base.Path, "/"), next: next}
	if l.path == "" && conf.Links.Listen == "" {
		l.host = link.FoldHost(base.Hostname())
	}
	return l
}

// ServeHTTP gives 404 for everything else.
func (l *shortLinks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, l.path+"/") || l.host != "" && !l.isAt(r.Host) {
		http.NotFound(w, r)
		return
	}
	http.StripPrefix(l.path, l.next).ServeHTTP(w, r)
}

// isAt tells whether a host, with or without a port, is theirs. Most write it in its one
// spelling, which costs nothing to see.
func (l *shortLinks) isAt(host string) bool {
	u := url.URL{Host: host}
	name := u.Hostname()
	return name == l.host || link.FoldHost(name) == l.host
}
