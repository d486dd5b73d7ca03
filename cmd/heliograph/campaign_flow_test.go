package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// TestTheReadmesCampaignWorksWhenPasted into a shell, beside `heliograph dev`.
func TestTheReadmesCampaignWorksWhenPasted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)\n## A first campaign\n.*?\n```sh\n(.*?)```\n").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README shows no campaign")
	}
	s := startSandbox(t, filepath.Join(t.TempDir(), "data"))
	script := regexp.MustCompile(`U=\S+ K=[^\s;]+`).ReplaceAllLiteralString(string(block[1]), "U="+s.url+"/service K="+s.key)
	script = strings.ReplaceAll(script, "sleep 1", "sleep 4") // tests share the machine
	shell := exec.Command("sh", "-e", "-c", script)
	shell.Dir = t.TempDir()
	out, err := shell.Output()
	if err != nil || strings.Count(string(out), `"code":0`) != 2 || !strings.Contains(string(out), `"code":100`) {
		t.Fatalf("%s\nanswered %s, %v", script, out, err)
	}
	s.shows("77010000020", "Hello Ann")
	s.shows("77010000021", "Hello Boris")
	if !strings.Contains(string(out), `"commonStatus":"DONE"`) {
		t.Errorf("the campaign is not done: %s", out)
	}
	s.stop()
}

// guest is a recipient of the campaign, and what becomes of the message.
type guest struct{ number, name, status string }

// guests are so many; of every ten, one is not reached and one is refused.
func guests(count int) []guest {
	all := make([]guest, count)
	for i := range all {
		ending, status := 20+i%80, "DELIVRD"
		switch i % 10 {
		case 3:
			ending, status = 1, "UNDELIV"
		case 7:
			ending, status = 2, "REJECTD"
		}
		all[i] = guest{fmt.Sprintf("7701%05d%02d", i, ending), fmt.Sprintf("Guest «%d», one of many", i), status}
	}
	return all
}

// file is the guests as a spreadsheet saves them.
func file(all []guest) []byte {
	var b bytes.Buffer
	b.WriteString("name;recipient;remark\r\n")
	for _, g := range all {
		fmt.Fprintf(&b, "'%s';+%s;\r\n", g.name, g.number)
	}
	return b.Bytes()
}

// TestACampaignGoesFromItsFileToItsExport: what is previewed is charged, what is
// exported is what arrived, and what was refused is paid back.
func TestACampaignGoesFromItsFileToItsExport(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		t.Parallel()
		arrived := newArrivals()
		s := newSite(t, url, options{carrier: startSimulator(t, smsc.Config{OnMessage: arrived.note}).Addr(), window: 100})
		server, all := s.serve(), guests(600)

		var id string
		server.call(t, 0, &id, "campaign/create", "data[type]", "3", "data[text]", "Dear {name}, come", "data[name]", "Party")
		var task int64
		server.upload(t, 100, &task, "campaign/addRecipients", "recipientsFile", file(append(all, all[0])), "id", id, "params[recipientsFileDelimiter]", ";")
		server.taskEnds(t, task, 2)
		total := segmentPrice * money.Amount(len(all))
		server.previewed(t, id, len(all), total, opening-total)
		var sent int
		server.call(t, 0, &sent, "campaign/send", "id", id)
		server.campaignBecomes(t, id, "DONE")

		rows := server.export(t, id)
		for _, g := range all {
			row := rows[g.number]
			if row["status"] != g.status || row["text"] != "Dear "+g.name+", come" || (row["reason"] == "") != (g.status == "DELIVRD") {
				t.Errorf("%v is exported as %v", g, row)
			}
			if want := map[bool]int{true: 1}[g.status == "DELIVRD"]; arrived.counts()[row["text"]] != want {
				t.Errorf("%q arrived %d times", row["text"], arrived.counts()[row["text"]])
			}
		}
		if len(rows) != len(all) {
			t.Errorf("%d of %d are exported", len(rows), len(all))
		}
		r := campaigning{site: s, id: id}
		info := r.info(server.caller)
		r.recounted(info)
		if n := info.count("recipientsRejected"); n != 1 {
			t.Errorf("%d recipients were rejected, want the one that came twice", n)
		}
		refused := money.Amount(info.count("totalRejectdMsgNum")) * segmentPrice
		if got, want := server.balance(t), (opening-total+refused).String()+" KZT"; got != want {
			t.Errorf("the balance is %s, want %s", got, want)
		}
		s.settle().balanced(t)
		server.stop()
	})
}

