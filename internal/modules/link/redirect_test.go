package link_test

import (
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/modules/user"
)

func TestALinkLeadsOnUntilItIsSwitchedOffBlockedOrDeleted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		key := w.account("Asia/Almaty")
		m := w.create(key, map[string]string{"fullLink": "https://пример.example/ж?q=1"})
		const escaped = "https://xn--e1afmkfd.example/%D0%B6?q=1"
		blocked := func(on bool) {
			_, err := w.links.SetBlocked(t.Context(), m.Code, on)
			w.ok(err)
		}
		w.leads(m.Code, escaped)
		w.call(key, "update", "id="+m.ID+"&data[status]=0", api.CodeOK, "")
		w.leads(m.Code, "")
		w.call(key, "update", "id="+m.ID+"&data[status]=1&data[fullLink]=https://b.example", api.CodeOK, "")
		w.leads(m.Code, "https://b.example")
		blocked(true)
		w.leads(m.Code, "")
		blocked(false)
		w.leads(m.Code, "https://b.example")
		w.ok(w.links.BlockDomain(t.Context(), "example"))
		w.leads(m.Code, "")
		w.ok(w.links.UnblockDomain(t.Context(), "example"))
		w.leads(m.Code, "https://b.example")
		w.call(key, "delete", "ids="+m.ID, api.CodeOK, "")
		w.leads(m.Code, "")
		for _, code := range []string{"", "abc", "AAAAAAA", strings.Repeat("a", 5000), "../../etc", "a\r\nb"} {
			w.leads(strings.NewReplacer("\r", "%0d", "\n", "%0a").Replace(code), "")
		}
	})
}

func TestALinkEndsWithItsLastDayInTheAccountsZone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) { // it is 17:00 in Almaty and 21:00 in Tokyo
		for zone, left := range map[string]time.Duration{"Asia/Almaty": 7 * time.Hour, "Asia/Tokyo": 3 * time.Hour, "America/Sao_Paulo": 15 * time.Hour} {
			m := w.create(w.account(zone), map[string]string{"fullLink": "https://a.example", "expirationDate": "2026-03-01"})
			w.clock.Advance(left - time.Second)
			w.leads(m.Code, "https://a.example")
			w.clock.Advance(time.Second)
			w.leads(m.Code, "")
			w.clock.Advance(-left)
		}
	})
}

// TestALinkEndsByTheZoneThatItsAccountHasNow, known or not, and so its clicks are counted.
func TestALinkEndsByTheZoneThatItsAccountHasNow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) { // it is 17:00 in Almaty and 09:00 in São Paulo
		key := w.account("Asia/Almaty")
		m := w.create(key, map[string]string{"fullLink": "https://a.example", "expirationDate": "2026-03-01"})
		w.leads(m.Code, "https://a.example")
		zone := "America/Sao_Paulo"
		w.ok(w.users.Set(t.Context(), 1, user.Changes{Timezone: &zone}))
		w.clock.Advance(8 * time.Hour)
		w.leads(m.Code, "https://a.example")
		w.ok(w.links.Flush(t.Context()))
		s := w.stats(key, url.Values{"ids": {m.ID}, "type": {"hourly"}, "criteria[dateFrom]": {"2026-03-01 17:00"}})
		if got := s.Items[0]["clicks0"]; got != "2" { // the first was at 17:00 in Almaty
			t.Errorf("%v clicks, want those of 17:00 on either clock", got)
		}
		w.clock.Advance(7*time.Hour - time.Second)
		w.leads(m.Code, "https://a.example")
		w.clock.Advance(time.Second)
		w.leads(m.Code, "")
	})
}

func TestAnyDateThereIsMayBeALastDay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("UTC")
		for date, address := range map[string]string{"1969-12-31": "", "1000-01-01": "", "9999-12-31": "https://a.example"} {
			w.leads(w.create(key, map[string]string{"fullLink": "https://a.example", "expirationDate": date}).Code, address)
			w.call(key, "list", "criteria[createTsFrom]="+date, api.CodeOK, "")
		}
		w.call(key, "list", "criteria[createTsFrom]=9999-12-31&criteria[createTsTo]=9999-12-31", api.CodeOK, `{"items":[],"totalItemCount":"0"}`)
		var list struct{ Items []struct{ ID string } }
		w.ok(json.Unmarshal(w.call(key, "list", "criteria[createTsTo]=9999-12-31", api.CodeOK, ""), &list))
		if len(list.Items) != 3 {
			t.Errorf("%d links were made before the last day of all, want 3", len(list.Items))
		}
	})
}

