package message

import (
	"context"
	"strings"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// Shortened is a text in which short links are to stand for web addresses. All codes
// have one length, so what it costs is known before they are drawn.
type Shortened struct {
	Targets []string // where the links lead to, each once: see Check
	text    text.Linked
	target  []int // of each address in the text, its place in Targets
	links   *link.Module
	made    []*link.Link // by target, those of a single message
}

// Shorten finds the addresses of a text; nil = there are none.
func (m *Module) Shorten(given string) *Shortened {
	s := &Shortened{text: text.ParseLinks(given), links: m.Links}
	if s.Count() == 0 {
		return nil
	}
	return s
}

// CheckText tells what is wrong with a text, of the field text, and gives its segments
// as it is sent. Where its links are to be shortened, s says how; nil = it has none.
func (m *Module) CheckText(v *api.Validation, given string, shorten bool) (s *Shortened, segments int) {
	sent := given
	if shorten {
		if s = m.Shorten(given); s != nil {
			sent = s.Sample()
		}
	}
	measured, err := text.Measure(sent)
	switch {
	case err != nil:
		v.Add("text", "value.notUTF8", nil)
	case measured.Segments > m.MaxSegments:
		v.Add("text", "message.tooManySegments", api.Args{"Count": measured.Segments, "Max": m.MaxSegments})
	case s != nil:
		if address, ok := s.Check(); !ok {
			refuseLink(v, address)
		}
	}
	return s, measured.Segments
}

// CheckTemplate tells what is wrong with a template, whose links are shortened when it
// is filled: so there may be no link to an address that has no placeholders.
func (m *Module) CheckTemplate(v *api.Validation, given string, shorten bool) {
	if _, err := text.Measure(given); err != nil {
		v.Add("text", "value.notUTF8", nil)
		return
	}
	if !shorten {
		return
	}
	for _, address := range text.ParseLinks(given).Addresses() {
		if len(text.ParseTemplate(address).Names()) > 0 {
			continue
		}
		if _, err := m.Links.Check(address); err != nil {
			refuseLink(v, address)
			return
		}
	}
}

// addressShown bounds the bytes of an address that a caller is told of.
const addressShown = 80

func refuseLink(v *api.Validation, address string) {
	v.Add("text", "message.badLink", api.Args{"Address": strings.ToValidUTF8(address[:min(len(address), addressShown)], "")})
}

// Count is how many there are.
func (s *Shortened) Count() int { return len(s.text.Addresses()) }

// Given is the text as it was given.
func (s *Shortened) Given() string { return s.text.String() }

// sampleCode is no code of a link, but as long as any.
var sampleCode = strings.Repeat("x", link.CodeLength)

// Sample is the text with links that lead nowhere: it takes as many segments as the one
// that is sent.
func (s *Shortened) Sample() string {
	short := s.links.ShortLink(sampleCode)
	return s.text.Fill(func(int) string { return short })
}

// Check finds out where the links lead to. ok is false where there may be no link to an
// address, which is given.
func (s *Shortened) Check() (refused string, ok bool) {
	known := map[string]int{}
	var targets []string
	var places []int
	for _, address := range s.text.Addresses() {
		target, err := s.links.Check(address)
		if err != nil {
			return address, false
		}
		at, twice := known[target]
		if !twice {
			at = len(targets)
			known[target], targets = at, append(targets, target)
		}
		places = append(places, at)
	}
	s.Targets, s.target = targets, places
	return "", true
}

// Links drafts a link to each target, in their order. The text is a campaign's.
func (s *Shortened) Links(ctx context.Context, accountID, campaignID int64) (all []*link.Link, err error) {
	for _, target := range s.Targets {
		id, err := s.links.NextID(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, NewLink(id, accountID, campaignID, target))
	}
	return all, nil
}

// NewLink is a link that a text of a campaign asks for.
func NewLink(id, accountID, campaignID int64, target string) *link.Link {
	return &link.Link{ID: id, AccountID: accountID, CampaignID: campaignID, FullLink: target, Status: link.Active, ModeratorStatus: link.Allowed}
}

// With is the text that is sent, given the code for each target.
func (s *Shortened) With(code func(target int) string) string { return s.text.Fill(s.short(code)) }

// Own is the piece of that text from its first code to its last.
func (s *Shortened) Own(code func(target int) string) string {
	return strings.TrimPrefix(s.text.Middle(s.short(code)), s.links.ShortLink(""))
}

func (s *Shortened) short(code func(target int) string) func(i int) string {
	return func(i int) string { return s.links.ShortLink(code(s.target[i])) }
}

// CodesOf are the codes of links, by their places.
func CodesOf(links []*link.Link) func(i int) string {
	return func(i int) string { return links[i].Code }
}

// shorten makes the links of messages sent singly, in the accepting transaction, and
// with them the texts that are sent.
func (m *Module) shorten(tx *db.Tx, accepted []*Message) error {
	var all []*link.Link
	for _, msg := range accepted {
		if msg.shortened != nil {
			all = append(all, msg.shortened.made...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := m.Links.Make(tx, all); err != nil {
		return err
	}
	for _, msg := range accepted {
		if s := msg.shortened; s != nil {
			msg.Text = s.With(CodesOf(s.made))
		}
	}
	return nil
}

// given is the text as the caller gave it.
func (m *Message) given() string {
	if m.shortened == nil {
		return m.Text
	}
	return m.shortened.Given()
}

// sample takes as many segments as the text that is sent.
func (m *Message) sample() string {
	if m.shortened == nil {
		return m.Text
	}
	return m.shortened.Sample()
}
