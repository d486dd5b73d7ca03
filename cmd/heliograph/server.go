package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/metrics"
	"github.com/heliograph-sms/heliograph/internal/modules/alphaname"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
	"github.com/heliograph-sms/heliograph/internal/modules/contactgroup"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
	"github.com/heliograph-sms/heliograph/internal/modules/price"
	"github.com/heliograph-sms/heliograph/internal/modules/taskqueue"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/modules/webhook"
	"github.com/heliograph-sms/heliograph/internal/once"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/run"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// server is the whole server, composed of its rooms. It is the one composition
// that `serve`, `dev` and the tests run.
type server struct {
	conf     *config.Config
	log      *slog.Logger
	db       *db.DB
	registry *metrics.Registry

	watcher    *db.Watcher
	node       *db.Node
	space      *db.SpaceGuard
	users      *user.Module
	senders    *alphaname.Module
	prices     *price.Module
	stops      *numberstoplist.Module
	moderation *moderation.Module
	clerk      *moderation.Clerk
	messages   *message.Module
	campaigns  *campaign.Module
	webhooks   *webhook.Module
	links      *link.Module
	once       *once.Answers
	groups     *contactgroup.Module
	cards      *contactcard.Module
	tasks      *tasks.Tasks
	delivery   *delivery.Delivery
	door       *api.Door
	document   http.Handler // OpenAPI
	docs       http.Handler // the page people read of it

	services run.Group // all but the HTTP listener, in the order of their start
	listener net.Listener
	http     webServer
	served   chan error

	elsewhere http.Handler // paths that are not the API's

	draining atomic.Bool // ready no more
	calls    *calls
}

// newServer composes the server of a configuration on an open database, which it
// closes when it stops.
func newServer(ctx context.Context, conf *config.Config, d *db.DB, log *slog.Logger) (*server, error) {
	collectLessOften()
	s := &server{conf: conf, log: log, db: d, registry: metrics.New(), served: make(chan error, 1), calls: newCalls()}
	s.watcher = db.NewWatcher(d)
	s.node = db.NewNode(d, hostname(), log)
	s.space = db.NewSpaceGuard(d, int64(conf.Database.MinFree))
	s.users = user.New(d, s.watcher, log)
	s.users.SessionLifetime = time.Duration(conf.Session.Lifetime)
	s.senders = alphaname.New(d, s.watcher, log)
	s.prices = price.New(d, s.watcher, log)
	s.moderation = moderation.New(d, s.watcher, log)
	s.clerk = moderation.NewClerk(d, s.watcher, errands{s}, log)
	s.webhooks = webhook.New(webhook.Config{
		DB: d, Watcher: s.watcher, Node: s.node, Users: s.users, Messages: func() *message.Module { return s.messages },
		Allow: config.Prefixes(conf.Webhook.Allow), Logger: log, Metrics: s.registry,
	})
	s.once = once.New(d, log)
	s.tasks = tasks.New(tasks.Config{DB: d, Node: s.node, Logger: log})
	s.delivery = delivery.New(s.deliveryConfig())
	operators, err := phone.DefaultOperators()
	if err != nil {
		return nil, err
	}
	book := phone.NewBook(operators)
	s.stops = numberstoplist.New(numberstoplist.Config{DB: d, Watcher: s.watcher, Book: book, Logger: log})
	s.groups = contactgroup.New(d)
	s.cards = contactcard.New(contactcard.Config{DB: d, Groups: s.groups, Book: book, Logger: log})
	s.links = link.New(s.linkConfig())
	s.elsewhere = newShortLinks(conf, s.links.Redirect())
	s.messages = message.New(message.Config{
		DB: d, Users: s.users, Alphanames: s.senders, Prices: s.prices, Moderation: s.moderation, Stops: s.stops, Links: s.links, Repeats: s.once, Book: book,
		Queue: s.delivery, Tracer: s.delivery, Events: s.webhooks, MaxSegments: conf.Message.MaxSegments, Logger: log,
	})
	s.campaigns = campaign.New(s.campaignConfig())
	s.messages.Campaigns = s.campaigns
	if s.door, err = s.newDoor(ctx); err != nil {
		return nil, err
	}
	s.document, s.docs = s.door.Document(), s.door.DocsPage()
	s.measureWriter()
	s.measureDisk()
	s.registry.GaugeFunc("heliograph_nodes", "Nodes that share the database, with this one.", nil, func() float64 { return float64(s.node.Nodes()) })
	s.services.Add("watcher", s.watcher)
	s.services.Add("accounts", s.users)
	s.services.Add("senders", s.senders)
	s.services.Add("prices", s.prices)
	s.services.Add("stop list", s.stops)
	s.services.Add("moderation", s.moderation)
	s.services.Add("space", s.space)
	s.services.Add("node", s.node)
	s.services.Add("maintenance", d.Maintenance())
	s.services.Add("message shelves", s.messages.Filler())
	s.services.Add("webhooks", s.webhooks)
	s.services.Add("links", s.links)
	s.services.Add("kept answers", s.once)
	s.services.Add("webhook deliverer", s.webhooks.Deliverer())
	s.services.Add("delivery", s.delivery)
	s.services.Add("contact groups", s.cards.Sweeper())
	s.services.Add("campaigns", s.campaigns)
	s.services.Add("tasks", s.tasks)
	s.services.Add("moderators' decisions", s.clerk)
	if conf.Links.Listen != "" {
		s.services.Add("short links", newSide("links.listen", conf.Links.Listen, s.newWebServer(s.elsewhere)))
		s.elsewhere = http.NotFoundHandler()
	}
	if conf.HTTP.DebugListen != "" {
		s.services.Add("profiler", newProfiler(conf.HTTP.DebugListen))
	}
	return s, nil
}

