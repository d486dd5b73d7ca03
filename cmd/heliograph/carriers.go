package main

import (
	"context"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
	"github.com/heliograph-sms/heliograph/internal/delivery"
	"github.com/heliograph-sms/heliograph/internal/delivery/carrier"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// deliveryConfig is delivery's part of the configuration, in its own words.
func (s *server) deliveryConfig() delivery.Config {
	c := delivery.Config{
		DB: s.db, Node: s.node, Messages: func() *message.Module { return s.messages },
		ReceiptGrace: time.Duration(s.conf.Message.ReceiptGrace), Held: s.conf.Message.Held, Logger: s.log, Metrics: s.registry,
		Checks: s.checks(), Adopt: []delivery.Adopter{s.webhooks.Adopt, s.tasks.Adopt, func(ctx context.Context, epoch int64) error { return s.campaigns.Adopt(ctx, epoch) }},
		OnRoom: func() { s.campaigns.RoomMade() },
	}
	for _, from := range s.conf.Carriers {
		c.Carriers = append(c.Carriers, carrierConfig(&from))
	}
	for _, r := range s.conf.Routes {
		c.Routes = append(c.Routes, delivery.Route{
			Countries: r.Country, Operators: r.Operator, Senders: r.Sender, Accounts: r.Account, Carriers: r.Carriers,
		})
	}
	return c
}

func carrierConfig(c *config.Carrier) delivery.CarrierConfig {
	return delivery.CarrierConfig{
		Name: c.Name, Rate: c.Rate, Doubt: delivery.Doubt(c.InDoubt), Reference16: c.ReferenceBits == 16,
		SMPP: carrier.Config{
			Address: c.Address, SystemID: c.SystemID, Password: c.Password, SystemType: c.SystemType,
			Window: c.Window, Binds: c.Binds,
			EnquireLink: time.Duration(c.EnquireLink), ResponseTimeout: time.Duration(c.ResponseTimeout),
		},
	}
}
