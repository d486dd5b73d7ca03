package campaign

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// A campaign has one link to each address. A text that is the same for all is shortened
// when the campaign is created, a template's when it is filled. With tracking a link has
// a code of its own for each recipient, and so has the text: of one that is otherwise the same for
// all, a message keeps the piece between the first code and the last alone.

// LinkRefused: there may be no short link to an address in the recipient's text.
const LinkRefused Code = 51

// shortener makes the links of texts that differ between a campaign's recipients.
type shortener struct {
	m        *Module
	campaign *Bulk
	whole    *message.Shortened       // the campaign's text; nil = it is a template
	each     int                      // addresses that a text has, about
	known    map[string]*campaignLink // by the address it leads to
}

// campaignLink is a link that the campaign has, or is to get.
type campaignLink struct {
	*link.Link
	made bool
}

// knownMost bounds the links that are remembered between two chunks.
const knownMost = 10_000

// newShortener gives nil where all texts are the same, or have no links to be shortened.
func (m *Module) newShortener(b *Bulk) *shortener {
	if b.ShortenLinks == 0 || b.Type != Template && b.OwnPart == "" {
		return nil
	}
	s := &shortener{m: m, campaign: b, known: map[string]*campaignLink{}}
	text := m.Messages.Shorten(b.Given())
	if text != nil {
		s.each = text.Count()
	}
	if b.Type != Template {
		s.whole = text
	}
	return s
}

// read finds the addresses of a recipient's text; nil = there are none, or they
// are not shortened for it alone.
func (s *shortener) read(own string) *message.Shortened {
	if s == nil {
		return nil
	}
	if s.whole != nil {
		return s.whole
	}
	return s.m.Messages.Shorten(own)
}

// rows is how many rows a recipient's links are.
func (s *shortener) rows(r *recipient) (n int) {
	if len(r.targets()) == 0 {
		return 0
	}
	n = s.campaign.TrackLinks * len(r.shortened.Targets)
	for _, target := range r.shortened.Targets {
		if !s.known[target].made {
			n += 3 // the link, its code, the note that the campaign has it
		}
	}
	return n
}

var selectLink = db.Rows(`SELECT campaign_link.address, campaign_link.link_id, campaign_link.code FROM campaign_link {rows}
	WHERE campaign_link.campaign_id = :campaign_id AND campaign_link.address = :address`, "campaign_id bigint", "address bytea")

// prepare finds out which of the links that recipients' texts ask for there are, and
// numbers those that are to be made.
func (s *shortener) prepare(ctx context.Context, all []*recipient) error {
	if s == nil {
		return nil
	}
	if len(s.known) > knownMost {
		clear(s.known)
	}
	var asked []string
	for _, r := range all {
		for _, target := range r.targets() {
			if s.known[target] == nil {
				s.known[target] = &campaignLink{}
				asked = append(asked, target)
			}
		}
	}
	if err := s.find(ctx, asked); err != nil {
		return fmt.Errorf("links of campaign %d: %w", s.campaign.ID, err)
	}
	for _, target := range asked {
		if l := s.known[target]; !l.made {
			id, err := s.m.Links.NextID(ctx)
			if err != nil {
				return err
			}
			l.Link = message.NewLink(id, s.campaign.AccountID, s.campaign.ID, target)
		}
	}
	return nil
}

// find reads those links that there are. One that was deleted leads nowhere: the campaign
// gets another.
func (s *shortener) find(ctx context.Context, targets []string) error {
	if len(targets) == 0 {
		return nil
	}
	by := make(map[digest]string, len(targets))
	for _, target := range targets {
		by[digestOf(target)] = target
	}
	there := map[int64]string{}
	return s.m.DB.Read(ctx, func(q *db.Reader) error {
		err := q.Each(selectLink, len(targets), func(i int, args []any) {
			d := digestOf(targets[i])
			args[0], args[1] = s.campaign.ID, d[:]
		}, func(row db.Row) error {
			var address []byte
			l := &campaignLink{&link.Link{}, true}
			err := row.Scan(&address, &l.ID, &l.Code)
			if err == nil {
				there[l.ID] = by[digest(address)]
				s.known[there[l.ID]] = l
			}
			return err
		})
		if err != nil {
			return err
		}
		return s.m.Links.EachDeleted(q, slices.Collect(maps.Keys(there)), func(id int64) { s.known[there[id]] = &campaignLink{} })
	})
}