// collectLessOften lets the heap grow to three times what lives: that is little, and
// nearly all that a call allocates is garbage at once. GOGC decides where it is set.
func collectLessOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// measureWriter shows what the database's writer does.
func (s *server) measureWriter() {
	stats := s.db.WriterStats()
	for name, counter := range map[string]struct {
		help string
		read func() float64
	}{
		"heliograph_db_commits_total":        {"Transactions committed by the writer.", func() float64 { return float64(stats.Commits.Load()) }},
		"heliograph_db_rows_total":           {"Rows written, about.", func() float64 { return float64(stats.Rows.Load()) }},
		"heliograph_db_failures_total":       {"Transactions that failed.", func() float64 { return float64(stats.Failures.Load()) }},
		"heliograph_db_commit_seconds_total": {"Time spent in COMMIT.", func() float64 { return float64(stats.CommitNanos.Load()) / 1e9 }},
	} {
		s.registry.CounterFunc(name, counter.help, counter.read)
	}
}

// measureDisk shows the space that is left where the disk is ours to see.
func (s *server) measureDisk() {
	if s.db.Engine == "sqlite" {
		s.registry.GaugeFunc("heliograph_disk_free_bytes", "Free on the disk of the database.", nil,
			func() float64 { return float64(s.space.Free()) })
	}
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unnamed"
	}
	return name
}

func (s *server) newDoor(ctx context.Context) (*api.Door, error) {
	cell, err := s.users.Cell(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the cell: %w", err)
	}
	limits, err := api.ParseLimits(s.conf.Limits)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	return api.New(api.Config{
		Modules: []api.Module{
			s.users.API(), s.messages.Methods(), s.campaignMethods(), s.links.Methods(), s.webhooks.Methods(), taskqueue.New(s.tasks).Methods(),
			s.senders.Methods(), s.prices.Methods(), s.groups.Methods(), s.cards.Methods(), s.stops.Methods(),
		},
		Auth: s.users, Clock: s.db.Time, Limits: limits, Nodes: s.node.Nodes,
		CellPrefix: cell.Prefix, CellDomain: cell.Domain, Peers: s.conf.Cell.Peers,
		DefaultLanguage: s.conf.HTTP.Language, TrustedProxies: config.Prefixes(s.conf.HTTP.TrustedProxies),
		Repeats: s.once, Classify: s.classify, Serving: s.serving, Logger: s.log, Metrics: s.registry,
	})
}

// classify tells the door which errors mean that the service can't answer now.
func (s *server) classify(err error) *api.Error {
	if errors.Is(err, db.ErrUnavailable) {
		s.space.Wake() // it may be the disk
	}
	switch {
	case errors.Is(err, db.ErrTooSlow):
		return &api.Error{Code: api.CodeServiceError, Key: "error.tooSlow", RetryAfter: time.Second}
	case db.Retryable(err):
		return api.Unavailable(err)
	}
	return nil
}

// serving refuses all calls once the server stops, and those that write while the
// disk is nearly full. What was accepted goes on to its end meanwhile.
func (s *server) serving(writes bool) error {
	if err := s.calls.Err(); err != nil {
		return err
	}
	if writes {
		return s.space.Err()
	}
	return nil
}

// Start starts the services and listens.
func (s *server) Start(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.conf.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	if err := s.services.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.listener = listener
	s.http = s.newWebServer(s)
	go func() { s.served <- s.http.Serve(listener) }()
	return nil
}

func (s *server) newWebServer(h http.Handler) webServer {
	return newWebServer(h, time.Duration(s.conf.HTTP.ReadTimeout), time.Duration(s.conf.HTTP.WriteTimeout), s.log)
}

// Addr is the address the server listens on.
func (s *server) Addr() string { return s.listener.Addr().String() }

// ServeHTTP sorts requests by their path. The API's own paths go to the door as
// they are: it folds case and slashes itself and never redirects.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/service" || strings.HasPrefix(path, "/service/"):
		s.calls.serve(w, r, s.door)
	case path == "/":
		api.HomePage().ServeHTTP(w, r)
	case path == "/docs":
		s.docs.ServeHTTP(w, r)
	case path == "/openapi.json":
		s.document.ServeHTTP(w, r)
	case path == "/healthz":
		fmt.Fprintln(w, "alive")
	case path == "/readyz":
		s.readyz(w, r)
	case path == "/metrics":
		s.registry.Handler().ServeHTTP(w, r)
	default:
		s.elsewhere.ServeHTTP(w, r)
	}
}

// readyz answers 200 while the server can serve: it is not stopping, its disk has
// room, and the database answers and has its schema.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	err := s.serving(true)
	if s.draining.Load() {
		err = errStopping
	}
	if err == nil {
		err = s.db.Ping(r.Context())
	}
	if err != nil {
		s.log.Warn("not ready", "error", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
