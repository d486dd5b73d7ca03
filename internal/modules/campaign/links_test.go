package campaign_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/tasks"
	"github.com/heliograph-sms/heliograph/internal/testkit"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// linked is a message as its recipient reads it, and as it is with the addresses that
// its links lead to.
type linked struct {
	recipient, text, full string
	codes                 []string
	message               int64
}

var shortLink = regexp.MustCompile(linkBase + `/[0-9A-Za-z]{8}\b`)

// linked reads a campaign's messages and follows their links. What is released must be
// what is listed, and take the segments that are charged.
func (w *world) linked(id string) (all []linked) {
	w.t.Helper()
	var records []*message.Record
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) (err error) {
		records, err = w.messages.RecordsOfCampaign(q, parsed(id), 0, 2000)
		return err
	}))
	var released []*message.Message
	w.ok(w.db.Write(w.t.Context(), db.Answers, func(tx *db.Tx) (err error) {
		released, err = w.messages.OfCampaign(tx, parsed(id), 0, 2000)
		return err
	}))
	for i, r := range records {
		if measured, err := text.Measure(r.Text); err != nil || measured.Segments != r.SegNum || released[i].Text != r.Text {
			w.t.Fatalf("%q is charged with %d segments, takes %d, and %q is released", r.Text, r.SegNum, measured.Segments, released[i].Text)
		}
		l := linked{recipient: r.Recipient, text: r.Text, message: r.ID}
		l.full = shortLink.ReplaceAllStringFunc(r.Text, func(short string) string {
			l.codes = append(l.codes, strings.TrimPrefix(short, linkBase+"/"))
			return w.follow(l.codes[len(l.codes)-1])
		})
		all = append(all, l)
	}
	return all
}

func (w *world) follow(code string) (address string) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		return q.One(`SELECT full_link FROM short_link JOIN link_code ON link_id = id WHERE link_code.code = $1`, []any{code}, &address)
	}))
	return address
}

// anyLinkedText draws a text, with the same as it is once www. is completed.
func anyLinkedText(t *rapid.T, pieces ...string) (given, full string) {
	pieces = append([]string{"http://a.example", "www.b.example/ж", "https://c.example/?q=1", "Привет", "buy", strings.Repeat("z", 60)}, pieces...)
	given = strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "text"), " ")
	return given, strings.ReplaceAll(given, "www.", "http://www.")
}

func TestWhatThePreviewSaysIsChargedForTheTextsWithShortLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		some(t, 12, func(rt *rapid.T) {
			given, full := anyLinkedText(rt, "{a}", "http://p.example/{a}")
			kind, track := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "type"), rapid.Bool().Draw(rt, "track")
			id := w.draft("type", kind, "text", given, "shortenLinks", "1", "trackShortLinkRecipients", fmt.Sprint(track))
			n := 1
			if kind != "1" {
				n = rapid.IntRange(1, 5).Draw(rt, "recipients")
			}
			want := map[string]string{}
			form := url.Values{}
			for i := range n {
				to := fmt.Sprintf("7701%07d", i)
				value, fullValue := rapid.SampledFrom([]string{"x", "http://a.example", "www.v.example", "Я"}).Draw(rt, "value"), ""
				form.Set(fmt.Sprintf("recipients[%d][recipient]", i), to)
				form.Set(fmt.Sprintf("recipients[%d][a]", i), value)
				want[to] = full
				if fullValue = strings.ReplaceAll(value, "www.", "http://www."); kind == "3" {
					want[to] = strings.ReplaceAll(strings.ReplaceAll(full, "p.example/{a}", "p.example/"+value), "{a}", fullValue)
				}
			}
			w.call(ours, "addRecipients", "id="+id+"&"+form.Encode())
			said, before := w.preview(id), w.balance()
			w.get("send", "id="+id, api.CodeOK, nil)
			all := w.linked(id)
			var cost money.Amount
			codes, shared := map[string]bool{}, map[string]string{}
			for _, l := range all {
				measured, _ := text.Measure(l.text)
				cost += toKazakhstan * money.Amount(measured.Segments)
				if l.full != want[l.recipient] {
					rt.Fatalf("%q leads to %q, want %q", l.text, l.full, want[l.recipient])
				}
				w.distinct(rt, l, track, codes, shared)
			}
			if charged := before - w.balance(); charged != said.Total || cost != said.Total || len(all) != n {
				rt.Fatalf("the preview said %s, %s was charged, %d messages cost %s", said.Total, charged, len(all), cost)
			}
			w.sound(id, int64(n))
		})
	})
}

