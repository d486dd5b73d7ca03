package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/client"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// sometimesBusy is an answer: one event in fifty is not taken the first time.
func sometimesBusy(e *client.WebhookEvent) (status int) {
	if e.Attempt == 1 && e.ID%50 == 0 {
		return http.StatusServiceUnavailable
	}
	return http.StatusNoContent
}

// deaths are, by notice, the servers that died with it in memory. Each of them may have
// posted it.
type deaths map[notice]map[int64]bool // by epoch

// bury ends the lease of a server that was killed, which would run for some seconds
// more: that it is dead is certain. It reads what the server had in memory.
func (ds deaths) bury(s *site) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		if strings.HasPrefix(s.url, "postgres") { // a COMMIT of the dead may be under way
			if _, err := tx.Exec(`LOCK TABLE webhook_delivery IN SHARE MODE`); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE node SET lease_until_ms = 0`); err != nil {
			return err
		}
		return tx.Query(`SELECT webhook_id, event_id, epoch FROM webhook_delivery WHERE state = 0 AND epoch > 0`, func(rows db.Row) error {
			var what notice
			var epoch int64
			err := rows.Scan(&what.webhook, &what.event, &epoch)
			if ds[what] == nil {
				ds[what] = map[int64]bool{}
			}
			ds[what][epoch] = true
			return err
		})
	})
}

// tellAll waits until no webhook waits to be told of anything. What is to be tried
// again in a minute is tried at once.
func (s *site) tellAll() {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), s.url, db.Options{Logger: testkit.Logger(s.t)})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	testkit.Eventually(s.t, 2*patience, func() error {
		var waiting, late int
		err := d.Read(s.t.Context(), func(q *db.Reader) error {
			return q.One(`SELECT count(*), count(CASE WHEN epoch = 0 AND attempts > 0 AND due_ms > 0 THEN 1 END)
				FROM webhook_delivery WHERE state = 0`, nil, &waiting, &late)
		})
		if err == nil && late > 0 {
			err = d.Write(s.t.Context(), db.Answers, func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE webhook_delivery SET due_ms = 0 WHERE state = 0 AND epoch = 0 AND attempts > 0`)
				return err
			})
		}
		if err == nil && waiting > 0 {
			err = fmt.Errorf("%d events wait to be told", waiting)
		}
		return err
	})
}

// Outcomes of attempts beside post.Problem's.
const (
	succeeded   = ""
	interrupted = "interrupted"
	refused     = "status"
)

// outcomes are the attempts that the server knows of, by number from 1.
type outcomes map[int]string

func (s *site) outcomes() map[notice]outcomes {
	s.t.Helper()
	all := map[notice]outcomes{}
	scan := func(rows db.Row) error {
		var what notice
		var attempt int
		var problem string
		err := rows.Scan(&what.webhook, &what.event, &attempt, &problem)
		if all[what] == nil {
			all[what] = outcomes{}
		}
		all[what][attempt] = problem
		return err
	}
	for _, text := range []string{
		`SELECT webhook_id, event_id, attempts, '' FROM webhook_delivery WHERE state = 1`,
		`SELECT webhook_id, event_id, attempt, problem FROM webhook_attempt`,
	} {
		s.read(func(q *db.Reader) error { return q.Query(text, scan) })
	}
	return all
}

// toldOfAll checks what the webhook was told of the messages in the books, all of
// which are final, and gives how often it took what it had taken before.
func (r *receiver) toldOfAll(t *testing.T, webhook int64, s *site, b *books, ds deaths) (again int) {
	t.Helper()
	known := s.outcomes()
	if len(known) != len(b.messages) {
		t.Errorf("there are %d events and %d messages", len(known), len(b.messages))
	}
	for id, m := range b.messages {
		what := notice{webhook, id}
		tellings := r.tellings(what)
		if err := agree(tellings, known[what], len(ds[what])); err != nil {
			t.Errorf("message %d: %v; it was told as %v, and the server knows %v", id, err, tellings, known[what])
		}
		for _, one := range tellings {
			if one.Report.MessageID != id || one.Report.CampaignID != id || one.Report.Status != m.Status.String() {
				t.Errorf("message %d is %s and was told as %+v", id, m.Status, one.Report)
			}
		}
		again += max(0, taken(tellings)-1)
	}
	if n, _ := r.count(); n != len(b.messages) {
		t.Errorf("the receiver was told of %d messages, and there are %d", n, len(b.messages))
	}
	return again
}

func taken(tellings []telling) (n int) {
	for _, one := range tellings {
		if one.status == http.StatusNoContent {
			n++
		}
	}
	return n
}

// agree compares what a receiver and the server know of an event: the numbers of
// attempts go up and none is used twice, whatever died; the last one succeeded; both
// sides saw the same become of each, but for one attempt for each death.
func agree(tellings []telling, known outcomes, deaths int) error {
	heard, last, cut := map[int]bool{}, 0, 0
	for _, one := range tellings {
		if one.Attempt <= last {
			return fmt.Errorf("attempt %d came after %d", one.Attempt, last)
		}
		last, heard[one.Attempt] = one.Attempt, true
		want := succeeded
		if one.status != http.StatusNoContent {
			want = refused
		}
		if problem, found := known[one.Attempt]; !found || problem != want && problem != interrupted {
			return fmt.Errorf("attempt %d was answered with %d", one.Attempt, one.status)
		}
	}
	for n := 1; n <= len(known); n++ {
		problem, found := known[n]
		switch {
		case !found:
			return fmt.Errorf("attempt %d is not known", n)
		case problem == interrupted:
			cut++
		case !heard[n]:
			return fmt.Errorf("attempt %d was not heard", n)
		}
		if (n == len(known)) != (problem == succeeded) {
			return fmt.Errorf("of %d attempts, attempt %d has the problem %q", len(known), n, problem)
		}
	}
	switch {
	case len(known) == 0:
		return fmt.Errorf("it was never told")
	case cut > deaths:
		return fmt.Errorf("%d attempts were interrupted, by %d deaths", cut, deaths)
	}
	return nil
}
