package link_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/link"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestALinkHasTheTypesOfTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		m := w.create(key, map[string]string{"fullLink": "www.example.com/a?b=c", "comment": "Spring <sale>", "expirationDate": "2026-03-05"})
		if m.ID != "1" || len(m.Code) != link.CodeLength || m.ShortLink != base+"/"+m.Code {
			t.Errorf("%+v", m)
		}
		object := fmt.Sprintf(`{"shortLink":%q,"id":"1","partnerId":"1","userId":"1","status":"1","moderatorStatus":"1","isTmp":"0","isCustom":"0",
			"domainId":"1","clickCnt":"0","redirectCnt":"0","createTs":"2026-03-01 17:00:00","updateTs":"2026-03-01 17:00:00","code":%q,
			"fullLink":"http://www.example.com/a?b=c","domain":"s.example","deletedTs":null,"expirationDate":"2026-03-05","realExpirationDate":"2026-03-05",
			"comment":"Spring <sale>","moderatorComment":null,"analyticsKey":null}`, m.ShortLink, m.Code)
		for _, by := range []string{"id=1", "code=" + m.Code, "shortLink=" + m.ShortLink} {
			w.call(key, "get", by, api.CodeOK, object)
		}
		for _, by := range []string{"1", m.Code, m.ShortLink} { // as operators name it
			if l, err := w.links.Find(t.Context(), by); err != nil || l.ID != 1 {
				t.Errorf("%s: %+v, %v", by, l, err)
			}
		}
		w.call(key, "list", "", api.CodeOK, `{"items":[`+object+`],"totalItemCount":"1"}`)
		w.call(key, "update", "id=1&data[status]=0", api.CodeOK, `true`)
		w.call(key, "update", "code="+m.Code+"&data[comment]=", api.CodeOK, `true`)
		var got map[string]any
		w.ok(json.Unmarshal(w.call(key, "get", "id=1", api.CodeOK, ""), &got))
		if got["status"] != "0" || got["comment"] != nil || got["expirationDate"] != nil {
			t.Errorf("after the updates %v", got)
		}
		w.call(key, "delete", "ids=1,5", api.CodePartlyDone, `{"processed":["1"],"notProcessed":["5"]}`)
		w.call(key, "delete", "ids=1", api.CodeNothingDone, `{"processed":[],"notProcessed":["1"]}`)
		w.call(key, "get", "id=1", api.CodeNotFound, `null`)
		w.call(key, "list", "", api.CodeOK, `{"items":[],"totalItemCount":"0"}`)
		w.call(key, "update", "id=1&data[status]=1", api.CodeOK, `true`) // contract §5: deleted ones, too
		w.call(key, "getStats", "ids=1&type=monthly", api.CodeOK, "")
	})
}

// TestChangesAtOnceLoseNothing of each other, since each sets what it is given alone.
func TestChangesAtOnceLoseNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.account("Asia/Almaty")
		m := w.create(key, map[string]string{"fullLink": "https://a.example"})
		for i := range 60 {
			n := strconv.Itoa(i)
			var calls sync.WaitGroup
			for _, data := range []string{"data[status]=" + strconv.Itoa(i%2), "data[comment]=" + n, "data[fullLink]=https://a.example/" + n} {
				calls.Go(func() { w.call(key, "update", "id="+m.ID+"&"+data, api.CodeOK, `true`) })
			}
			calls.Wait()
			l, err := w.links.Find(t.Context(), m.ID)
			w.ok(err)
			if int(l.Status) != i%2 || l.Comment != n || l.FullLink != "https://a.example/"+n {
				t.Fatalf("round %d: %+v", i, l)
			}
		}
	})
}

func TestABadCallSaysWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		key, other := w.account("Asia/Almaty"), w.account("Asia/Almaty")
		w.ok(w.links.BlockDomain(t.Context(), "Evil.example"))
		w.create(key, map[string]string{"fullLink": "https://a.example"})
		field := func(name, words string) string { return fmt.Sprintf(`{%q:[%q]}`, name, words) }
		const notURL = "must be an http or https address with a host"
		for _, tt := range []struct {
			method, form string
			code         api.Code
			data         string
		}{
			{"create", "", api.CodeMissingParameter, "null"},
			{"create", "data[comment]=x", api.CodeValidation, ""},
			{"create", "data[fullLink]=", api.CodeValidation, ""},
			{"create", "data[fullLink]=javascript:alert(1)", api.CodeValidation, field("fullLink", notURL)},
			{"create", "data[fullLink]=ftp://a.example", api.CodeValidation, field("fullLink", notURL)},
			{"create", "data[fullLink]=http://a.example/%0d%0aSet-Cookie:%20x", api.CodeValidation, field("fullLink", notURL)},
			{"create", "data[fullLink]=" + base + "/abc", api.CodeValidation, field("fullLink", "leads back to this server")},
			{"create", "data[fullLink]=https://s.example/%256c/abc", api.CodeValidation, field("fullLink", "leads back to this server")},
			{"create", "data[fullLink]=https://s.example/x/../l/abc", api.CodeValidation, field("fullLink", "leads back to this server")},
			{"create", "data[fullLink]=https://S.example.:443//l", api.CodeValidation, field("fullLink", "leads back to this server")},
			{"create", "data[fullLink]=http://10.0.0.7:8080/service", api.CodeValidation, field("fullLink", "leads back to this server")},
			{"create", "data[fullLink]=https://www.evil.example/x", api.CodeValidation, field("fullLink", "is on the operator's block list")},
			{"create", "data[fullLink]=https://a.example/" + strings.Repeat("a", 2000), api.CodeValidation, ""},
			{"create", "data[fullLink]=https://a.example&data[expirationDate]=soon", api.CodeValidation, field("expirationDate", "must be a date of the form YYYY-MM-DD")},
			{"create", "data[fullLink]=https://a.example&data[expirationDate]=2026-12-01soon", api.CodeValidation, field("expirationDate", "must be a date of the form YYYY-MM-DD")},
			{"create", "data[fullLink]=https://a.example&data[expirationDate]=2026-12-01 25:00:00", api.CodeValidation, ""},
			{"create", "data[fullLink]=https://a.example&data[expirationDate]=2026-12-01 12:00:00", api.CodeOK, ""},
			{"create", "data[fullLink]=https://a.example&data[comment]=" + strings.Repeat("c", 256), api.CodeValidation, ""},
			{"create", "data[fullLink]=https://a.example&data[status]=2", api.CodeValidation, ""},
			{"update", "data[status]=1", api.CodeMissingParameter, "null"},
			{"update", "id=9&data[status]=1", api.CodeNotFound, "null"},
			{"update", "id=9&data[status]=7", api.CodeNotFound, "null"}, // contract §2.1: 2 before 1
			{"update", "code=nothere&data[fullLink]=mailto:a@b.example", api.CodeNotFound, "null"},
			{"update", "id=1&data[status]=7", api.CodeValidation, ""},
			{"update", "id=1&data[fullLink]=mailto:a@b.example", api.CodeValidation, field("fullLink", notURL)},
			{"update", "id=1&data[fullLink]=http://a.example/%0d%0aSet-Cookie:%20x", api.CodeValidation, field("fullLink", notURL)},
			{"get", "", api.CodeBadParameter, "null"},
			{"get", "id=9", api.CodeNotFound, "null"},
			{"get", "id=x", api.CodeBadParameter, "null"},
			{"delete", "", api.CodeMissingParameter, "null"},
			{"getLinks", "", api.CodeMissingParameter, "null"},
			{"getLinks", "campaignId=9", api.CodeNotFound, "null"},
			{"getLinks", "campaignId=77", api.CodeOK, "[]"},
			{"getStats", "ids=1", api.CodeMissingParameter, "null"},
			{"getStats", "ids=1&type=yearly", api.CodeBadParameter, "null"},
			{"getStats", "ids=1,2,3,4,5,6&type=daily", api.CodeBadParameter, "null"},
			{"getStats", "ids=1,9&type=daily", api.CodeNotFound, "null"},
			{"getStats", "ids=1&type=daily&criteria[dateFrom]=yesterday", api.CodeBadParameter, "null"},
		} {
			w.call(key, tt.method, tt.form, tt.code, tt.data)
		}
		for _, call := range []string{"get id=1", "update id=1&data[status]=0", "getStats ids=1&type=daily", "getLinks campaignId=77"} {
			method, form, _ := strings.Cut(call, " ")
			w.call(other, method, form, api.CodeNotFound, "null") // another account's
		}
		w.call(other, "delete", "ids=1", api.CodeNothingDone, "")
	})
}

