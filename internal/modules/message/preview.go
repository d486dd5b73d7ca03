package message

import (
	"context"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/text"
)

type previewParams struct {
	api.Validation
	Recipient string        `param:"recipient,required,entity" doc:"The recipient's number in international format."`
	Text      string        `param:"text,required,entity" doc:"The text to send."`
	From      string        `param:"from,entity" doc:"A sender ID of the account; absent = the account's default."`
	Params    previewExtras `param:"params,entity" doc:"How the message is to be sent."`
}

type previewExtras struct {
	ShortenLinks bool `param:"shortenLinks" doc:"1 = links in the text are shortened."`
}

// Shape is how a text goes over the air.
type Shape struct {
	Encoding   string   `json:"encoding" doc:"How the text goes over the air: GSM-7 or UCS-2."`
	Length     int      `json:"length" doc:"Its length: septets of GSM-7, 16-bit units of UCS-2."`
	ForcedUCS2 []string `json:"forcedUcs2" doc:"The characters that GSM-7 does not have, each once."`
}

// forcedMost bounds the characters that are shown.
const forcedMost = 50

// ShapeOf tells how a text goes over the air; one that is not UTF-8 is code 1.
func ShapeOf(s string) (Shape, error) {
	measured, err := text.Measure(s)
	if err != nil {
		return Shape{}, api.Invalid("text", "value.notUTF8", nil)
	}
	shape := Shape{Encoding: measured.Encoding.String(), Length: measured.Units, ForcedUCS2: []string{}}
	for _, r := range text.Forced(s, forcedMost) {
		shape.ForcedUCS2 = append(shape.ForcedUCS2, string(r))
	}
	return shape, nil
}

// Bill is what something costs, and what that leaves.
type Bill struct {
	Total        money.Amount `json:"total" doc:"What it would cost."`
	Currency     string       `json:"currency" doc:"ISO 4217 code of the account's currency."`
	Balance      money.Amount `json:"balance" doc:"The balance as it is now."`
	BalanceAfter money.Amount `json:"balanceAfter" doc:"What would be left of it; negative = the call would be refused."`
}

// Bill puts a cost beside the account's balance.
func (m *Module) Bill(ctx context.Context, c *api.Call, total money.Amount) (Bill, error) {
	balance, err := m.Users.Balance(ctx, c.Account.ID)
	if err != nil {
		return Bill{}, err
	}
	return Bill{Total: total, Currency: c.Account.Currency, Balance: balance, BalanceAfter: balance - total}, nil
}

// previewed is what sendSmsMessage would make of the same parameters.
type previewed struct {
	Recipient    string  `json:"recipient" doc:"The recipient's number, digits only."`
	From         string  `json:"from" doc:"The sender ID that it would be sent from."`
	CountryA2    string  `json:"countryA2" doc:"ISO 3166 code of the recipient's country, two letters."`
	OperatorName *string `json:"operatorName" doc:"The operator; null = not known."`
	Segments     int     `json:"segments" doc:"Segments that the text takes."`
	Shape
	SegPrice money.Amount `json:"segPrice" doc:"Price of one segment."`
	Bill
}

// preview decides what sendSmsMessage would, and accepts nothing.
func (m *Module) preview(ctx context.Context, c *api.Call, p *previewParams) (any, error) {
	send := sendParams{Validation: p.Validation, Recipient: p.Recipient, Text: p.Text, From: p.From}
	send.Params = sendExtras{Validity: validityUnset, MClass: ordinary, ShortenLinks: p.Params.ShortenLinks}
	msg, err := m.compose(c, &send)
	if err != nil {
		return nil, err
	}
	answer := previewed{
		Recipient: msg.Recipient, From: msg.Sender, CountryA2: msg.Country, OperatorName: api.OrNull(msg.Operator),
		Segments: msg.SegNum, SegPrice: msg.SegPrice,
	}
	if answer.Shape, err = ShapeOf(msg.sample()); err != nil {
		return nil, err
	}
	answer.Bill, err = m.Bill(ctx, c, msg.Cost())
	return answer, err
}
