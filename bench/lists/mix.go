package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

const (
	day          = 86_400_000 // ms
	days         = 100        // over which an account's messages are spread
	campaignSize = 1000       // messages; every tenth thousand is a campaign
	templates    = 20
)

// mix makes messages as an account sends them: most delivered within seconds, a few
// not, some of the last two days without a receipt yet, one in ten of a campaign.
type mix struct {
	*rand.Rand
	account  account
	size     int
	campaign int64
}

func senders() []string {
	return []string{"Bank", "Bank", "Bank", "Bank", "Shop", "Shop", "Taxi", "Clinic", "School", "Courier"}
}

// record makes the ith message, which gets that id.
func (m *mix) record(i int, id int64) *message.Record {
	r := &message.Record{}
	r.ID, r.AccountID, r.CampaignID, r.SegNum, r.SegPrice = id, m.account.ID, id, 1, 162_000
	r.CreatedMs = m.account.Now - days*day + int64(float64(i)/float64(m.size)*days*day)
	r.Country, r.Operator, r.CreationWay, r.MClass, r.ValidityMin = "KZ", "Kcell", message.ByAPI, 1, 1440
	r.ExpiresMs = r.CreatedMs + day
	r.Sender = senders()[m.IntN(len(senders()))]
	if i%(m.size/5) == m.size/10 { // five of all, long ago and lately
		r.Sender = "Rare"
	}
	r.Recipient = fmt.Sprintf("77%09d", m.IntN(1_000_000_000))
	m.write(r, i)
	m.end(r)
	return r
}

// write gives the message a text, its own or its campaign's.
func (m *mix) write(r *message.Record, i int) {
	if i%campaignSize == 0 {
		m.campaign = r.ID
	}
	switch {
	case i/campaignSize%10 == 9 && r.ID != m.campaign:
		r.CampaignID = m.campaign
	case m.IntN(2) == 0:
		r.Text = fmt.Sprintf("Your code is %06d. Tell it to nobody.", i)
	default:
		n := m.IntN(templates)
		r.Text = fmt.Sprintf("Template %d: your order has been sent and will be with you soon.", n)
		r.SegNum += n / 10
	}
}

// end says what became of the message.
func (m *mix) end(r *message.Record) {
	r.StartSendMs = r.CreatedMs + m.Int64N(500)
	r.StatusUpdateMs = r.StartSendMs + 1000 + m.Int64N(20_000)
	switch n := m.IntN(1000); {
	case r.CreatedMs > m.account.Now-2*day && n < 20:
		r.Status = message.Accepted
	case n < 930:
		r.Status = message.Delivered
	case n < 970:
		r.Status = message.Undelivered
	case n < 985:
		r.Status, r.StatusUpdateMs = message.Expired, r.CreatedMs+2*day
	case n < 995:
		r.Status, r.StartSendMs = message.Rejected, 0
	default:
		r.Status = message.Deleted
	}
}