// distinct: with tracking no code is another recipient's; without it, an address has one
// in all texts.
func (w *world) distinct(t *rapid.T, l linked, track bool, codes map[string]bool, shared map[string]string) {
	own := map[string]string{}
	for _, code := range l.codes {
		address := w.follow(code)
		if was := own[address]; was != "" && was != code {
			t.Fatalf("%q has two links to %s", l.text, address)
		}
		own[address] = code
	}
	for address, code := range own {
		if track && codes[code] || !track && shared[address] != "" && shared[address] != code {
			t.Fatalf("%q: the code %s to %s", l.text, code, address)
		}
		codes[code], shared[address] = true, code
		of := w.number(`SELECT coalesce(message_id, 0) FROM link_code WHERE code = $1`, code)
		if track && of != l.message || !track && of != 0 {
			t.Fatalf("the code %s is that of message %d", code, of)
		}
	}
}

func TestATrackedTextTakesNoMoreSpaceThanItsCodes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("text", "Sale at http://a.example, only today", "shortenLinks", "1", "trackShortLinkRecipients", "1")
		w.adds(id, api.CodeOK, "recipients="+people(0, 3))
		if n := w.number(`SELECT count(*) FROM message WHERE length(text) = $1`, link.CodeLength); n != 3 {
			t.Errorf("%d messages keep a code alone", n)
		}
		same := w.draft("text", "Sale at http://a.example, only today", "shortenLinks", "1")
		w.adds(same, api.CodeOK, "recipients="+people(0, 3))
		if n := w.number(`SELECT count(*) FROM message WHERE text IS NULL`); n != 3 {
			t.Errorf("%d messages have no text of their own", n)
		}
		if got := w.info(id)["text"].(string); shortLink.ReplaceAllString(got, "L") != "Sale at L, only today" || w.linked(id)[0].text == got {
			t.Errorf("the campaign's text is %q, its first recipient's too", got)
		}
	})
}

func TestAnAddressThatNoLinkMayLeadToIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ok(w.links.BlockDomain(t.Context(), "bad.example"))
		for _, address := range []string{"http://bad.example", "www.shop.bad.example/x", linkBase + "/abcdefg", "https://127.0.0.1:8080/service", "http://a.example:port"} {
			for _, kind := range []string{"1", "2", "3"} {
				form := url.Values{"data[text]": {"See " + address}, "data[type]": {kind}, "data[shortenLinks]": {"1"}}
				if code, data := w.call(ours, "create", form.Encode()); code != api.CodeValidation || !slices.Equal(fields(t, data), []string{"text"}) {
					t.Errorf("type %s, %s: code %d %s", kind, address, code, data)
				}
				form.Set("data[shortenLinks]", "0")
				w.get("create", form.Encode(), api.CodeOK, nil)
			}
			id := w.draft("type", "3", "text", "See {url}", "shortenLinks", "1")
			values := url.Values{"recipients[0][recipient]": {"77010000001"}, "recipients[0][url]": {address},
				"recipients[1][recipient]": {"77010000002"}, "recipients[1][url]": {"http://good.example"}}
			items := w.adds(id, api.CodePartlyDone, values.Encode())
			if items[0].Code != campaign.LinkRefused || items[0].MessageID != nil || items[1].Code != campaign.Added {
				t.Errorf("%s: items %v", address, givens(items))
			}
			w.sound(id, 1)
		}
		if n := w.number(`SELECT count(*) FROM short_link`); n != 5 {
			t.Errorf("%d links were made, want one for each good address", n)
		}
	})
}

// TestACrashOfAnImportDoublesNoCode: whatever a step makes is made with it.
func TestACrashOfAnImportDoublesNoCode(t *testing.T) {
	const n = campaign.AddChunk + 10
	for name, given := range map[string]string{"the same for all": "http://a.example or http://b.example", "a template": "http://a.example or http://b.example/{n}"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				var file strings.Builder
				file.WriteString("recipient,n\n")
				for i := range n {
					fmt.Fprintf(&file, "7701%07d,%d\n", i, i)
				}
				kind := map[bool]string{true: "3", false: "2"}[strings.Contains(given, "{n}")]
				id := w.draft("type", kind, "text", given, "shortenLinks", "1", "trackShortLinkRecipients", "1")
				reached, goOn := w.queue.stopAt(n - 5)
				task := w.task(w.upload(id, map[string]string{"recipientsFileSkipHeader": "1"}, file.String()))
				<-reached
				w.crash(goOn)
				w.ends(task, tasks.Done)
				w.sound(id, n)
				if got := w.info(id)["counters"].(map[string]any)["recipientsRejected"]; got != "0" {
					t.Errorf("%v rows were added again", got)
				}
				links := map[string]int64{"3": 1 + n, "2": 2}[kind]
				for query, want := range map[string]int64{
					`SELECT count(*) FROM link_code WHERE message_id IS NOT NULL`:                      2 * n,
					`SELECT count(DISTINCT message_id) FROM link_code JOIN message ON id = message_id`: n,
					`SELECT count(*) FROM short_link`:                                                  links,
					`SELECT count(*) FROM campaign_link`:                                               links,
				} {
					if got := w.number(query); got != want {
						t.Errorf("%s: %d, want %d", query, got, want)
					}
				}
			})
		})
	}
}

