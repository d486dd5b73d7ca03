package smsc

import (
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

// Bind is part of smpp.Handler.
func (s *Simulator) Bind(_ *smpp.ServerSession, b *smpp.Bind) smpp.Status {
	switch {
	case s.cfg.SystemID != "" && b.SystemID != s.cfg.SystemID:
		return smpp.StatusInvSystemID
	case s.cfg.Password != "" && b.Password != s.cfg.Password:
		return smpp.StatusInvPassword
	case s.openMailbox(b.SystemID) == nil:
		return smpp.StatusBindFail
	}
	return smpp.StatusOK
}

// Bound is part of smpp.Handler: receipts that were kept go out.
func (s *Simulator) Bound(session *smpp.ServerSession) {
	if session.Mode().Receives() {
		s.mailbox(session.SystemID()).join(session)
	}
}

// Closed is part of smpp.Handler.
func (s *Simulator) Closed(session *smpp.ServerSession, cause error) {
	s.cfg.Logger.Info("smsc: session ended", "system_id", session.SystemID(), "cause", cause)
	s.mailbox(session.SystemID()).leave(session)
}

// Request is part of smpp.Handler.
func (s *Simulator) Request(session *smpp.ServerSession, p smpp.PDU, respond func(smpp.PDU)) {
	switch p := p.(type) {
	case *smpp.SubmitSM:
		s.submit(session, &p.Message, func(status smpp.Status, id string) {
			respond(&smpp.SubmitSMResp{Header: smpp.Header{Status: status}, MessageID: id})
		})
	case *smpp.DataSM:
		m := p.Message()
		s.submit(session, &m, func(status smpp.Status, id string) {
			respond(&smpp.DataSMResp{Header: smpp.Header{Status: status}, MessageID: id})
		})
	case *smpp.QuerySM:
		respond(smpp.NewResponse(p, smpp.StatusQueryFail))
	case *smpp.CancelSM:
		respond(smpp.NewResponse(p, smpp.StatusCancelFail))
	case *smpp.ReplaceSM:
		respond(smpp.NewResponse(p, smpp.StatusReplaceFail))
	default:
		respond(smpp.NewResponse(p, smpp.StatusSubmitFail))
	}
}

// accepted is a segment that was taken, with all that its answer and receipts need.
type accepted struct {
	session            *smpp.ServerSession
	message            *smpp.Message
	segment            segment
	row                Outcome
	at                 time.Time
	answerID, reportID string
	answer             func(status smpp.Status, id string)
}

func (s *Simulator) submit(session *smpp.ServerSession, m *smpp.Message, answer func(smpp.Status, string)) {
	s.counts.submits.Add(1)
	now := time.Now()
	if s.limiter != nil && !s.limiter.AllowN(now, 1) {
		s.counts.throttled.Add(1)
		answer(smpp.StatusThrottled, "")
		return
	}
	a := accepted{session: session, message: m, segment: segmentOf(m), row: outcomeOf(m.Dest.Addr), at: now, answer: answer}
	s.counts.rows[a.row].Add(1)
	status, cut := s.verdict(&a)
	if status == smpp.StatusOK && !cut {
		a.answerID, a.reportID = s.nextID(a.row)
	}
	s.cfg.OnSubmit(a.public(status, cut))
	switch {
	case cut:
		s.counts.cut.Add(1)
		session.Cut()
	case status != smpp.StatusOK:
		s.counts.refused.Add(1)
		s.later.after(s.cfg.ResponseDelay, func() { answer(status, "") })
	default:
		s.counts.accepted.Add(1)
		s.later.after(s.cfg.ResponseDelay, func() { s.accept(&a) })
	}
}

// maxAddress is the longest address a deliver_sm can carry; data_sm allows more.
const maxAddress = 20

// verdict decides whether a segment is taken. A message's link is cut for its first segment only: a message of three
// segments loses its link once.
func (s *Simulator) verdict(a *accepted) (status smpp.Status, cut bool) {
	from, to := a.message.Source.Addr, a.message.Dest.Addr
	first := func() bool { return s.firsts.first(s.firsts.key(from, to, a.segment), a.at) }
	switch {
	case len(from) > maxAddress:
		return smpp.StatusInvSrcAddr, false
	case len(to) > maxAddress || a.row == Refused:
		return smpp.StatusInvDstAddr, false
	case a.row == Throttled && first():
		return smpp.StatusThrottled, false
	case a.row == Cut && a.segment.part == 1 && first():
		return smpp.StatusOK, true
	}
	return smpp.StatusOK, false
}

// nextID makes a message's id as its response and as its receipt give it. The letter in front keeps ids from being
// taken for numbers: only row 12 is about those.
func (s *Simulator) nextID(row Outcome) (answer, report string) {
	n := s.ids.Add(1)
	if row == OtherBase {
		return strconv.FormatUint(n, 16), strconv.FormatUint(n, 10)
	}
	id := "m" + strconv.FormatUint(n, 36)
	return id, id
}

// receiptFirstLimit is how long a response of row 07 waits for its receipt to be acknowledged: an ESME may have no
// receiver bound, or may acknowledge only what it knows.
const receiptFirstLimit = 2 * time.Second

// accept answers a segment and sets going what follows.
func (s *Simulator) accept(a *accepted) {
	answer := func() { a.answer(smpp.StatusOK, a.answerID) }
	f := a.row.fate(a.segment.part)
	if a.row == ReceiptFirst && a.wanted(f) > 0 {
		s.later.after(receiptFirstLimit, answer) // only the first answer counts
		s.report(a, f, answer)
		return
	}
	answer()
	if f.receipts > 0 || f.arrives {
		s.later.after(s.cfg.ReceiptDelay, func() { s.report(a, f, nil) })
	}
}

// report delivers the segment to the handset and its receipts to the ESME.
func (s *Simulator) report(a *accepted, f fate, acknowledged func()) {
	if f.arrives {
		s.arrive(a)
	}
	for range a.wanted(f) {
		s.mailbox(a.session.SystemID()).put(a.notice(f, acknowledged))
	}
}

func (s *Simulator) arrive(a *accepted) {
	from, to := a.message.Source.Addr, a.message.Dest.Addr
	whole, ok := s.phone.add(from, to, a.segment, a.at)
	if !ok {
		return
	}
	s.counts.messages.Add(1)
	s.cfg.OnMessage(Message{
		From: from, To: to, Parts: a.segment.parts, Text: s.cfg.Decode(byte(a.message.DataCoding), whole),
	})
}

// wanted is how many receipts registered_delivery lets through.
func (a *accepted) wanted(f fate) int {
	switch a.message.RegisteredDelivery.Receipt() {
	case smpp.ReceiptNever:
		return 0
	case smpp.ReceiptOnFailure:
		if f.state == smpp.StateDelivered {
			return 0
		}
	}
	return f.receipts
}

func (a *accepted) notice(f fate, acknowledged func()) *notice {
	n := &notice{
		from: a.message.Dest, to: a.message.Source, acknowledged: acknowledged,
		receipt: smpp.Receipt{
			MessageID: a.reportID, State: f.state, Submitted: 1, Err: f.err, SubmitDate: a.at.UTC(), DoneDate: time.Now().UTC(),
		},
	}
	if f.state == smpp.StateDelivered {
		n.receipt.Delivered = 1
	}
	if a.message.DataCoding == smpp.CodingDefault {
		n.receipt.Text = string(a.segment.data[:min(len(a.segment.data), 20)])
	}
	return n
}

func (a *accepted) public(status smpp.Status, cut bool) Submit {
	return Submit{
		SystemID: a.session.SystemID(), From: a.message.Source.Addr, To: a.message.Dest.Addr,
		DataCoding: byte(a.message.DataCoding), Data: a.segment.data,
		Ref: a.segment.ref, Part: a.segment.part, Parts: a.segment.parts,
		Status: status, MessageID: a.answerID, Cut: cut,
	}
}
