package main

import (
	"net"
	"sync"
	"time"
)

// A sink is where all contestants report what became of a message. It answers each callback with 200 at once.
type sink struct {
	listener net.Listener
	work     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil when the sink has stopped
	seen  map[int64]struct{}
	count tally
}

// tally is what has come to a sink since it was emptied.
type tally struct {
	Unique   int64 // messages reported as delivered
	Repeated int64 // callbacks for a message that had one
	Other    int64 // callbacks that say anything else, or nothing that can be read
	Last     time.Time
}

func newSink() (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: listener, conns: map[net.Conn]struct{}{}, seen: map[int64]struct{}{}}
	s.work.Go(s.accept)
	return s, nil
}

func (s *sink) address() string { return s.listener.Addr().String() }

// stop closes all connections and waits until nobody works on one.
func (s *sink) stop() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.work.Wait()
}

// empty begins a new tally.
func (s *sink) empty() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.seen)
	s.count = tally{}
}

func (s *sink) tally() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

func (s *sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // stopped
		}
		s.mu.Lock()
		if s.conns == nil {
			conn.Close()
		} else {
			s.conns[conn] = struct{}{}
			s.work.Go(func() { s.serve(conn) })
		}
		s.mu.Unlock()
	}
}

// serve answers until the connection ends; a sender may end it, or begin another, as it likes.
func (s *sink) serve(conn net.Conn) {
	defer s.close(conn)
	ok := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n")
	for requests := newStream(conn); ; {
		head, body, err := requests.next()
		if err != nil {
			return
		}
		s.note(readCallback(head, body))
		if _, err := conn.Write(ok); err != nil {
			return
		}
	}
}

func (s *sink) close(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// note counts a callback: for which message, and whether it says that it was delivered.
func (s *sink) note(id int64, delivered bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Last = now
	if !delivered {
		s.count.Other++
		return
	}
	before := len(s.seen)
	s.seen[id] = struct{}{}
	if len(s.seen) == before {
		s.count.Repeated++
	} else {
		s.count.Unique++
	}
}