// previewed checks what a campaign of messages of one segment would cost, and leave.
func (c caller) previewed(t *testing.T, id string, messages int, total, after money.Amount) {
	t.Helper()
	type bill struct {
		Messages, Segments  int
		Total, BalanceAfter money.Amount
	}
	var got bill
	c.call(t, 0, &got, "campaign/preview", "id", id)
	if want := (bill{messages, messages, total, after}); got != want {
		t.Errorf("the preview is %+v, want %+v", got, want)
	}
}

// taskEnds waits until a task is done (2) or rejected (3), as a program of a client does,
// which is told to wait where it asks more than once a second.
func (c caller) taskEnds(t *testing.T, task int64, status int) {
	t.Helper()
	testkit.Eventually(t, 2*patience, func() error {
		var got struct{ Status int }
		r, err := c.try("taskQueue/getStatus", "id", strconv.FormatInt(task, 10))
		if err == nil && r.Code == 0 {
			err = json.Unmarshal(r.Data, &got)
		}
		if err == nil && got.Status != status {
			err = fmt.Errorf("task %d: code %d, %s; want status %d", task, r.Code, r.Data, status)
		}
		return err
	})
}

// export fetches a campaign's messages: by recipient, the columns by their names.
func (c caller) export(t *testing.T, id string) map[string]map[string]string {
	t.Helper()
	resp, err := c.http.Get(c.url + "/service/campaign/export?apiKey=" + c.key + "&id=" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err != nil || resp.StatusCode != http.StatusOK || len(rows) == 0 {
		t.Fatalf("the export is answered with %s: %v, %v", resp.Status, rows, err)
	}
	byRecipient := make(map[string]map[string]string, len(rows))
	for _, row := range rows[1:] {
		columns := map[string]string{}
		for i, name := range rows[0] {
			columns[name] = row[i]
		}
		byRecipient[columns["recipient"]] = columns
	}
	return byRecipient
}

// TestACampaignsDaysGoByOnTheTestClock: it begins at its time, may be deleted until five
// minutes before, and is done when the last message's validity and grace are over.
func TestACampaignsDaysGoByOnTheTestClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startSandbox(t, dir, "--clock")
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Duration(0)
	advance := func(by time.Duration) {
		ahead += by
		succeed(t, "clock", "advance", by.String(), "--data", dir)
		s.clockIs(t, time.Now().Add(ahead).In(zone))
	}
	at := time.Now().Add(2 * time.Hour).In(zone).Format(time.DateTime)
	deferred := func() (id string) {
		s.call(t, 0, &id, "campaign/create", "data[text]", "At its time", "data[deferredToTs]", at)
		s.call(t, 0, nil, "campaign/addRecipients", "id", id, "recipients", "77010000020,77010000005")
		s.call(t, 0, nil, "campaign/send", "id", id)
		return id
	}
	goes, deleted := deferred(), deferred()
	s.campaignBecomes(t, goes, "AUTO_READY_FOR_SEND")

	advance(90 * time.Minute)
	s.campaignBecomes(t, goes, "AUTO_READY_FOR_SEND")
	s.call(t, 0, nil, "campaign/delete", "id", deleted)
	s.call(t, 2, nil, "campaign/get", "id", deleted)
	advance(26 * time.Minute)
	s.call(t, 10, nil, "campaign/delete", "id", goes)
	if strings.Contains(s.out.String(), "At its time") {
		t.Error("it was sent before its time")
	}

	advance(5 * time.Minute)
	s.campaignBecomes(t, goes, "SENT")
	s.shows("77010000020", "At its time")
	s.campaignBecomes(t, goes, "SENT") // one has no receipt
	advance(49 * time.Hour)
	s.campaignBecomes(t, goes, "DONE")
	statuses := map[string]string{}
	for number, row := range s.export(t, goes) {
		statuses[number] = row["status"]
	}
	if want := map[string]string{"77010000020": "DELIVRD", "77010000005": "EXPIRED"}; !maps.Equal(statuses, want) {
		t.Errorf("the messages are %v, want %v", statuses, want)
	}
	if got, want := s.balance(t), (demoBalance-2*demoPrice).String()+" "+demoCurrency; got != want {
		t.Errorf("the balance is %s, want %s", got, want)
	}
	s.stop()
}

// clockIs waits until the server has followed its clock.
func (s *sandbox) clockIs(t *testing.T, at time.Time) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		var id string
		var made struct{ CreateTs string }
		s.call(t, 0, &id, "campaign/create", "data[text]", "What time is it?")
		s.call(t, 0, &made, "campaign/get", "id", id)
		if want := at.Add(-time.Second).Format(time.DateTime); made.CreateTs < want {
			return fmt.Errorf("it is %s there, and should be %s", made.CreateTs, want)
		}
		return nil
	})
}
