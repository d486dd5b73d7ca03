package shadow

import (
	"cmp"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Config says whom a Shadow stands before. Upstream, Ours, Methods and Tally are needed.
type Config struct {
	Upstream        *url.URL // whose answers the clients get
	Ours            *url.URL // what is compared with it; paths of both go before those of calls
	Methods         Methods
	Keys            Keys
	Values          bool          // values that differ count too
	UpstreamTimeout time.Duration // that it may keep a call waiting: before its answer, and in all that follows beside what its size takes at 32 KiB/s; default a minute
	Timeout         time.Duration // for our whole answer; default 10 s
	Pending         int           // calls that are compared at a time; default 64, of up to 2 MiB each
	AtOnce          int           // how many of them ask ours, and are compared, at a time; default 8
	Tally           *Tally
}

// A Shadow is the handler that clients call instead of the upstream. Stop ends it, after
// the http.Server before it has ended.
type Shadow struct {
	config    Config
	transport *http.Transport       // to the upstream
	proxy     httputil.ReverseProxy // each call has a copy
	client    *http.Client          // to ours
	slots     chan struct{}         // one for each call that may be compared
	asking    chan struct{}         // one for each that may ask ours and be read
	life      context.Context
	end       context.CancelFunc

	stopping sync.Mutex
	retired  int // slots that Stop has taken
}

// New makes a Shadow.
func New(c Config) *Shadow {
	c.UpstreamTimeout = cmp.Or(c.UpstreamTimeout, time.Minute)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	if c.Methods.listed {
		c.Tally.expect(c.Methods.names)
	}
	s := &Shadow{
		config: c, transport: newTransport(c.UpstreamTimeout),
		slots: full(cmp.Or(c.Pending, 64)), asking: full(cmp.Or(c.AtOnce, 8)),
	}
	s.proxy = httputil.ReverseProxy{
		Rewrite: s.rewrite, Transport: s.transport, FlushInterval: -1, // at once
		ErrorLog: log.New(io.Discard, "", 0), // it would tell of addresses
	}
	s.client = &http.Client{
		Transport: newTransport(c.Timeout), Timeout: c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

func full(n int) chan struct{} {
	c := make(chan struct{}, n)
	for range n {
		c <- struct{}{}
	}
	return c
}

// newTransport passes answers on as they are, compressed or not. It speaks HTTP/1.1 alone:
// over HTTP/2 it repeats what was refused as a violation of the protocol. It hangs up
// sooner than servers do, most after five seconds or more, since a call that meets a
// connection on its end is lost (see once).
func newTransport(patience time.Duration) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.IdleConnTimeout = 4 * time.Second
	t.DisableCompression = true
	t.ResponseHeaderTimeout = patience
	t.MaxIdleConnsPerHost = 64
	t.MaxResponseHeaderBytes = 1 << 20
	return t
}

// Stop waits until all calls under way are compared. When ctx ends first, asking ours is
// cut off.
func (s *Shadow) Stop(ctx context.Context) error {
	defer s.transport.CloseIdleConnections()
	defer s.client.CloseIdleConnections()
	defer s.end()
	s.stopping.Lock()
	defer s.stopping.Unlock()
	for ; s.retired < cap(s.slots); s.retired++ { // who has them all is alone, and stays so
		select {
		case <-s.slots:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ServeHTTP forwards one request, and sees to it that it is compared where it is a call.
func (s *Shadow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cut := context.WithCancel(r.Context())
	defer cut()
	c := s.watch(r, newWait(s.config.UpstreamTimeout, cut))
	defer s.follow(c) // a client that is cut off, too: the proxy panics then
	c.asking.run()
	defer c.asking.stop()
	_ = http.NewResponseController(w).EnableFullDuplex() // an answer may begin before the call ends
	proxy := s.proxy
	proxy.ModifyResponse, proxy.ErrorHandler = c.keep, c.fail
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

// rewrite aims a request at the upstream, its query as it came, and with what proxies
// before this one said of the client.
func (s *Shadow) rewrite(p *httputil.ProxyRequest) {
	p.SetURL(s.config.Upstream)
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := p.In.Header[name]; ok {
			p.Out.Header[name] = values
		}
	}
	once(p.Out)
}

// watch decides whether a request will be compared, and keeps what passes by if so. The
// call has a slot then.
func (s *Shadow) watch(r *http.Request, upstream *wait) *call {
	c := &call{request: r, asking: upstream}
	if r.ContentLength != 0 {
		c.sent = &sent{ReadCloser: r.Body, upstream: upstream}
		r.Body = c.sent
	}
	name, ok := methodOf(r.URL.Path)
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodPost {
		return c
	}
	c.method = name
	if !s.config.Methods.has(name) {
		c.outcome = OutcomeNotAsked
		return c
	}
	select {
	case <-s.slots:
	default:
		c.outcome = OutcomeDropped
		return c
	}
	if c.sent != nil {
		c.body = &capture{ReadCloser: c.sent}
		r.Body = c.body
	}
	return c
}

// follow takes up a call whose client has its answer.
func (s *Shadow) follow(c *call) {
	switch {
	case c.method == "":
	case c.compared():
		go s.compare(c) // Stop waits for its slot
	case c.failed:
		s.config.Tally.Add(c.method, OutcomeUpstream, nil)
	default:
		s.config.Tally.Add(c.method, c.outcome, nil)
	}
}
