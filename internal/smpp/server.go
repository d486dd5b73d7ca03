package smpp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// ErrServerClosed is what Serve returns after Close.
var ErrServerClosed = errors.New("smpp: server closed")

// Handler is an SMSC behind a Server. Its methods run on the session's reader: other sessions go on meanwhile, this one
// does not.
type Handler interface {
	// Bind decides whether an ESME may bind; any status but StatusOK refuses it and ends its connection.
	Bind(s *ServerSession, b *Bind) Status
	// Bound follows when the answer to an accepted bind has been queued: from here on Send may be used.
	Bound(s *ServerSession)
	// Request takes submit_sm, submit_multi, data_sm, query_sm, cancel_sm and replace_sm, already checked against the
	// way the session is bound. respond answers it, from any goroutine; only the first call counts. The response gets
	// the request's sequence number; its command must fit (see NewResponse).
	Request(s *ServerSession, p PDU, respond func(resp PDU))
	// Closed follows once for every accepted bind, after all its requests are finished.
	Closed(s *ServerSession, cause error)
}

// ServerConfig limits a server. Zero values stand for the defaults named.
type ServerConfig struct {
	SystemID string // in the answer to binds, at most 15 characters

	MaxConns      int // connections at a time, bound or not, default 1000; more are closed at once
	Window        int // our unanswered requests per session, default 100
	MaxUnanswered int // requests per session given to Handler and not answered, default 1000; then reading stops

	BindTimeout     time.Duration // from connection to bind, default 10 s
	ResponseTimeout time.Duration // default 60 s
	EnquireInterval time.Duration // silence before an enquire_link, default 60 s
	WriteTimeout    time.Duration // for one write, default 10 s

	Logger *slog.Logger // default: none
}

// Server is an SMSC's side of SMPP.
type Server struct {
	cfg     ServerConfig
	handler Handler

	mu        sync.Mutex
	closed    chan struct{}
	listeners map[net.Listener]struct{}
	sessions  map[*ServerSession]struct{}
	wg        sync.WaitGroup // sessions
}

// NewServer makes a server for Serve.
func NewServer(cfg ServerConfig, h Handler) *Server {
	orDefault(&cfg.MaxConns, 1000)
	orDefault(&cfg.Window, 100)
	orDefault(&cfg.MaxUnanswered, 1000)
	orDefault(&cfg.BindTimeout, 10*time.Second)
	orDefault(&cfg.ResponseTimeout, time.Minute)
	orDefault(&cfg.EnquireInterval, time.Minute)
	orDefault(&cfg.WriteTimeout, 10*time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{
		cfg: cfg, handler: h,
		closed:    make(chan struct{}),
		listeners: make(map[net.Listener]struct{}),
		sessions:  make(map[*ServerSession]struct{}),
	}
}

// Serve accepts connections until Close (ErrServerClosed) or until the listener fails. It closes ln.
func (s *Server) Serve(ln net.Listener) error {
	defer ln.Close()
	if !s.listen(ln) {
		return ErrServerClosed
	}
	defer s.forget(ln)
	wait := acceptWaitMin
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			wait = acceptWaitMin
			s.admit(conn)
		case s.isClosed():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return err
		default: // out of descriptors, or the like: it passes
			s.cfg.Logger.Warn("smpp: accept", "error", err, "wait", wait)
			s.pause(wait)
			wait = min(2*wait, acceptWaitMax)
		}
	}
}

const (
	acceptWaitMin = 5 * time.Millisecond
	acceptWaitMax = time.Second
)

func (s *Server) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.closed:
	}
}

func (s *Server) listen(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return false
	}
	s.listeners[ln] = struct{}{}
	return true
}

func (s *Server) forget(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
}

func (s *Server) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// admit starts a session, unless there are too many.
func (s *Server) admit(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() || len(s.sessions) >= s.cfg.MaxConns {
		_ = conn.Close()
		return
	}
	session := newServerSession(s, conn)
	s.sessions[session] = struct{}{}
	s.wg.Add(1)
	session.link.run(func(cause error) {
		session.leave(cause)
		s.remove(session)
	})
}

func (s *Server) remove(session *ServerSession) {
	s.mu.Lock()
	delete(s.sessions, session)
	s.mu.Unlock()
	s.wg.Done()
}

// Close stops listening, closes every session as ServerSession.Close does, all at once, and returns when they are gone.
// A second call waits likewise.
func (s *Server) Close(ctx context.Context) {
	var closers sync.WaitGroup
	for _, session := range s.shut() {
		closers.Go(func() { session.Close(ctx) })
	}
	closers.Wait()
	s.wg.Wait()
}

func (s *Server) shut() []*ServerSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return nil
	}
	close(s.closed)
	for ln := range s.listeners {
		_ = ln.Close()
	}
	open := make([]*ServerSession, 0, len(s.sessions))
	for session := range s.sessions {
		open = append(open, session)
	}
	return open
}
