package numberstoplist

import (
	"context"
	"errors"
	"strconv"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type createParams struct {
	api.Validation
	Number     string `param:"number,entity" doc:"The number, in international format."`
	NumberFrom string `param:"numberFrom,entity" doc:"Or the first number of a range."`
	NumberTo   string `param:"numberTo,entity" doc:"The last number of the range."`
	Comment    string `param:"comment,entity,max=255" doc:"A note."`
}

// created is the id of a single number, and true for a range.
type created string

// JSONSchema says so.
func (created) JSONSchema() *api.Schema { return &api.Schema{Type: api.Types{"string", "boolean"}} }

// create answers the id of a single number, and true for a range.
func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	numbers, err := p.numbers()
	if err != nil {
		return nil, err
	}
	var answer any = true
	entry := Entry{AccountID: c.Account.ID, Numbers: numbers, Comment: p.Comment, CreatedBy: c.Account.ID}
	_, err = m.add(ctx, entry, func(tx *db.Tx, id int64) error {
		if p.Number != "" {
			answer = strconv.FormatInt(id, 10)
		}
		return once.Keep(tx, c, answer)
	})
	switch {
	case errors.Is(err, ErrComment):
		return nil, api.Invalid("comment", "value.notUTF8", nil)
	case err != nil:
		return nil, err
	}
	return answer, nil
}

// numbers is what is asked for; all that is wrong with it is told at once.
func (p *createParams) numbers() (r Range, err error) {
	if err := p.missing(); err != nil {
		return r, err
	}
	if p.Number != "" {
		r.From = p.number("number", p.Number)
		r.To = r.From
	} else {
		r.From, r.To = p.number("numberFrom", p.NumberFrom), p.number("numberTo", p.NumberTo)
	}
	if r.From != 0 && r.To != 0 && r.From > r.To {
		p.Add("numberFrom", "numberStopList.order", nil)
	}
	return r, p.Err()
}

// missing tells whether it is neither a number nor a range, or both.
func (p *createParams) missing() error {
	single, from, to := p.Number != "", p.NumberFrom != "", p.NumberTo != ""
	switch {
	case single && (from || to):
		return api.BadParameter("number", "numberStopList.both", nil)
	case single || from && to || p.Err() != nil: // what could not be read is there
		return nil
	case from:
		return api.MissingParameter("numberTo")
	case to:
		return api.MissingParameter("numberFrom")
	default:
		return api.MissingParameter("number")
	}
}

// number reads a field; one that is no number is 0.
func (p *createParams) number(field, value string) int64 {
	if value == "" {
		return 0 // told already
	}
	n, err := parseNumber(value)
	if err != nil {
		p.Add(field, "recipient.notInternational", nil)
	}
	return n
}
