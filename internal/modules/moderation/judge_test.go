package moderation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/moderation"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// The accounts of these tests.
const (
	ann = 1
	bob = 2
)

// rules: a text, and why a moderator is asked about it.
var rules = []struct{ text, reasons string }{
	{"", ""},
	{"Your code is 1234.", ""},
	// Words
	{"Casino!", "words: casino"},
	{"the best CASINO in town", "words: casino"},
	{"casinos", ""},
	{"Подпольное кАзИнО", "words: казино"},
	{"ca\u00adsi\u200bno", "words: casino"},
	{"free, money", "words: free money"},
	{"free\nmoney", "words: free money"},
	{"free some money", ""},
	{"moneyfree money", ""},
	{"lotteries and a Lottery", "words: lotter*"},
	{"alottery", ""},
	{"unbetting", "words: *bet*"},
	{"the end", "words: *end"},
	{"weekend casino", "words: *end, casino"},
	{"ending", ""},
	{"a + b", ""},
	// Links
	{"http://x", "link"},
	{"see HTTPS://acme.example/sale", "link"},
	{"www.acme", "link"},
	{"(WWW.acme.kz)", "link"},
	{"awww. how sweet", ""},
	{"go to acme.kz", "link"},
	{"acme.kz/sale?x=1", "link"},
	{"Acme.Shop, now", "link"},
	{"sub.acme.co.uk", "link"},
	{"казино-онлайн.рф", "words: казино; link"},
	{"Сайт: қазақ.ҚАЗ!", "link"},
	{"xn--80aswg.xn--p1ai", "link"},
	{"ac\u200bme.\u2060kz", "link"},
	{"ann@acme.kz", "link"},
	{"That is all.", ""},
	{"Wait...what", ""},
	{"12.50 KZT", ""},
	{"v1.2", ""},
	{"т.е. так", ""},
	{"ул.Абая, д.5, г.Алматы", ""},
	{"acme . kz", ""},
	{"casino: acme.kz", "words: casino; link"},
}

func TestEachRule(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, word := range []string{"casino", "КАЗИНО", "Free  Money", "lotter*", "*bet*", " *end "} {
			_, err := w.AddWord(t.Context(), word)
			w.ok(err)
		}
		w.start(w.Module)
		w.approve(10, ann, "anything")
		for _, tt := range rules {
			v := w.judge(ann, api.ModeratedByRules, tt.text)
			want := moderation.AutoReady
			if tt.reasons != "" {
				want = moderation.WaitingModerator
			}
			if got := strings.Join(v.Reasons, "; "); got != tt.reasons || v.Standing != want {
				t.Errorf("%q: %s for %q, want %q", tt.text, v.Standing, got, tt.reasons)
			}
		}
	})
}

func TestTheSettingSaysWhoseTextsAreAskedAbout(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.start(w.Module)
		w.approve(10, ann, "good")
		w.open(11, bob, "bad")
		w.ok(w.Decline(t.Context(), 11, "No."))
		for _, tt := range []struct {
			account int64
			setting api.Moderation
			text    string
			want    string
		}{
			{ann, api.NeverModerated, "acme.kz", "free"},
			{ann, api.NeverModerated, "good", "free"},
			{bob, api.NeverModerated, "bad", "free"},
			{ann, api.AlwaysModerated, "Hi", "waiting always"},
			{ann, api.AlwaysModerated, "good", "approved"},
			{bob, api.AlwaysModerated, "bad", "declined No."},
			{bob, api.AlwaysModerated, "good", "waiting always"},
			{bob, api.AlwaysModerated, "bad ", "waiting always"},
			{bob, api.AlwaysModerated, "Bad", "waiting always"},
			{ann, api.ModeratedByRules, "Hi", "free"},
			{bob, api.ModeratedByRules, "Hi", "waiting first"}, // a decline is no approval
			{bob, api.ModeratedByRules, "acme.kz", "waiting link; first"},
			{bob, api.ModeratedByRules, "bad", "declined No."},
		} {
			v := w.judge(tt.account, tt.setting, tt.text)
			got := strings.TrimSpace(fmt.Sprint(v.Standing, " ", v.Comment, strings.Join(v.Reasons, "; ")))
			if got != tt.want {
				t.Errorf("account %d, %s, %q: %q, want %q", tt.account, tt.setting, tt.text, got, tt.want)
			}
		}
	})
}

