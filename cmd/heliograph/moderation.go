package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
)

type moderationCommands struct {
	List    moderationList    `cmd:"" help:"List the texts that wait for a decision, the oldest first, 1000 at most."`
	Show    moderationShow    `cmd:"" help:"Show a text and what was decided on it."`
	Approve moderationApprove `cmd:"" help:"Let a text be sent, now and from now on."`
	Decline moderationDecline `cmd:"" help:"Forbid a text: what waits is rejected and paid back."`
	Word    wordCommands      `cmd:"" help:"Words that the rules look for."`
}

// questionView is a text that moderators were asked about, in JSON.
type questionView struct {
	ID         id       `json:"id"`
	Account    id       `json:"account"`
	Sender     string   `json:"sender"`
	Text       string   `json:"text"`
	Recipients int      `json:"recipients"`
	Campaigns  int      `json:"campaigns"`
	Waiting    int      `json:"waiting"` // of the campaigns
	Reasons    []string `json:"reasons"`
	Since      instant  `json:"since"`
	State      string   `json:"state"`
	Comment    string   `json:"comment"`
	Decided    instant  `json:"decided"`
}

func viewQuestion(q *moderation.Question) questionView {
	return questionView{
		ID: id(q.ID), Account: id(q.AccountID), Sender: q.Sender, Text: q.Text, Recipients: q.Recipients, Campaigns: q.Cases, Waiting: q.Waiting,
		Reasons: q.Reasons, Since: utc(q.AskedMs), State: q.Standing.String(), Comment: q.Comment, Decided: utc(q.DecidedMs),
	}
}

type moderationList struct {
	admin
	All bool `help:"List the texts that were asked about last, decided or not."`
}

func (c *moderationList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		read := o.moderation.Waiting
		if c.All {
			read = o.moderation.All
		}
		all, err := read(ctx)
		if err != nil {
			return err
		}
		views := make([]questionView, len(all))
		for i := range all {
			views[i] = viewQuestion(&all[i])
		}
		return out.say(c.JSON, views, func(w io.Writer) {
			fmt.Fprintln(w, "ID\tACCOUNT\tSENDER\tRECIPIENTS\tREASONS\tSINCE\tSTATE\tTEXT")
			for _, v := range views {
				fmt.Fprintf(w, "%d\t%d\t%s\t%d\t%s\t%s\t%s\t%s\n", v.ID, v.Account, v.Sender, v.Recipients, strings.Join(v.Reasons, "; "), v.Since, v.State, oneLine(v.Text))
			}
		})
	})
}

// oneLine is the beginning of a text, for a table: nothing in it moves the cells.
func oneLine(text string) string {
	const most = 60
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		return string(line[:most-1]) + "…"
	}
	return string(line)
}

// oneCase is a command on the text of one case.
type oneCase struct {
	admin
	ID int64 `arg:"" help:"The case's id: that of its campaign, or of its single message."`
}

// decide makes a decision and shows the text as it stands then.
func (c *oneCase) decide(ctx context.Context, out *console, decide func(m *moderation.Module) error) error {
	return c.work(ctx, func(o *office) error {
		if err := decide(o.moderation); err != nil {
			return err
		}
		question, err := o.moderation.Show(ctx, c.ID)
		if err != nil {
			return err
		}
		v := viewQuestion(question)
		return out.say(c.JSON, v, func(w io.Writer) {
			fmt.Fprintf(w, "id\t%d\naccount\t%d\nsender\t%s\ncampaigns\t%d, of which %d wait\nrecipients\t%d\nreasons\t%s\nsince\t%s\nstate\t%s\n",
				v.ID, v.Account, v.Sender, v.Campaigns, v.Waiting, v.Recipients, strings.Join(v.Reasons, "; "), v.Since, v.State)
			if v.Comment != "" {
				fmt.Fprintf(w, "comment\t%s\n", v.Comment)
			}
			fmt.Fprintf(w, "\n%s\n", printable(v.Text))
		})
	})
}

// printable is a text as it is, but for what would move a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '·'
		}
		return r
	}, text)
}

type moderationShow struct{ oneCase }

func (c *moderationShow) Run(ctx context.Context, out *console) error {
	return c.decide(ctx, out, func(*moderation.Module) error { return nil })
}

type moderationApprove struct{ oneCase }

func (c *moderationApprove) Run(ctx context.Context, out *console) error {
	return c.decide(ctx, out, func(m *moderation.Module) error { return m.Approve(ctx, c.ID) })
}

type moderationDecline struct {
	oneCase
	Comment string `required:"" placeholder:"TEXT" help:"Why; its account can read it."`
}

func (c *moderationDecline) Run(ctx context.Context, out *console) error {
	return c.decide(ctx, out, func(m *moderation.Module) error { return m.Decline(ctx, c.ID, c.Comment) })
}

type wordCommands struct {
	Add    wordAdd    `cmd:"" help:"Put a word, or a phrase, on the list. A star before or behind it stands for the rest of a word."`
	Remove wordRemove `cmd:"" help:"Take a word off the list."`
	List   wordList   `cmd:"" help:"List the words."`
}

// oneWord is a command on a word of the list.
type oneWord struct {
	admin
	Word string `arg:"" help:"In any case: casino, free money, casin*."`
}

type wordAdd struct{ oneWord }

func (c *wordAdd) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		listed, err := o.moderation.AddWord(ctx, c.Word)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]string{"word": listed}, line("%s is on the list", listed))
	})
}

type wordRemove struct{ oneWord }

func (c *wordRemove) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		listed, err := o.moderation.RemoveWord(ctx, c.Word)
		if err != nil {
			return err
		}
		return out.say(c.JSON, map[string]any{"word": listed, "removed": true}, line("%s is off the list", listed))
	})
}

type wordList struct{ admin }

func (c *wordList) Run(ctx context.Context, out *console) error {
	return c.work(ctx, func(o *office) error {
		all, err := o.moderation.Words(ctx)
		if err != nil {
			return err
		}
		return out.say(c.JSON, list(all), func(w io.Writer) {
			for _, word := range all {
				fmt.Fprintln(w, word)
			}
		})
	})
}
