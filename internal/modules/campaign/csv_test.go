package campaign_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestExportTellsOfEachMessageWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft("text", "Hi, \"you\"")
		var ids []int64
		for _, i := range w.adds(id, api.CodeOK, "recipients="+people(0, 8)) {
			ids = append(ids, parsed(*i.MessageID))
		}
		w.get("send", "id="+id, api.CodeOK, nil)
		w.release()
		now := w.db.Now()
		w.queue.refusals[ids[2]] = "accountDeleted"
		w.settle(
			message.Change{ID: ids[0], Status: message.Delivered, StartMs: now, AtMs: now + 1000},
			message.Change{ID: ids[1], Status: message.Undelivered, StartMs: now, AtMs: now},
			message.Change{ID: ids[2], Status: message.Rejected, AtMs: now},
			message.Change{ID: ids[3], Status: message.Rejected, StartMs: now, AtMs: now},
			message.Change{ID: ids[4], Status: message.Expired, AtMs: now},
			message.Change{ID: ids[5], Status: message.Expired, StartMs: now, AtMs: now},
			message.Change{ID: ids[6], Status: message.Deleted, AtMs: now},
		)
		rows, err := csv.NewReader(strings.NewReader(string(w.caller().Post(ours, "campaign/export", testkit.Form, "id="+id)))).ReadAll()
		w.ok(err)
		if want := "messageId,recipient,from,countryA2,operatorName,text,segNum,segUserBuy,cost,status,reason,startSendTs,statusUpdateTs,clicks,redirects"; strings.Join(rows[0], ",") != want {
			t.Errorf("the header is %v", rows[0])
		}
		first := []string{fmt.Sprint(ids[0]), "77010000000", "Heliograph", "KZ", "Kcell", "Hi, \"you\"", "1", "16.2000", "16.2000", "DELIVRD", "",
			"2026-03-01 17:00:00", "2026-03-01 17:00:01", "", ""}
		if !slices.Equal(rows[1], first) {
			t.Errorf("the first row is %q", rows[1])
		}
		reasons := map[string]bool{}
		for i, row := range rows[1:] {
			if row[0] != fmt.Sprint(ids[i]) {
				t.Errorf("row %d is of message %s", i, row[0])
			}
			if final := i > 0 && i < 7; (row[10] != "") != final || strings.Contains(row[10], ".") && !strings.HasSuffix(row[10], ".") {
				t.Errorf("%s because %q", row[9], row[10])
			}
			reasons[row[10]] = true
		}
		if len(rows) != 9 || len(reasons) != 7 {
			t.Errorf("%d rows with %d reasons", len(rows), len(reasons))
		}
	})
}

func TestALongExportLeavesNobodyOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.sent(2003)
		rows, err := csv.NewReader(strings.NewReader(string(w.caller().Post(ours, "campaign/export", testkit.Form, "id="+id)))).ReadAll()
		w.ok(err)
		seen := map[string]bool{}
		for _, row := range rows[1:] {
			seen[row[1]] = true
		}
		if len(rows) != 2004 || len(seen) != 2003 {
			t.Errorf("%d rows with %d numbers", len(rows), len(seen))
		}
	})
}