// digest stands for an address.
type digest [16]byte

func digestOf(address string) digest {
	sum := sha256.Sum256([]byte(address))
	return digest(sum[:16])
}

// targets are the addresses that a recipient's links lead to.
func (r *recipient) targets() []string {
	if r.shortened == nil || r.msg == nil {
		return nil
	}
	return r.shortened.Targets
}

// shorten makes the links of those who are being added, in the transaction that adds
// them, and with them their texts.
func (s *shortener) shorten(tx *db.Tx, added []*recipient) error {
	if s == nil {
		return nil
	}
	if err := s.makeLinks(tx, added); err != nil {
		return err
	}
	if s.campaign.TrackLinks == 1 {
		return s.makePersonal(tx, added)
	}
	for _, r := range added {
		if targets := r.targets(); len(targets) > 0 {
			s.write(r, func(i int) string { return s.known[targets[i]].Code })
		}
	}
	return nil
}

// makeLinks makes those that the campaign does not have yet.
func (s *shortener) makeLinks(tx *db.Tx, added []*recipient) error {
	var fresh []*link.Link
	var made []*campaignLink
	seen := map[string]bool{}
	for _, r := range added {
		for _, target := range r.targets() {
			if l := s.known[target]; !l.made && !seen[target] {
				seen[target] = true
				fresh, made = append(fresh, l.Link), append(made, l)
			}
		}
	}
	tx.After(func() {
		for _, l := range made {
			l.made = true
		}
	})
	return s.m.keepLinks(tx, s.campaign.ID, fresh)
}

var insertLink = db.Rows(`INSERT INTO campaign_link (campaign_id, address, link_id, code) SELECT :campaign_id, :address, :link_id, :code {rows}
	WHERE true ON CONFLICT (campaign_id, address) DO UPDATE SET link_id = excluded.link_id, code = excluded.code`,
	"campaign_id bigint", "address bytea", "link_id bigint", "code text")

// keepLinks makes links and notes that the campaign has them, in the place of deleted ones.
func (m *Module) keepLinks(tx *db.Tx, campaignID int64, links []*link.Link) error {
	if len(links) == 0 {
		return nil
	}
	if err := m.Links.Make(tx, links); err != nil {
		return err
	}
	return tx.Each(insertLink, len(links), func(i int, args []any) {
		d := digestOf(links[i].FullLink)
		args[0], args[1], args[2], args[3] = campaignID, d[:], links[i].ID, links[i].Code
	})
}

// makePersonal makes a code of its own for each recipient and link.
func (s *shortener) makePersonal(tx *db.Tx, added []*recipient) error {
	var all []*link.Personal
	for _, r := range added {
		for _, target := range r.targets() {
			all = append(all, &link.Personal{LinkID: s.known[target].ID, MessageID: r.msg.ID})
		}
	}
	if err := s.m.Links.MakePersonal(tx, all); err != nil {
		return err
	}
	for _, r := range added {
		if n := len(r.targets()); n > 0 {
			own := all[:n]
			all = all[n:]
			s.write(r, func(i int) string { return own[i].Code })
		}
	}
	return nil
}

// write sets what a recipient's message keeps of its text.
func (s *shortener) write(r *recipient, code func(target int) string) {
	if s.whole != nil {
		r.msg.Text = r.shortened.Own(code)
	} else {
		r.msg.Text = r.shortened.With(code)
	}
}

// shorten makes the links of a new campaign's text, if it is the same for all, in the
// transaction that writes the campaign.
func (m *Module) shorten(tx *db.Tx, b *Bulk, text *message.Shortened, links []*link.Link) error {
	if len(links) == 0 {
		return nil
	}
	if err := m.keepLinks(tx, b.ID, links); err != nil {
		return err
	}
	b.GivenText, b.Text = text.Given(), text.With(message.CodesOf(links))
	if b.TrackLinks == 1 {
		b.OwnPart = text.Own(message.CodesOf(links))
	}
	return nil
}

// sample is a campaign's text as long as it is sent, of a template with its placeholders.
func (m *Module) sample(b *Bulk) string {
	if b.Type == Template && b.ShortenLinks == 1 {
		if text := m.Messages.Shorten(b.Text); text != nil {
			return text.Sample()
		}
	}
	return b.Text
}
