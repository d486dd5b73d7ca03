package api

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/metrics"
)

// Config is what a Door is made of. Modules and Auth are needed; everything
// else has a quiet default.
type Config struct {
	Modules         []Module
	Auth            Authenticator
	Clock           func() time.Time   // default time.Now
	Limits          Limits             // calls per account and class; a class that is not there is not limited
	Nodes           func() int         // how many doors share the limits out, asked at each call; default this one alone
	CellPrefix      string             // first two letters of this cell's keys
	CellDomain      string             // this cell's API domain
	Peers           map[string]string  // prefix of another cell → its API domain
	DefaultLanguage string             // where no account is known; default en
	TrustedProxies  []netip.Prefix     // whose X-Forwarded-For and X-Request-Id count
	Classify        func(error) *Error // what an ordinary error means; nil result = a defect (3)
	Serving         Serving            // why the service can't serve now (999); default: it can
	Repeats         Repeats            // answers kept by idempotency keys; nil = keys count for nothing
	Logger          *slog.Logger
	Metrics         *metrics.Registry
	TempDir         string      // for uploaded files; default os.TempDir
	Undeclared      func(error) // for tests: is told of each answer that is not what its method declares
}

// Serving tells why the service can't serve a call now; nil: it can. writes is true
// for a method that changes something.
type Serving func(writes bool) error

// A Door is the handler of /service/. It is made by New and safe for concurrent
// use.
type Door struct {
	config    Config
	table     table
	document  *openAPI
	texts     *catalogue
	nobody    *Account // stands in where no account is known
	throttle  throttle
	buffers   bufferPool
	calls     *metrics.CounterVec
	durations *metrics.HistogramVec
	unknown   *metrics.Histogram
}

// New checks the method table and makes a door. The error says everything that
// is wrong with the table: names that are there twice, parameters without
// documentation, limits on what does not exist.
func New(c Config) (*Door, error) {
	c.Clock = orElse(c.Clock, time.Now)
	if c.Serving == nil {
		c.Serving = func(bool) error { return nil }
	}
	if c.Classify == nil {
		c.Classify = func(error) *Error { return nil }
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.DefaultLanguage = cmp.Or(c.DefaultLanguage, "en")
	if c.Auth == nil {
		return nil, errors.New("api: no authenticator")
	}
	table, err := newTable(c.Modules, c.Limits)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	texts, err := loadCatalogue(catalogFiles)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if texts.localizer(c.DefaultLanguage) == nil {
		return nil, fmt.Errorf("api: no texts in the default language %q", c.DefaultLanguage)
	}
	document, err := newOpenAPI(c.Modules)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	d := &Door{
		config: c, table: table, document: document, texts: texts,
		nobody:   &Account{Language: c.DefaultLanguage, Location: time.UTC},
		throttle: throttle{nodes: c.Nodes},
	}
	d.measure(c.Metrics)
	return d, nil
}

func orElse[F any](f, fallback func() F) func() F {
	if f == nil {
		return fallback
	}
	return f
}

// measure makes the door's metrics. Labels are the table's names, so a caller
// cannot add one.
func (d *Door) measure(r *metrics.Registry) {
	d.calls = r.CounterVec("heliograph_api_calls_total", "Calls of the API by method and code.", "method", "code")
	d.durations = r.HistogramVec("heliograph_api_call_seconds", "Time from a call's arrival to its answer.",
		[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}, "method")
	d.unknown = d.durations.With(labelUnknown)
	for _, methods := range d.table {
		for _, e := range methods {
			e.answered = d.calls.With(e.label, "0")
			e.latency = d.durations.With(e.label)
		}
	}
}

// ServeHTTP answers one call. The status of every answer of the API is 200, but for verbs
// that it does not take: those are told 405, which is code 5 to who counts codes.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ip, trusted := d.remote(r)
	id := requestID(r, trusted)
	h := w.Header()
	h.Set("X-Request-Id", id)
	allowOrigins(h)
	switch r.Method {
	case http.MethodGet, http.MethodPost:
		x := &exchange{door: d, request: r, id: id, ip: ip, started: time.Now(), account: d.nobody}
		x.serve(w)
	case http.MethodOptions:
		allowPreflight(h)
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", allowedMethods)
		h.Set("X-Api-Code", strconv.Itoa(int(CodeBadMethod)))
		http.Error(w, "the API takes GET and POST", http.StatusMethodNotAllowed)
	}
}