func TestATextThatIsAskedAboutAgainIsOneQuestion(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.open(10, ann, "Hi")
		w.ask(moderation.Case{CampaignID: 12, AccountID: ann, Sender: "SALE", Text: "Hi", Recipients: 1000, Reasons: []string{"first"}})
		w.open(13, bob, "Hi")
		all, err := w.Waiting(t.Context())
		w.ok(err)
		want := []moderation.Question{
			{ID: 10, AccountID: ann, Sender: "ACME", Text: "Hi", Reasons: []string{"link", "first"}, Cases: 2, Waiting: 2, Recipients: 1001,
				AskedMs: w.db.Now(), Standing: moderation.WaitingModerator},
			{ID: 13, AccountID: bob, Sender: "ACME", Text: "Hi", Reasons: []string{"link", "first"}, Cases: 1, Waiting: 1, Recipients: 1,
				AskedMs: w.db.Now(), Standing: moderation.WaitingModerator},
		}
		if fmt.Sprint(all) != fmt.Sprint(want) {
			t.Errorf("there wait %+v, want %+v", all, want)
		}
		one, err := w.Show(t.Context(), 12)
		if err != nil || fmt.Sprint(*one) != fmt.Sprint(want[0]) {
			t.Errorf("case 12 is shown as %+v, %v", one, err)
		}
		w.ok(w.Decline(t.Context(), 12, "Not now"))
		one, err = w.Show(t.Context(), 10)
		if err != nil || one.Standing != moderation.Declined || one.Comment != "Not now" || one.DecidedMs != w.db.Now() {
			t.Errorf("after the decision case 10 is shown as %+v, %v", one, err)
		}
		if all, err = w.Waiting(t.Context()); err != nil || len(all) != 1 || all[0].ID != 13 {
			t.Errorf("after the decision there wait %+v, %v", all, err)
		}
		if all, err = w.All(t.Context()); err != nil || len(all) != 2 {
			t.Errorf("in all there are %+v, %v", all, err)
		}
	})
}

func TestADecisionIsFinal(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.open(10, ann, "Hi")
		w.open(11, ann, "Hi")
		w.open(12, ann, "Ho")
		w.ok(w.Approve(t.Context(), 10))
		for _, tt := range []struct {
			err  error
			want error
		}{
			{w.Approve(t.Context(), 10), moderation.ErrDecided},
			{w.Decline(t.Context(), 11, "No"), moderation.ErrDecided},
			{w.Approve(t.Context(), 9), moderation.ErrNoCase},
			{w.Decline(t.Context(), 9, "No"), moderation.ErrNoCase},
			{w.Decline(t.Context(), 12, ""), moderation.ErrComment},
			{w.Decline(t.Context(), 12, "\xff"), moderation.ErrComment},
			{w.Decline(t.Context(), 12, strings.Repeat("ж", 1001)), moderation.ErrComment},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%v, want %v", tt.err, tt.want)
			}
		}
		if _, err := w.Show(t.Context(), 9); !errors.Is(err, moderation.ErrNoCase) {
			t.Errorf("a case that is not there is shown: %v", err)
		}
		if v := w.judge(ann, api.AlwaysModerated, "Hi"); v.Standing != moderation.Ready {
			t.Errorf("the text is %s", v.Standing)
		}
		w.ok(w.Decline(t.Context(), 12, strings.Repeat("ж", 1000)))
	})
}

func TestWordsAreListedFoldedAndOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			entry, listed string
			add           error // nil: and then it is there already
		}{
			{"Casino", "casino", nil},
			{" FREE - money! ", "free money", nil},
			{"*Лотере*", "*лотере*", nil},
			{"24", "24", nil},
			{"", "", moderation.ErrWord},
			{"*", "", moderation.ErrWord},
			{"…", "", moderation.ErrWord},
			{"\xff", "", moderation.ErrWord},
			{strings.Repeat("a", 101), "", moderation.ErrWord},
		} {
			if listed, err := w.AddWord(t.Context(), tt.entry); listed != tt.listed || !errors.Is(err, tt.add) {
				t.Errorf("%q is added as %q, %v", tt.entry, listed, err)
			}
			if tt.add == nil {
				if _, err := w.AddWord(t.Context(), strings.ToUpper(tt.entry)); !errors.Is(err, moderation.ErrWordListed) {
					t.Errorf("%q is added again: %v", tt.entry, err)
				}
			}
		}
		_, err := w.RemoveWord(t.Context(), "CASINO")
		w.ok(err)
		if _, err := w.RemoveWord(t.Context(), "casino"); !errors.Is(err, moderation.ErrNoWord) {
			t.Errorf("a word that is not on the list is removed: %v", err)
		}
		words, err := w.Words(t.Context())
		if want := []string{"*лотере*", "24", "free money"}; err != nil || !slices.Equal(words, want) {
			t.Errorf("the words are %q, %v; want %q", words, err, want)
		}
	})
}

func TestWordsOfOthersAreFollowed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		elsewhere := w.node()
		w.start(w.Module)
		w.approve(10, ann, "anything")
		_, err := elsewhere.AddWord(t.Context(), "casino")
		w.ok(err)
		w.ok(w.watcher.Look(t.Context()))
		testkit.Eventually(t, patience, func() error {
			if v := w.judge(ann, api.ModeratedByRules, "casino"); v.Standing != moderation.WaitingModerator {
				return errors.New("the word is not known yet")
			}
			return nil
		})
	})
}
