package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// side is a service that serves HTTP at an address of its own, beside the API's.
type side struct {
	key  string // of the configuration, where the address stands
	addr string
	http webServer
	done chan error
}

func newSide(key, addr string, h webServer) *side {
	return &side{key: key, addr: addr, http: h, done: make(chan error, 1)}
}

// Start listens.
func (s *side) Start(context.Context) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("%s: %w", s.key, err)
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return nil
}

// sideGrace is how long requests under way may take to end.
const sideGrace = time.Second

// Stop ends it; what is under way then for longer than sideGrace is cut off.
func (s *side) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sideGrace)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