func TestPersonalCodesLeadWhereTheirLinkDoesAndCountApart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		key := w.account("Asia/Almaty")
		id, err := w.links.NextID(t.Context())
		w.ok(err)
		l := &link.Link{ID: id, AccountID: 1, CampaignID: campaign, FullLink: "https://a.example", Status: link.Active, ModeratorStatus: link.Allowed}
		all := []*link.Personal{{LinkID: id, MessageID: 100}, {LinkID: id, MessageID: 101}}
		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			return errors.Join(w.links.Make(tx, []*link.Link{l}), w.links.MakePersonal(tx, all))
		}))
		for _, code := range []string{all[0].Code, all[1].Code, all[1].Code, l.Code} {
			w.leads(code, "https://a.example")
		}
		w.awaitClicks(id, 4)
		for i, want := range []int64{1, 2} {
			var clicks int64
			w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
				return q.One(`SELECT clicks FROM link_code WHERE message_id = $1`, []any{int64(100 + i)}, &clicks)
			}))
			if clicks != want {
				t.Errorf("recipient %d: %d clicks, want %d", i, clicks, want)
			}
		}
		w.call(key, "getLinks", "campaignId=77", api.CodeOK,
			`[{"id":"1","code":"`+l.Code+`","fullLink":"https://a.example","shortLink":"`+w.links.ShortLink(l.Code)+`","clickCnt":"4","redirectCnt":"4","comment":null}]`)
		for _, by := range []string{"code=" + all[0].Code, "shortLink=" + w.links.ShortLink(all[1].Code)} {
			w.call(key, "get", by, api.CodeOK, "")
			w.call(w.account("Asia/Almaty"), "get", by, api.CodeNotFound, "null")
		}
		w.call(key, "update", "data[comment]=theirs&code="+all[0].Code, api.CodeOK, "true")
		_, err = w.links.SetBlocked(t.Context(), all[0].Code, true)
		w.ok(err)
		w.leads(all[1].Code, "")
	})
}

func TestOnlyPeopleAreRedirects(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		people := int64(0)
		for _, tt := range []struct {
			method string
			person bool
			header []string
		}{
			{"GET", true, nil},
			{"HEAD", false, nil},
			{"GET", false, []string{"Purpose", "prefetch"}},
			{"GET", false, []string{"Sec-Purpose", "prefetch;prerender"}},
			{"GET", false, []string{"X-Moz", "prefetch"}},
			{"GET", false, []string{"User-Agent", "WhatsApp/2.23.20.0"}},
			{"GET", false, []string{"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}},
			{"GET", false, []string{"User-Agent", ""}},
			{"GET", true, []string{"User-Agent", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 YaBrowser/24 Safari/537.36"}},
		} {
			if r := w.ask(tt.method, m.Code, tt.header...); r.StatusCode != http.StatusFound {
				t.Errorf("%v: %d", tt, r.StatusCode)
			}
			if tt.person {
				people++
			}
		}
		w.awaitClicks(1, 9)
		var redirects int64
		w.ok(w.db.Read(t.Context(), func(q *db.Reader) error {
			return q.One(`SELECT redirects FROM short_link`, nil, &redirects)
		}))
		if redirects != people {
			t.Errorf("%d redirects, want %d", redirects, people)
		}
	})
}

func TestAnOrderlyStopLosesNoClick(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		const clicks = 500
		for range clicks {
			w.click(m.Code)
		}
		w.ok(w.links.Stop(t.Context()))
		w.awaitClicks(1, clicks)
	})
}

// On both engines a read that is not made would fail: the database is closed.
func TestWhatIsKnownCostsNoRead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		w.leads(m.Code, "https://a.example")
		sealed := w.sealed("AAAAAA")
		w.leads(sealed, "")
		w.ok(w.db.Close())
		w.leads(m.Code, "https://a.example")
		w.leads(sealed, "")
		w.leads("not-a-code", "")
		if r := w.click(w.sealed("BBBBBB")); r.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a code that may be one without a database: %d", r.StatusCode)
		}
	})
}

// TestARefusedChangeMakesNothingOld: else anybody who has a key could have every redirect
// read the database. It is closed, so that a read is seen to fail.
func TestARefusedChangeMakesNothingOld(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		other := w.account("Asia/Almaty")
		w.create(other, map[string]string{"fullLink": "https://b.example"})
		w.leads(m.Code, "https://a.example")
		w.call(other, "update", "id="+m.ID+"&data[status]=0", api.CodeNotFound, "")
		w.call(other, "update", "id=2&data[status]=7", api.CodeValidation, "")
		if _, err := w.links.SetBlocked(t.Context(), "99", true); !errors.Is(err, link.ErrNone) {
			t.Errorf("a link that there is not: %v", err)
		}
		w.ok(w.db.Close())
		w.leads(m.Code, "https://a.example")
	})
}

