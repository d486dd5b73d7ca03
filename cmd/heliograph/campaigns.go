package main

import "github.com/heliograph-sms/heliograph/internal/modules/campaign"

// campaignConfig is what campaigns need of the other rooms.
func (s *server) campaignConfig() campaign.Config {
	return campaign.Config{
		DB: s.db, Node: s.node, Watcher: s.watcher, Messages: s.messages, Users: s.users, Queue: s.delivery, Tasks: s.tasks,
		Contacts: s.cards, Groups: s.groups, Links: s.links,
		Moderate: moderator{s.moderation}, Logger: s.log,
	}
}
