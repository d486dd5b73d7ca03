package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
)

// subject is what is listed.
type subject struct {
	method    string // of the API
	fill      func(s *site, ctx context.Context, a *account, size int) error
	questions []question
}

func subjects() map[string]subject {
	return map[string]subject{
		"messages":  {"message/list", (*site).fillMessages, questions()},
		"campaigns": {"campaign/list", (*site).fillCampaigns, campaignQuestions()},
		"contacts":  {"contactCard/list", (*site).fillContacts, contactQuestions()},
	}
}

// fillCampaigns gives an account campaigns of many messages, without the messages.
func (s *site) fillCampaigns(ctx context.Context, a *account, size int) error {
	draw := rand.New(rand.NewPCG(4, uint64(size)))
	for done := 0; done < size; done += batch {
		chunk := make([]*campaign.Bulk, 0, batch)
		for i := done; i < min(done+batch, size); i++ {
			id, err := s.db.NextID(ctx, message.IDs)
			if err != nil {
				return err
			}
			if i == 0 {
				a.First = id
			}
			a.Last = id
			chunk = append(chunk, bulk(draw, a, id, i, size))
		}
		if err := s.db.Write(ctx, db.Answers, func(tx *db.Tx) error { return campaign.Restore(tx, chunk) }); err != nil {
			return err
		}
	}
	return nil
}

// bulk makes the ith campaign: nearly all done, a few not sent yet.
func bulk(draw *rand.Rand, a *account, id int64, i, size int) *campaign.Bulk {
	b := &campaign.Bulk{
		ID: id, AccountID: a.ID, Type: campaign.SameText, Name: fmt.Sprintf("Campaign %d of %d", draw.IntN(size), i),
		From: senders()[draw.IntN(len(senders()))], Text: fmt.Sprintf("Offer %d: everything for less.", i%(size/5)),
		ValidityMin: 1440, MClass: 1, CreationWay: message.ByAPI, State: campaign.Done,
		CreatedMs: a.Now - days*day + int64(float64(i)/float64(size)*days*day),
		Messages:  1 + draw.IntN(5000),
	}
	b.Segments, b.Cost = b.Messages, money.Amount(b.Messages)*162_000
	if draw.IntN(10) == 0 {
		b.Type = campaign.Template
	}
	if draw.IntN(100) == 0 {
		b.State = campaign.Draft
		return b
	}
	b.StartSendMs = b.CreatedMs + draw.Int64N(day/24)
	b.EndSendMs = b.StartSendMs + draw.Int64N(day/24)
	return b
}

func campaignQuestions() []question {
	all := []question{
		same("no criterion", ""),
		{"id", func(a asked) string { return criterion("id", fmt.Sprint(a.id())) }},
		{"ids, 100", func(a asked) string { return criterion("ids", hundred(a)) }},
		same("from, 40 %", criterion("from", "Bank")),
		same("from, nobody's", criterion("from", "Nobody")),
		{"text, five of all", func(a asked) string {
			return criterion("text", fmt.Sprintf("Offer %d: everything for less.", 100+a.variant))
		}},
		same("status, 99 %", criterion("status", "DONE")),
		same("status, 1 %", criterion("status", "NEW")),
		same("status, none", criterion("status", "RUNNING")),
		same("type, 10 %", criterion("type", "3")),
		same("groups, none", criterion("groups", "7")),
		times("createTs, a day", "createTs", 1),
		times("sentTs, an hour", "sentTs", 1./24),
		{"recipient", func(a asked) string { return criterion("recipient", fmt.Sprintf("77012345%d78", 3+a.variant)) }},
		same("from and type", criterion("from", "Taxi")+"&"+criterion("type", "3")),
	}
	return append(all, sorts("id", "name", "from", "counters.totalMsgNum", "counters.totalCost", "createTs", "startSendTs", "endSendTs", "type")...)
}

func sorts(fields ...string) (all []question) {
	for _, field := range fields {
		all = append(all, same("sort "+field, "sort["+field+"]=ASC"), same("sort "+field+" DESC", "sort["+field+"]=DESC"))
	}
	return all
}

// fillContacts gives an account contact cards.
func (s *site) fillContacts(ctx context.Context, a *account, size int) error {
	draw := rand.New(rand.NewPCG(5, uint64(size)))
	for done := 0; done < size; done += batch {
		chunk := make([]map[string]string, 0, batch)
		for i := done; i < min(done+batch, size); i++ {
			card := map[string]string{
				"mobile": fmt.Sprintf("77%09d", draw.IntN(1_000_000_000)), "name": names()[draw.IntN(len(names()))],
				"surname": fmt.Sprintf("Surname%d", draw.IntN(size)), "gender": []string{"male", "female"}[draw.IntN(2)],
			}
			if i%(size/5) == size/10 {
				card["company_name"] = "Rare & Sons"
			}
			chunk = append(chunk, card)
		}
		ids, err := s.cards.Fill(ctx, a.ID, chunk)
		if err != nil {
			return err
		}
		if done == 0 {
			a.First = ids[0]
		}
		a.Last = ids[len(ids)-1]
	}
	return nil
}

func names() []string {
	return strings.Fields("Aigerim Alma Anna Arman Boris Damir Elena Galina Ivan Kanat Larisa Marat Nina Olga Pavel Rustam Sergey Timur Yulia Zarina")
}

func contactQuestions() []question {
	ask := func(name, field, operator string, value func(a asked) string) question {
		return question{name, func(a asked) string {
			return criterionOf(field, operator, value(a))
		}}
	}
	fixed := func(value string) func(asked) string { return func(asked) string { return value } }
	all := []question{
		same("no criterion", ""),
		ask("id equal", "id", "equal", func(a asked) string { return fmt.Sprint(a.id()) }),
		ask("name equal, 5 %", "name", "equal", fixed("Boris")),
		ask("name not_equal, 95 %", "name", "not_equal", fixed("Boris")),
		ask("surname equal", "surname", "equal", func(a asked) string { return fmt.Sprintf("Surname%d", 100+a.variant) }),
		ask("surname contain", "surname", "contain", func(a asked) string { return fmt.Sprintf("name77%d", a.variant) }),
		ask("surname from", "surname", "from", func(a asked) string { return fmt.Sprintf("Surname99%d", a.variant) }),
		ask("company_name equal, five of all", "company_name", "equal", fixed("Rare & Sons")),
		ask("company_name empty", "company_name", "empty", fixed("")),
		ask("mobile equal", "mobile", "equal", func(a asked) string { return fmt.Sprintf("77012345%d78", 3+a.variant) }),
		ask("mobile contain", "mobile", "contain", func(a asked) string { return fmt.Sprintf("4567%d", a.variant) }),
		ask("gender equal, half", "gender", "equal", fixed("female")),
		ask("groupId equal, none", "groupId", "equal", fixed("7")),
		same("name equal, sort surname", criterionOf("name", "equal", "Nina")+"&sort[surname]=ASC"),
	}
	return append(all, sorts("id", "fullName", "surname", "mobile")...)
}

func criterionOf(field, operator, value string) string {
	return "criteria[0][field]=" + field + "&criteria[0][operator]=" + operator + "&criteria[0][value]=" + strings.ReplaceAll(value, "&", "%26")
}
