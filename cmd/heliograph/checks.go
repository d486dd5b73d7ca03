package main

import (
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

// checks are what is asked again about a message that waited in the queue.
func (s *server) checks() []delivery.Check {
	return []delivery.Check{s.checkAccount, s.checkSender}
}

// checkAccount holds the messages of blocked accounts and rejects those of deleted
// ones.
func (s *server) checkAccount(m *message.Message) delivery.Verdict {
	switch s.users.Standing(m.AccountID) {
	case user.Blocked:
		return delivery.Hold
	case user.Deleted:
		return delivery.AccountDeleted
	}
	return delivery.Send
}

// checkSender rejects messages whose sender was withdrawn.
func (s *server) checkSender(m *message.Message) delivery.Verdict {
	if !s.senders.Usable(m.AccountID, m.Sender) {
		return delivery.SenderWithdrawn
	}
	return delivery.Send
}
