package main

import (
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/phone"
)

// checks are what is asked again about a message that waited in the queue.
func (s *server) checks() []delivery.Check {
	return []delivery.Check{s.checkAccount, s.checkCampaign, s.checkNumber, s.checkSender}
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

// checkCampaign holds the messages of campaigns that are paused, or being cancelled.
func (s *server) checkCampaign(m *message.Message) delivery.Verdict {
	if !m.Single() && s.campaigns.Stopped(m.CampaignID) {
		return delivery.HoldCampaign
	}
	return delivery.Send
}

// checkNumber rejects messages whose number came on the stop list.
func (s *server) checkNumber(m *message.Message) delivery.Verdict {
	if s.stops.Stopped(m.AccountID, phone.Number(m.Recipient)) {
		return delivery.NumberStopped
	}
	return delivery.Send
}

// checkSender rejects messages whose sender was withdrawn, or may not be used in their
// country any more.
func (s *server) checkSender(m *message.Message) delivery.Verdict {
	if !s.senders.Usable(m.AccountID, m.Sender, m.Country) {
		return delivery.SenderWithdrawn
	}
	return delivery.Send
}
