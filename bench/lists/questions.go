package main

import (
	"fmt"
	"net/url"
	"time"
)

// question is one search. Its variants differ in a value, so that the first time each
// is asked nothing is known of it.
type question struct {
	name string
	form func(a asked) string
}

// asked is who asks, for the how manieth time.
type asked struct {
	account
	variant int
}

// id is the id of a message in the middle.
func (a asked) id() int64 { return (a.First+a.Last)/2 + int64(a.variant) }

// at is a time so many days ago, and a few hours more for each variant.
func (a asked) at(daysAgo float64) string {
	zone := time.FixedZone("Asia/Almaty", 5*3600)
	ms := a.Now - int64(daysAgo*day) - int64(a.variant)*day/8
	return time.UnixMilli(ms).In(zone).Format(time.DateTime)
}

// same is a search with nothing to vary.
func same(name, form string) question { return question{name, func(asked) string { return form }} }

// times is a From/To pair over a part of a day in the middle.
func times(name, field string, of float64) question {
	return question{name, func(a asked) string {
		return criterion(field+"From", a.at(50+of)) + "&" + criterion(field+"To", a.at(50))
	}}
}

func criterion(field, value string) string {
	return "criteria[" + field + "]=" + url.QueryEscape(value)
}

func questions() []question {
	number := func(digits string) func(asked) string {
		return func(a asked) string { return criterion("to", fmt.Sprintf(digits, 3+a.variant)) }
	}
	all := []question{
		same("no criterion", ""),
		{"id", func(a asked) string { return criterion("id", fmt.Sprint(a.id())) }},
		{"ids, 100", func(a asked) string { return criterion("ids", hundred(a)) }},
		{"campaignId, of one message", func(a asked) string { return criterion("campaignId", fmt.Sprint(a.id())) }},
		{"campaignId, of 1000", func(a asked) string { return criterion("campaignId", fmt.Sprint(a.campaign())) }},
		{"campaignIds, 100", func(a asked) string { return criterion("campaignIds", hundred(a)) }},
		{"from, 40 %", func(asked) string { return criterion("from", "Bank") }},
		{"from, five of all", func(asked) string { return criterion("from", "Rare") }},
		{"from, nobody's", func(asked) string { return criterion("from", "Nobody") }},
		{"to, a whole number", number("77012345%d78")},
		{"to, its last 7 digits", number("2345%d78")},
		{"to, 7 digits within", number("12345%d7")},
		{"to, its last 4 digits", number("5%d78")},
		{"to, its first 5 digits", number("7701%d")},
		{"text, 2.5 %", func(a asked) string {
			return criterion("text", fmt.Sprintf("Template %d: your order has been sent and will be with you soon.", a.variant))
		}},
		{"text, one or none", func(a asked) string {
			return criterion("text", fmt.Sprintf("Your code is %06d. Tell it to nobody.", 4000+a.variant))
		}},
		same("status, 93 %", criterion("status", "DELIVRD")),
		same("status, 1 %", criterion("status", "REJECTD")),
		same("status, not final", criterion("status", "ACCEPTD")),
		same("status, none", criterion("status", "NEW")),
		same("campaignStatus, nearly all", criterion("campaignStatus", "DONE")),
		same("campaignStatus, not final", criterion("campaignStatus", "SENT")),
		times("campaignCreateTs, a day", "campaignCreateTs", 1),
		times("campaignSentTs, an hour", "campaignSentTs", 1./24),
		times("startSendTs, ten days", "startSendTs", 10),
		times("statusUpdateTs, a day", "statusUpdateTs", 1),
		{"from, status and a day", func(a asked) string {
			return criterion("from", "Shop") + "&" + criterion("status", "UNDELIV") + "&" + criterion("campaignCreateTsFrom", a.at(51)) + "&" + criterion("campaignCreateTsTo", a.at(50))
		}},
		{"text and status", func(a asked) string {
			return criterion("status", "EXPIRED") + "&" + criterion("text", fmt.Sprintf("Template %d: your order has been sent and will be with you soon.", a.variant))
		}},
	}
	for _, field := range []string{"id", "campaignId", "from", "to", "text", "status", "startSendTs", "statusUpdateTs", "segNum"} {
		all = append(all, same("sort "+field, "sort["+field+"]=ASC"), same("sort "+field+" DESC", "sort["+field+"]=DESC"))
	}
	return append(all,
		question{"sort text, of a campaign", func(a asked) string {
			return criterion("campaignId", fmt.Sprint(a.campaign())) + "&sort[text]=ASC"
		}},
		question{"sort status, from one sender", func(asked) string { return criterion("from", "Taxi") + "&sort[status]=ASC" }},
	)
}

// campaign is the id of a campaign of a thousand messages.
func (a asked) campaign() int64 {
	whole := (a.Last - a.First + 1) / (10 * campaignSize)
	return a.First + (max(whole-1, 0)*10+9)*campaignSize
}

func hundred(a asked) (list string) {
	for i := range int64(100) {
		list += fmt.Sprint(a.id()+7*i, ",")
	}
	return list
}
