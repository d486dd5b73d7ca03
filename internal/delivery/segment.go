package delivery

import (
	"fmt"
	"time"

	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// segment is one segment that this process has to get an answer for. Whoever
// holds it in his list, or in a transaction, owns it; there is no lock.
type segment struct {
	msg     *message.Message
	on      *dispatcher
	parts   text.Parts
	num     int // from 1
	attempt int64
	doubt   int64
	startMs int64 // of the first intent that the carrier may have
	retries int   // refusals that may pass, in a row
}

// live tells whether the carrier may have the segment.
func (s *segment) live() bool { return s.attempt > s.doubt }

// row is what pending says of the segment, as far as completing it needs.
func (s *segment) row() pendingRow {
	return pendingRow{segmentKey: segmentKey{s.msg.ID, s.num}, segNum: s.msg.SegNum, startMs: s.startMs, expiresMs: s.msg.ExpiresMs, msg: s.msg}
}

// acceptedRow is the row once the carrier has taken the segment.
func (s *segment) acceptedRow() pendingRow {
	row := s.row()
	row.recipient, row.status = s.msg.Recipient, message.Accepted
	return row
}

// segments cuts a message into its segments, for one carrier.
func segments(m *message.Message, on *dispatcher) ([]*segment, error) {
	parts, err := cut(m, on)
	if err != nil {
		return nil, fmt.Errorf("message %d: %w", m.ID, err)
	}
	if parts.Len() != m.SegNum {
		return nil, fmt.Errorf("message %d was accepted as %d segments and is cut into %d", m.ID, m.SegNum, parts.Len())
	}
	all := make([]*segment, m.SegNum)
	for i := range all {
		all[i] = &segment{msg: m, on: on, parts: parts, num: i + 1}
	}
	return all, nil
}

// cut splits a message's text. A carrier that wants 16-bit references gets them
// where they take no more segments than the account has paid for.
func cut(m *message.Message, on *dispatcher) (text.Parts, error) {
	if on.Reference16 && m.SegNum > 1 {
		if parts, err := text.Split(m.Text, text.Ref16); err == nil && parts.Len() == m.SegNum {
			return parts, nil
		}
	}
	return text.Split(m.Text, text.Ref8)
}

// wire is the segment as it goes to a carrier. Parts of one message share their
// reference, which is the message's id: neighbours differ (3GPP TS 23.040
// §9.2.3.24.1).
func (s *segment) wire(now int64) *carrier.Segment {
	part := s.parts.At(s.num - 1)
	return &carrier.Segment{
		From:       s.msg.Sender,
		To:         s.msg.Recipient,
		DataCoding: part.Encoding.DataCoding(s.msg.MClass == 0),
		UDHI:       part.HasUDH(),
		Data:       part.AppendUserData(nil, uint16(s.msg.ID)),
		Validity:   time.Duration(s.msg.ExpiresMs-now) * time.Millisecond,
	}
}

// overall is a message's status by those of its segments, which stand in order
// (contract §3).
func overall(segments []message.Status) message.Status {
	final, delivered, taken := 0, 0, 0
	for _, s := range segments {
		if s.Final() {
			final++
		}
		if s == message.Delivered {
			delivered++
		}
		if s == message.Accepted || s.Final() && s != message.Rejected {
			taken++
		}
	}
	switch {
	case delivered == len(segments):
		return message.Delivered
	case delivered > 0:
		return message.PartlyDelivered
	case final == len(segments):
		return segments[0]
	case taken > 0:
		return message.Accepted
	default:
		return message.Enqueued
	}
}

// overdue is the status of a message whose validity ended at expiresMs; ok is
// false while there is still something to wait for. live tells whether the answer
// to one of its segments may still come.
func overdue(segments []message.Status, live bool, expiresMs, now int64, grace time.Duration) (status message.Status, ok bool) {
	if now < expiresMs {
		return 0, false
	}
	graceOver := now >= expiresMs+grace.Milliseconds()
	switch overall(segments) {
	case message.PartlyDelivered:
		if segments[0].Final() {
			return segments[0], true
		}
		return message.Expired, graceOver
	case message.Enqueued: // never sent, or given up as in doubt
		return message.Expired, !live || graceOver
	default:
		return message.Expired, graceOver
	}
}
