package campaign

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// preview is what campaign/send would do to the balance.
type preview struct {
	Messages int `json:"messages" doc:"Messages of the campaign."`
	Segments int `json:"segments" doc:"Segments of all messages."`
	message.Shape
	Prices []pricePart `json:"prices" doc:"Its parts by country, operator and price."`
	message.Bill
}

// pricePart is the part of a campaign that goes to one operator at one price.
type pricePart struct {
	CountryA2    string       `json:"countryA2" doc:"ISO 3166 code of the country, two letters."`
	OperatorName *string      `json:"operatorName" doc:"The operator; null = not known."`
	SegPrice     money.Amount `json:"segPrice" doc:"Price of one segment."`
	Messages     int          `json:"messages" doc:"Messages of this part."`
	Segments     int          `json:"segments" doc:"Segments of this part."`
	Cost         money.Amount `json:"cost" doc:"Price of the part."`
}

// preview tells what campaign/send would charge, from the sums that it charges.
func (m *Module) preview(ctx context.Context, c *api.Call, p *idParams) (any, error) {
	b, err := m.bulk(ctx, c, p.ID)
	if err != nil {
		return nil, err
	}
	answer := preview{Messages: b.Messages, Segments: b.Segments, Prices: []pricePart{}}
	if answer.Shape, err = message.ShapeOf(m.sample(b)); err != nil {
		return nil, err
	}
	err = m.DB.Read(ctx, func(q *db.Reader) error {
		answer.Prices = answer.Prices[:0]
		return q.Query(`SELECT country, operator, seg_price, messages, segments FROM campaign_part
			WHERE campaign_id = $1 AND messages > 0 ORDER BY country, operator, seg_price`, func(row db.Row) error {
			var part pricePart
			var operator string
			if err := row.Scan(&part.CountryA2, &operator, &part.SegPrice, &part.Messages, &part.Segments); err != nil {
				return err
			}
			part.OperatorName = api.OrNull(operator)
			part.Cost, _ = part.SegPrice.Mul(part.Segments) // a part of the campaign's cost, which fits
			answer.Prices = append(answer.Prices, part)
			return nil
		}, b.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("prices of campaign %d: %w", b.ID, err)
	}
	answer.Bill, err = m.Messages.Bill(ctx, c, b.Cost)
	return answer, err
}

type testParams struct {
	idParams
	Recipient string `param:"recipient,required,entity" doc:"The number that the text is sent to, such as one's own."`
}

// test sends the campaign's text to one number, as a single message that is charged
// like any other; of a template, the text of the recipient added first, with links that
// count as clicks of the campaign, but of no recipient.
func (m *Module) test(ctx context.Context, c *api.Call, p *testParams) (any, error) {
	info, err := m.info(ctx, c, p.ID, m.filledUntracked)
	if err != nil {
		return nil, err
	}
	return m.Messages.Send(ctx, c, message.Single{Recipient: p.Recipient, Text: info.Text, From: info.From, MClass: info.MClass, Validity: info.Validity})
}

// filledUntracked is the text of the recipient added first, without its own links.
func (m *Module) filledUntracked(q *db.Reader, b *Bulk) (string, error) {
	text, err := m.filled(q, b)
	if err != nil {
		return "", err
	}
	return m.Links.Untracked(q, b.FirstID, text)
}