func TestACampaignHasOneLinkToAnAddressWhoeverIsReplaced(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("type", "3", "text", "http://a.example {n}", "shortenLinks", "1", "trackShortLinkRecipients", "1")
		for range 2 { // the second time the campaign has the link
			form := url.Values{}
			for i := range 30 {
				form.Set(fmt.Sprintf("recipients[%d][recipient]", i), fmt.Sprintf("7701%07d", i))
				form.Set(fmt.Sprintf("recipients[%d][n]", i), strings.Repeat(fmt.Sprintf("http://%d.example ", i), 1+i%3))
			}
			w.adds(id, api.CodeOK, form.Encode()+"&params[replace]=1")
		}
		if n := w.number(`SELECT count(*) FROM short_link`); n != 31 {
			t.Errorf("%d links", n)
		}
		w.sound(id, 30)
		w.linked(id)
	})
}

// TestADeletedLinkIsMadeAnewForWhoIsAddedLater: what they are sent leads on, and the new link
// is the campaign's from then on.
func TestADeletedLinkIsMadeAnewForWhoIsAddedLater(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range []struct{ kind, track string }{{"2", "1"}, {"3", "1"}, {"3", "0"}} {
			w.exec(`UPDATE short_link SET deleted_ms = NULL`)
			id := w.draft("type", tt.kind, "text", "http://a.example http://b.example", "shortenLinks", "1", "trackShortLinkRecipients", tt.track)
			w.adds(id, api.CodeOK, "recipients="+people(0, 1))
			w.exec(`UPDATE short_link SET deleted_ms = 1 WHERE full_link = 'http://a.example'`)
			w.adds(id, api.CodeOK, "recipients="+people(1, 1))
			w.adds(id, api.CodeOK, "recipients="+people(2, 1))
			for i, l := range w.linked(id) {
				var leads []bool
				for _, code := range l.codes {
					leads = append(leads, w.number(`SELECT count(*) FROM short_link WHERE deleted_ms IS NULL AND id = (SELECT link_id FROM link_code WHERE code = $1)`, code) == 1)
				}
				if l.full != "http://a.example http://b.example" || !slices.Equal(leads, []bool{i > 0, true}) {
					t.Errorf("%v: recipient %d was sent %q, whose links lead on: %v", tt, i, l.full, leads)
				}
			}
			if n := w.number(`SELECT count(*) FROM short_link WHERE campaign_id = $1`, parsed(id)); n != 3 {
				t.Errorf("%v: the campaign had %d links, want 3", tt, n)
			}
			w.sound(id, 3)
		}
	})
}

// TestCodesGoWithTheirRecipients: with those that are replaced, and with a campaign that
// is deleted, however many transactions that takes.
func TestCodesGoWithTheirRecipients(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const each = 7 // links: more than one transaction may remove of all recipients
		personal := func() int64 {
			return w.number(`SELECT count(*) FROM link_code WHERE message_id IS NOT NULL`)
		}
		var text strings.Builder
		for i := range each {
			fmt.Fprintf(&text, "http://%d.example ", i)
		}
		kept := w.draft("text", "http://a.example", "shortenLinks", "1", "trackShortLinkRecipients", "1")
		w.adds(kept, api.CodeOK, "recipients="+people(0, 2))
		id := w.draft("text", text.String(), "shortenLinks", "1", "trackShortLinkRecipients", "1")
		w.adds(id, api.CodeOK, "recipients="+people(0, 150))
		w.adds(id, api.CodeOK, "recipients="+people(150, 3)+"&params[replace]=1")
		if n := personal(); n != 2+3*each {
			t.Errorf("%d codes are left of 155 recipients, want those of 5", n)
		}
		w.sound(id, 3)
		w.linked(id)
		w.get("delete", "id="+id, api.CodeOK, nil)
		w.idle()
		if n := personal(); n != 2 {
			t.Errorf("%d codes are left, want those of the other campaign", n)
		}
		w.linked(kept)
	})
}