// TestCodesThatPeopleMakeUpCostNoRead but one in 3844, and nobody's code is among those that
// do not: the database is closed, so that a read is seen to fail.
func TestCodesThatPeopleMakeUpCostNoRead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		var made []string
		for range 200 {
			made = append(made, w.create(key, map[string]string{"fullLink": "https://a.example"}).Code)
		}
		w.open() // another life, which knows the secret from the database
		for _, code := range made {
			w.leads(code, "https://a.example")
		}
		w.ok(w.db.Close())
		reads := 0
		random := rand.New(rand.NewPCG(1, 2))
		for range 20_000 {
			code := []byte(made[0])
			for i := range code {
				code[i] = link.Alphabet[random.IntN(len(link.Alphabet))]
			}
			if w.click(string(code)).StatusCode != http.StatusNotFound {
				reads++
			}
		}
		if reads > 25 { // 5 are to be expected
			t.Errorf("%d of 20000 codes were looked for in the database", reads)
		}
	})
}

// TestNodesThatBeginAtOnceSealAlike on a database that has no secret yet.
func TestNodesThatBeginAtOnceSealAlike(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		nodes := []*world{w.another(), w.another(), w.another()}
		var wg sync.WaitGroup
		for _, node := range nodes {
			wg.Go(func() {
				err := node.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
					return node.links.MakePersonal(tx, []*link.Personal{{LinkID: 1, MessageID: 1}})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		want := w.sealed("AAAAAA")
		for _, node := range nodes {
			if got := node.sealed("AAAAAA"); got != want {
				t.Errorf("%s and %s", got, want)
			}
		}
	})
}

// TestACodeThatIsTakenIsDrawnAgain whether it was taken long ago or by the same call, until
// it would be a wonder that all are taken.
func TestACodeThatIsTakenIsDrawnAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		codesOf := func(many int, codes ...string) (made []string, err error) {
			var all []*link.Personal
			for range many {
				all = append(all, &link.Personal{LinkID: 1, MessageID: 1})
			}
			draw := func() string {
				code := codes[0]
				if len(codes) > 1 {
					codes = codes[1:]
				}
				return code
			}
			err = w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return link.MakeCodes(tx, all, draw) })
			for _, p := range all {
				made = append(made, p.Code)
			}
			return made, err
		}
		_, err := codesOf(1, "taken")
		w.ok(err)
		made, err := codesOf(3, "a", "taken", "a", "taken", "b", "a", "c")
		w.ok(err)
		if !slices.Equal(slices.Sorted(slices.Values(made)), []string{"a", "b", "c"}) {
			t.Errorf("%q", made)
		}
		if _, err := codesOf(1, "taken"); err == nil {
			t.Error("there was nothing but a code that is taken, and it was made")
		}
	})
}

func TestAnotherNodeHearsOfABlockWithinASecond(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		w.leads(m.Code, "https://a.example")
		here := w.links
		w.open()
		_, err := w.links.SetBlocked(t.Context(), m.Code, true)
		w.ok(err)
		w.links = here
		w.awaitNowhere(m.Code)
	})
}

func TestALinkIsDrawnToBeScanned(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := w.create(w.account("Asia/Almaty"), map[string]string{"fullLink": "https://a.example"})
		picture := w.click(m.Code + ".png")
		if _, err := png.Decode(picture.Body); err != nil || picture.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%v %v", err, picture.Header)
		}
		drawing := w.click(m.Code + ".svg")
		text, err := io.ReadAll(drawing.Body)
		if err != nil || !strings.HasPrefix(string(text), "<svg ") || drawing.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%.80s %v %v", text, err, drawing.Header)
		}
		if r := w.click(m.Code + ".gif"); r.StatusCode != http.StatusNotFound {
			t.Errorf("a kind that there is not: %d", r.StatusCode)
		}
	})
}

// TestADomainInOtherLettersIsLedToInThoseOfDNS: that is what every program can read.
func TestADomainInOtherLettersIsLedToInThoseOfDNS(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		for address, location := range map[string]string{
			"www.пример.example/ж?q=ж":    "http://www.xn--e1afmkfd.example/%D0%B6?q=%D0%B6",
			"https://BÜCHER.example:8443": "https://xn--bcher-kva.example:8443",
			"https://a.example/ж":         "https://a.example/%D0%B6",
			"https://ж.example?ж.example": "https://xn--f1a.example?%D0%B6.example",

			"http://%D0%B6.example/?x=ж.example":     "http://xn--f1a.example/?x=%D0%B6.example",
			"http://b.example@%D0%B6.example:81#ж@ж": "http://b.example@xn--f1a.example:81#%D0%B6@%D0%B6",
		} {
			w.leads(w.create(key, map[string]string{"fullLink": address}).Code, location)
		}
	})
}
