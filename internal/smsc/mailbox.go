package smsc

import (
	"errors"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

const (
	maxMailboxes  = 1000    // system ids seen; the next one may not bind
	mailboxLimit  = 100_000 // receipts kept per system id; then the oldest is dropped
	refusedWait   = time.Second
	receiptWindow = 100 // unacknowledged receipts per session
)

// notice is a receipt on its way.
type notice struct {
	from, to     smpp.Address
	receipt      smpp.Receipt
	acknowledged func() // nil or called once the ESME has it
	tried        bool
}

func (n *notice) pdu() *smpp.DeliverSM {
	return &smpp.DeliverSM{Message: smpp.Message{
		Source: n.from, Dest: n.to, ESMClass: smpp.ESMTypeReceipt,
		ShortMessage: smpp.AppendReceipt(make([]byte, 0, 160), &n.receipt), TLVs: n.receipt.TLVs(),
	}}
}

// mailbox holds the receipts of one system id until one of its sessions, any that receives, has acknowledged them.
type mailbox struct {
	sim *Simulator

	mu    sync.Mutex
	lines []*line
	turn  int
	queue deque
}

// line is a session that receives.
type line struct {
	session  *smpp.ServerSession
	inFlight int
	gone     bool
}

// openMailbox finds or makes the mailbox of a system id; nil if there are too many.
func (s *Simulator) openMailbox(systemID string) *mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mailboxes[systemID]
	if m == nil && len(s.mailboxes) < maxMailboxes {
		m = &mailbox{sim: s}
		s.mailboxes[systemID] = m
	}
	return m
}

// mailbox is that of a bound session, which its bind has made.
func (s *Simulator) mailbox(systemID string) *mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mailboxes[systemID]
}

func (m *mailbox) join(session *smpp.ServerSession) {
	m.mu.Lock()
	m.lines = append(m.lines, &line{session: session})
	m.mu.Unlock()
	m.pump()
}

func (m *mailbox) leave(session *smpp.ServerSession) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, l := range m.lines {
		if l.session == session {
			m.lines = append(m.lines[:i:i], m.lines[i+1:]...)
			return
		}
	}
}

func (m *mailbox) put(n *notice) {
	m.mu.Lock()
	if m.queue.len() >= mailboxLimit {
		m.queue.popFront()
		m.sim.counts.dropped.Add(1)
	}
	m.queue.pushBack(n)
	m.mu.Unlock()
	m.pump()
}

// pump sends as many receipts as the sessions' windows take.
func (m *mailbox) pump() {
	for {
		l, n := m.next()
		if n == nil {
			return
		}
		l.session.Send(n.pdu(), func(resp smpp.PDU, err error) { m.settle(l, n, resp, err) })
	}
}

// next takes a receipt and a session with room for it, the sessions in turn.
func (m *mailbox) next() (*line, *notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queue.len() == 0 {
		return nil, nil
	}
	for range m.lines {
		m.turn = (m.turn + 1) % len(m.lines)
		if l := m.lines[m.turn]; !l.gone && l.inFlight < receiptWindow {
			l.inFlight++
			return l, m.queue.popFront()
		}
	}
	return nil, nil
}

// settle takes the answer to a receipt. Without one, or with one that says "not now", the receipt is sent again.
func (m *mailbox) settle(l *line, n *notice, resp smpp.PDU, err error) {
	unsent := errors.Is(err, smpp.ErrNotSent)
	if !unsent {
		m.count(n)
	}
	m.mu.Lock()
	l.inFlight--
	// The window has room and the PDU is sound, so what could not be sent means a link that has ended.
	l.gone = l.gone || unsent
	if err != nil {
		m.queue.pushFront(n)
	}
	m.mu.Unlock()
	if err == nil {
		m.answered(n, resp.Head().Status)
	}
	m.pump()
}

func (m *mailbox) count(n *notice) {
	m.sim.counts.receipts.Add(1)
	if n.tried {
		m.sim.counts.redelivered.Add(1)
	}
	n.tried = true
}

func (m *mailbox) answered(n *notice, status smpp.Status) {
	switch status {
	case smpp.StatusOK:
		m.sim.counts.acknowledged.Add(1)
		if n.acknowledged != nil {
			n.acknowledged()
		}
	case smpp.StatusReceiverTemporary, smpp.StatusMsgQueueFull, smpp.StatusThrottled, smpp.StatusSysErr:
		m.sim.later.after(refusedWait, func() { m.put(n) })
	default:
		m.sim.counts.dropped.Add(1)
	}
}

// deque is a queue in a ring that grows as needed.
type deque struct {
	ring  []*notice // its length is a power of two
	start int
	n     int
}

func (d *deque) len() int { return d.n }

func (d *deque) pushBack(n *notice) {
	d.grow()
	d.ring[(d.start+d.n)&(len(d.ring)-1)] = n
	d.n++
}

func (d *deque) pushFront(n *notice) {
	d.grow()
	d.start = (d.start - 1) & (len(d.ring) - 1)
	d.ring[d.start] = n
	d.n++
}

func (d *deque) popFront() *notice {
	n := d.ring[d.start]
	d.ring[d.start] = nil
	d.start = (d.start + 1) & (len(d.ring) - 1)
	d.n--
	return n
}

func (d *deque) grow() {
	if d.n < len(d.ring) {
		return
	}
	ring := make([]*notice, max(16, 2*len(d.ring)))
	for i := range d.n {
		ring[i] = d.ring[(d.start+i)&(len(d.ring)-1)]
	}
	d.ring, d.start = ring, 0
}
