package link

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/once"
)

type createParams struct {
	api.Validation
	Data createData `param:"data,required,entity" doc:"The link."`
}

type createData struct {
	FullLink       string `param:"fullLink,required" doc:"Where it leads: an http or https address. www.example.com is completed."`
	Status         int64  `param:"status,min=0,max=1,default=1" doc:"1 = it leads there, 0 = it leads nowhere for now."`
	ExpirationDate string `param:"expirationDate" doc:"Its last day, YYYY-MM-DD in the account's zone; absent = never ends."`
	Comment        string `param:"comment,max=255" doc:"A note."`
}

// created is the answer of link/create.
type created struct {
	ID        string `json:"id" doc:"Id of the link."`
	Code      string `json:"code" doc:"Its code: what the short link ends in."`
	ShortLink string `json:"shortLink" doc:"The whole short link."`
}

func (m *Module) create(ctx context.Context, c *api.Call, p *createParams) (any, error) {
	l := &Link{AccountID: c.Account.ID, Status: Status(p.Data.Status), ModeratorStatus: Allowed, Comment: p.Data.Comment}
	m.lead(&p.Validation, l, p.Data.FullLink)
	expire(c, &p.Validation, l, p.Data.ExpirationDate)
	err := p.Err()
	if err != nil {
		return nil, err
	}
	if l.ID, err = m.NextID(ctx); err != nil {
		return nil, err
	}
	var answer created
	err = m.DB.Write(ctx, db.Answers, func(tx *db.Tx) error {
		if err := m.Make(tx, []*Link{l}); err != nil {
			return err
		}
		answer = created{strconv.FormatInt(l.ID, 10), l.Code, m.ShortLink(l.Code)}
		return once.Keep(tx, c, answer)
	})
	if err != nil {
		return nil, fmt.Errorf("create a link: %w", err)
	}
	return answer, nil
}

// lead sets where a link leads.
func (m *Module) lead(v *api.Validation, l *Link, raw string) {
	if raw == "" {
		return // told already
	}
	address, err := m.Check(raw)
	if err != nil {
		v.Add("fullLink", wordsFor(err), api.Args{"Max": maxAddress})
		return
	}
	l.FullLink = address
}

// expire sets a link's last day; "" = it has none.
func expire(c *api.Call, v *api.Validation, l *Link, date string) {
	l.ExpirationDate = ""
	if date == "" {
		return
	}
	if _, err := c.ParseTime(date); err == nil {
		date = date[:len(api.DateLayout)] // with a time, as older programs send it
	}
	begin, end, err := c.ParseMoment(date)
	if err != nil || end-begin < time.Hour.Milliseconds() {
		v.Add("expirationDate", "value.notDate", nil)
		return
	}
	l.ExpirationDate = date
}