func TestABlockedDomainIsBlockedInEverySpelling(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		key := w.account("Asia/Almaty")
		early := w.create(key, map[string]string{"fullLink": "http://xn--mnchen-3ya.example"})
		w.ok(w.links.BlockDomain(t.Context(), "München.example."))
		w.ok(w.links.BlockDomain(t.Context(), "192.0.2.9"))
		w.leads(early.Code, "")
		for _, address := range []string{
			"http://xn--mnchen-3ya.example", "http://MÜNCHEN.example", "http://www.mu\u0308nchen.example", "http://3221225993", "http://192.0.521", "http://[::ffff:c000:209]",
		} {
			w.call(key, "create", url.Values{"data[fullLink]": {address}}.Encode(), api.CodeValidation, `{"fullLink":["is on the operator's block list"]}`)
		}
		w.ok(w.links.UnblockDomain(t.Context(), "MÜNCHEN.example"))
		w.leads(early.Code, "http://xn--mnchen-3ya.example")

		w.ok(w.db.Write(t.Context(), db.Answers, func(tx *db.Tx) error { // as it was written before
			_, err := tx.Exec(`INSERT INTO link_blocked_domain (domain) VALUES ('münchen.example')`)
			return errors.Join(err, tx.Touch(link.TopicDomain))
		}))
		w.awaitNowhere(early.Code)
		w.ok(w.links.UnblockDomain(t.Context(), "München.example"))
		w.leads(early.Code, "http://xn--mnchen-3ya.example")
	})
}

func TestListFindsAndSortsWhatItIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.started()
		key := w.account("Asia/Almaty")
		var codes []string
		for _, data := range []map[string]string{
			{"fullLink": "https://B.example/one", "comment": "Весна", "expirationDate": "2026-05-01"},
			{"fullLink": "https://a.example/two", "status": "0"},
			{"fullLink": "https://c.example/three", "comment": "100%"},
		} {
			codes = append(codes, w.create(key, data).Code)
			w.clock.Advance(24 * time.Hour)
		}
		w.clock.Advance(-24 * time.Hour)
		w.click(codes[2])
		_, err := w.links.SetBlocked(t.Context(), codes[0], true)
		w.ok(err)
		w.awaitClicks(3, 1)
		other := strings.Map(otherCase, codes[1])
		long := strings.Repeat("e", 60_000)
		for form, want := range map[string]string{
			"":                               "3 2 1",
			"sort[fullLink]=ASC":             "2 1 3",
			"sort[clickCnt]=DESC":            "3 2 1",
			"sort[expirationDate]=DESC":      "1 3 2",
			"sort[createTs]=ASC":             "1 2 3",
			"criteria[status]=0":             "2",
			"criteria[moderatorStatus]=0":    "1",
			"criteria[query]=ВЕСНА":          "1",
			"criteria[query]=EXAMPLE/T":      "3 2",
			"criteria[query]=0%25":           "3",
			"criteria[query]=" + codes[1]:    "2",
			"criteria[code]=" + codes[1]:     "2",
			"criteria[query]=" + other:       "",
			"criteria[code]=" + other:        "",
			"criteria[code]=" + codes[1][4:]: "2",
			"criteria[query]=" + long:        "",
			"criteria[code]=" + long:         "",
			"criteria[comment]=" + long:      "",
			"criteria[fullLink]=" + long:     "",
			"criteria[fullLink]=b.example":   "1",
			"criteria[comment]=весн":         "1",
			"criteria[clickCntFrom]=1":       "3",
			"criteria[clickCntTo]=0":         "2 1",
			"criteria[createTsFrom]=2026-03-02&criteria[createTsTo]=2026-03-02": "2",
			"criteria[createTsFrom]=soon":                                       "",
			"criteria[status]=x":                                                "",
			"pagination[pageSize]=1&pagination[currentPage]=1":                  "2",
			"pagination[currentPage]=9":                                         "",
		} {
			var list struct{ Items []struct{ ID string } }
			w.ok(json.Unmarshal(w.call(key, "list", form, api.CodeOK, ""), &list))
			var ids []string
			for _, item := range list.Items {
				ids = append(ids, item.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%.100s: %q, want %q", form, got, want)
			}
		}
	})
}

func otherCase(r rune) rune {
	if unicode.IsLower(r) {
		return unicode.ToUpper(r)
	}
	return unicode.ToLower(r)
}

// awaitClicks waits until that many clicks on a link are written.
func (w *world) awaitClicks(id, clicks int64) {
	w.t.Helper()
	testkit.Eventually(w.t, 10*time.Second, func() error {
		var n int64
		err := w.db.Read(w.t.Context(), func(q *db.Reader) error {
			return q.One(`SELECT clicks FROM short_link WHERE id = $1`, []any{id}, &n)
		})
		if err == nil && n != clicks {
			err = fmt.Errorf("%d clicks of %d", n, clicks)
		}
		return err
	})
}