func TestNoTransactionRemovesMoreThanAThousandRowsWhateverTheCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOfN(rapid.IntRange(0, 100), 1, campaign.AddChunk).Draw(t, "codes")
		n, rows := campaign.RemovedAtOnce(codes), 0
		for _, own := range codes[:n] {
			rows += 4 + own
		}
		if n == 0 || rows > campaign.RowsMost || n < len(codes) && rows+4+codes[n] <= campaign.RowsMost {
			t.Fatalf("%d of %d recipients, %d rows", n, len(codes), rows)
		}
	})
}

// TestATestCountsAsNobodysClick: its text is that of the first recipient, with links
// that lead to the same addresses.
func TestATestCountsAsNobodysClick(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for kind, given := range map[string]string{"2": "http://a.example and http://b.example", "3": "http://a.example and http://{n}.example"} {
			id := w.draft("type", kind, "text", given, "shortenLinks", "1", "trackShortLinkRecipients", "1")
			w.adds(id, api.CodeOK, "recipients[0][recipient]=77010000001&recipients[0][n]=b")
			first := w.linked(id)[0]
			var sent struct{ MessageID string }
			w.get("test", "recipient=77010000009&id="+id, api.CodeOK, &sent)
			text := w.textOf(sent.MessageID)
			codes := shortLink.FindAllString(text, -1)
			for i, short := range codes {
				code := strings.TrimPrefix(short, linkBase+"/")
				if n := w.number(`SELECT count(*) FROM link_code WHERE code = $1 AND message_id IS NOT NULL`, code); n != 0 || w.follow(code) != w.follow(first.codes[i]) {
					t.Errorf("type %s: %q, whose links are to lead where those of %q do", kind, text, first.text)
				}
			}
			if shortLink.ReplaceAllString(text, "L") != "L and L" {
				t.Errorf("type %s: the test reads %q", kind, text)
			}
		}
	})
}

func TestAModeratorSeesWhereLinksLead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("text", "Win at http://casino.example!", "shortenLinks", "1")
		w.adds(id, api.CodeOK, "recipients="+people(0, 1))
		w.get("send", "id="+id, api.CodeOK, nil)
		if w.moderator.asked != "Win at http://casino.example!" {
			t.Errorf("the moderator was shown %q", w.moderator.asked)
		}
	})
}

func TestExportTellsOfEachRecipientsClicks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		clicks := func(id string) (column []string) {
			rows, err := csv.NewReader(strings.NewReader(string(w.caller().Post(ours, "campaign/export", testkit.Form, "id="+id)))).ReadAll()
			w.ok(err)
			for _, row := range rows {
				column = append(column, strings.Join(row[len(row)-2:], " "))
			}
			return column
		}
		id := w.draft("text", "http://a.example http://b.example", "shortenLinks", "1", "trackShortLinkRecipients", "1")
		w.adds(id, api.CodeOK, "recipients="+people(0, 2))
		w.exec(`UPDATE link_code SET clicks = 2, redirects = 1 WHERE message_id = $1`, w.linked(id)[1].message)
		if got := clicks(id); !slices.Equal(got, []string{"clicks redirects", "0 0", "4 2"}) {
			t.Errorf("with tracking: %q", got)
		}
		same := w.draft("text", "http://a.example", "shortenLinks", "1")
		w.adds(same, api.CodeOK, "recipients="+people(0, 1))
		if got := clicks(same); !slices.Equal(got, []string{"clicks redirects", " "}) {
			t.Errorf("without: %q", got)
		}
	})
}

func TestNoTransactionWritesMoreThanAThousandRowsWhateverTheLinks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		links := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 100).Draw(t, "links")
		track := rapid.Bool().Draw(t, "track")
		parts := campaign.Parts(links, track)
		for _, part := range parts {
			rows := 0
			for _, n := range part {
				if rows += 4 + 3*n; track { // a link is two rows and a note of it, a personal code one more
					rows += n
				}
			}
			if rows > campaign.RowsMost {
				t.Fatalf("%d rows for %v", rows, part)
			}
		}
		if all := slices.Concat(parts...); !slices.Equal(all, links) {
			t.Fatalf("%v became %v", links, parts)
		}
	})
	if parts := campaign.Parts(make([]int, 2*campaign.AddChunk), true); len(parts) != 2 || len(parts[0]) != campaign.AddChunk {
		t.Errorf("%d parts without links", len(parts))
	}
}
