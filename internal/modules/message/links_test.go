package message_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/text"
)

var shortLink = regexp.MustCompile(linkBase + `/[0-9A-Za-z]{8}\b`)

// follow puts the addresses that links of a campaign lead to in their place.
func (w *world) follow(sent, campaignID string) string {
	w.t.Helper()
	id, _ := strconv.ParseInt(campaignID, 10, 64)
	return shortLink.ReplaceAllStringFunc(sent, func(short string) (address string) {
		w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
			return q.One(`SELECT full_link FROM short_link WHERE code = $1 AND campaign_id = $2`, []any{strings.TrimPrefix(short, linkBase+"/"), id}, &address)
		}))
		return address
	})
}

func (w *world) count(table string) (n int64) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One("SELECT count(*) FROM "+table, nil, &n) }))
	return n
}

func TestWhatIsPreviewedChargedAndSentIsTheTextWithShortLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = 1_000_000_0000 })
		var ran int
		rapid.Check(t, func(rt *rapid.T) {
			if ran++; ran > 15 && !t.Failed() {
				return
			}
			pieces := []string{"http://a.example/" + strings.Repeat("p", 150), "www.b.example", "https://ж.example", "Привет", "buy", strings.Repeat("z", 70)}
			given := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(rt, "text"), " ")
			form := url.Values{"recipient": {"77010000001"}, "text": {given}, "params[shortenLinks]": {"1"}}.Encode()
			var said struct {
				Segments int
				Total    money.Amount
			}
			w.get(a, "message/preview", form, api.CodeOK, &said)
			links, before := w.count("short_link"), w.balance(a)
			var sent struct{ CampaignID, MessageID string }
			w.get(a, "message/sendSmsMessage", form, api.CodeOK, &sent)
			var page struct {
				Items []struct{ Text, SegNum string }
			}
			w.get(a, "message/list", "criteria[id]="+sent.MessageID, api.CodeOK, &page)
			got := page.Items[0]
			measured, _ := text.Measure(got.Text)
			if charged := before - w.balance(a); charged != said.Total || charged != segmentPrice*money.Amount(measured.Segments) ||
				measured.Segments != said.Segments || got.SegNum != strconv.Itoa(said.Segments) {
				rt.Fatalf("the preview said %+v; charged %s for %q of %s segments", said, charged, got.Text, got.SegNum)
			}
			if full := strings.ReplaceAll(given, "www.", "http://www."); w.follow(got.Text, sent.CampaignID) != full || text.ParseLinks(given).Fill(func(int) string { return "L" }) != shortLink.ReplaceAllString(got.Text, "L") {
				rt.Fatalf("%q was sent as %q", given, got.Text)
			}
			distinct := map[string]bool{}
			for _, address := range text.ParseLinks(given).Addresses() {
				distinct[address] = true
			}
			if made := w.count("short_link") - links; made != int64(len(distinct)) {
				rt.Fatalf("%d links were made of %q", made, given)
			}
		})
		w.ledgerHolds()
	})
}

func TestLinksAreMadeOnlyOfAddressesThatAreToBeShortened(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(nil)
		w.ok(w.links.BlockDomain(t.Context(), "bad.example"))
		for _, tt := range []struct {
			text, shorten string
			code          api.Code
		}{
			{"http://a.example", "0", api.CodeOK},
			{"Hi", "1", api.CodeOK},
			{"http://www.bad.example/x", "0", api.CodeOK},
			{"Hi http://www.bad.example/x", "1", api.CodeValidation},
			{linkBase + "/abcdefg", "1", api.CodeValidation},
			{strings.Repeat("http://a.example ", 70), "1", api.CodeValidation}, // eleven segments of short links
		} {
			form := url.Values{"recipient": {"77010000001"}, "text": {tt.text}, "params[shortenLinks]": {tt.shorten}}.Encode()
			for _, method := range []string{"message/preview", "message/sendSmsMessage"} {
				r := w.call(a, method, form)
				if r.Code != tt.code || tt.code == api.CodeValidation && !strings.HasPrefix(string(r.Data), `{"text":`) {
					t.Errorf("%s of %.40q: code %d %s", method, tt.text, r.Code, r.Data)
				}
			}
		}
		if n := w.count("link_code"); n != 0 {
			t.Errorf("%d codes were made", n)
		}
	})
}

func TestNobodyWhoCannotPayGetsLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Balance = 1 })
		form := url.Values{"recipient": {"77010000001"}, "text": {"http://a.example"}, "params[shortenLinks]": {"1"}}.Encode()
		w.get(a, "message/sendSmsMessage", form, api.CodeOperationFailed, nil)
		if n := w.count("link_code"); n != 0 {
			t.Errorf("%d codes were made", n)
		}
	})
}

func TestAModeratorSeesTheAddressesOfASingleMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account(func(n *user.NewAccount) { n.Moderation = api.AlwaysModerated })
		form := url.Values{"recipient": {"77010000001"}, "text": {"See http://a.example"}, "params[shortenLinks]": {"1"}}.Encode()
		w.get(a, "message/sendSmsMessage", form, api.CodeOK, nil)
		var shown string
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error { return q.One("SELECT text FROM moderation_text", nil, &shown) }))
		if shown != "See http://a.example" {
			t.Errorf("the moderator was shown %q", shown)
		}
	})
}
