// Package config reads the server's configuration: one TOML file, single values of
// which the environment may replace, secrets from files of their own. What every
// key means stands at its field.
package config

import (
	"net/netip"
	"time"
)

// Config is a whole configuration. A field's name in the file is its tag.
type Config struct {
	HTTP     HTTP              `toml:"http"`
	Server   Server            `toml:"server"`
	Database Database          `toml:"database"`
	Cell     Cell              `toml:"cell"`
	Links    Links             `toml:"links"`
	Limits   map[string]string `toml:"limits"` // calls of one account by rate class or module.method: "100/s"
	Message  Message           `toml:"message"`
	Webhook  Webhook           `toml:"webhook"`
	Session  Session           `toml:"session"`
	Carriers []Carrier         `toml:"carrier"`
	Routes   []Route           `toml:"route"`
}

// HTTP is how the API is reached.
type HTTP struct {
	Listen         string    `toml:"listen"`          // host:port; default 127.0.0.1:8080
	TrustedProxies []Network `toml:"trusted_proxies"` // whose X-Forwarded-For counts
	DebugListen    string    `toml:"debug_listen"`    // host:port for Go's profiler (net/http/pprof); default none
	Language       string    `toml:"language"`        // of answers where no account is known; default en
	ReadTimeout    Duration  `toml:"read_timeout"`    // for a request's header, and for its body beside what its size takes at 32 KiB/s; default 10s
	WriteTimeout   Duration  `toml:"write_timeout"`   // for each 64 KiB of an answer to be taken; default 1m
}

// Server is how the process ends.
type Server struct {
	Drain       Duration `toml:"drain"`        // from SIGTERM until callers are turned away; default 5s
	StopTimeout Duration `toml:"stop_timeout"` // for what is under way then; default 20s
}

// Database is where everything is kept.
type Database struct {
	URL     string `toml:"url"` // sqlite:/path/to/heliograph.db or postgres://…
	URLFile string `toml:"url_file"`
	MinFree Size   `toml:"min_free"` // below this much free space on SQLite's disk new work is refused; 0 = never; default 256MiB
}

// Cell is the API domain that this server serves. An empty prefix leaves the cell
// as the database has it.
type Cell struct {
	Prefix string            `toml:"prefix"` // two letters that its keys begin with
	Domain string            `toml:"domain"`
	Peers  map[string]string `toml:"peers"` // prefix → domain of other cells
}

// Links are the short links.
type Links struct {
	Base   string `toml:"base"`   // what stands before /code: https://s.example; default http:// + http.listen + /s
	Listen string `toml:"listen"` // host:port for them alone; default: they are served at http.listen, by base's path or host
}

// Message bounds messages.
type Message struct {
	MaxSegments  int      `toml:"max_segments"`  // default 10
	Held         int      `toml:"held"`          // how many wait for a carrier in memory; the others wait in the database alone; default 10 000
	ReceiptGrace Duration `toml:"receipt_grace"` // how long after its validity a message may still get its receipt; default 24h
}

// Webhook says where webhooks may go.
type Webhook struct {
	Allow []Network `toml:"allow"` // inner networks that they may reach
}

// Session says how long people stay logged in.
type Session struct {
	Lifetime Duration `toml:"lifetime"` // from the login on, whatever is done meanwhile; default 12h
}

// Policies of a carrier for segments of which it is not known whether they arrived.
const (
	InDoubtResend = "resend"
	InDoubtWait   = "wait"
	InDoubtFail   = "fail"
)

// Carrier is a carrier's SMSC and how to bind to it. A number left out or 0 is the
// default.
type Carrier struct {
	Name            string   `toml:"name"`
	Type            string   `toml:"type"`    // smpp, the default
	Address         string   `toml:"address"` // host:port
	SystemID        string   `toml:"system_id"`
	Password        string   `toml:"password"`
	PasswordFile    string   `toml:"password_file"`
	SystemType      string   `toml:"system_type"`
	Window          int      `toml:"window"`           // unanswered submits per bind; default 10
	Binds           int      `toml:"binds"`            // default 1
	Rate            int      `toml:"rate"`             // segments per second; 0 = no limit
	InDoubt         string   `toml:"in_doubt"`         // resend, wait (the default) or fail
	ReferenceBits   int      `toml:"reference_bits"`   // of the concatenation header: 8 (the default) or 16
	EnquireLink     Duration `toml:"enquire_link"`     // how often a silent link is probed; default 30s
	ResponseTimeout Duration `toml:"response_timeout"` // default 10s
}

// Route says which carriers take a message, in order of preference. A message must
// meet every criterion that is given; without any it takes everything.
type Route struct {
	Country  []string `toml:"country"` // ISO 3166-1 alpha-2
	Operator []string `toml:"operator"`
	Sender   []string `toml:"sender"`
	Account  []int64  `toml:"account"`
	Carriers []string `toml:"carriers"`
}

// Default is the configuration of an empty file.
func Default() *Config {
	return &Config{
		HTTP:     HTTP{Listen: "127.0.0.1:8080", Language: "en", ReadTimeout: Duration(10 * time.Second), WriteTimeout: Duration(time.Minute)},
		Server:   Server{Drain: Duration(5 * time.Second), StopTimeout: Duration(20 * time.Second)},
		Database: Database{MinFree: 256 << 20},
		Limits:   map[string]string{"send": "100/s", "default": "20/s"},
		Message:  Message{MaxSegments: 10, Held: 10_000, ReceiptGrace: Duration(24 * time.Hour)},
		Session:  Session{Lifetime: Duration(12 * time.Hour)},
	}
}

// fill gives a carrier the defaults of what it leaves open.
func (c *Carrier) fill() {
	orElse(&c.Type, "smpp")
	orElse(&c.Window, 10)
	orElse(&c.Binds, 1)
	orElse(&c.InDoubt, InDoubtWait)
	orElse(&c.ReferenceBits, 8)
	orElse(&c.EnquireLink, Duration(30*time.Second))
	orElse(&c.ResponseTimeout, Duration(10*time.Second))
}

func orElse[T comparable](value *T, fallback T) {
	if *value == *new(T) {
		*value = fallback
	}
}

// Prefixes are networks in the form that the standard library works with.
func Prefixes(networks []Network) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(networks))
	for i, n := range networks {
		prefixes[i] = n.Prefix
	}
	return prefixes
}
