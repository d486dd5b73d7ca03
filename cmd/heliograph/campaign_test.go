package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// upload makes a call with a file; fields are names and values in turn.
func (c caller) upload(t *testing.T, code int, into any, method, name string, file []byte, fields ...string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1]) // to memory
	}
	part, _ := form.CreateFormFile(name, "recipients.csv")
	_, _ = part.Write(file)
	_ = form.Close()
	request, err := http.NewRequest("POST", c.url+"/service/"+method, &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var r reply
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(r.Data, into)
	}
	if err != nil || r.Code != code {
		t.Fatalf("%s: %s, %v; want code %d", method, text, err, code)
	}
}

// campaigning is a campaign from a file, under way on a site whose server may die.
type campaigning struct {
	*site
	id, task   string
	recipients int
}

// import makes a campaign of a template and has a file of so many recipients added.
// Their numbers are none of the simulator's special ones.
func (s *site) importCampaign(c caller, recipients int) *campaigning {
	s.t.Helper()
	r := &campaigning{site: s, recipients: recipients}
	c.call(s.t, 0, &r.id, "campaign/create", "data[text]", "message {n} of a campaign", "data[type]", "3")
	file := bytes.NewBufferString("recipient,n\n")
	for i := range recipients {
		fmt.Fprintf(file, "7701%05d%02d,%d\n", i, 20+i%80, i)
	}
	var task int64
	c.upload(s.t, 100, &task, "campaign/addRecipients", "recipientsFile", file.Bytes(), "id", r.id)
	r.task = strconv.FormatInt(task, 10)
	return r
}

// progress is the task's as the database has it: a caller may ask once a second.
func (r *campaigning) progress() (progress, status int) {
	r.t.Helper()
	r.read(func(q *db.Reader) error {
		return q.One(`SELECT progress, status FROM task WHERE id = `+r.task, nil, &progress, &status)
	})
	return progress, status
}

// imported waits until the import is at least so far, in per cent.
func (r *campaigning) imported(percent int) {
	r.t.Helper()
	testkit.Eventually(r.t, 3*patience, func() error {
		progress, status := r.progress()
		if progress < percent {
			return fmt.Errorf("the import is at %d of %d, status %d", progress, percent, status)
		}
		return nil
	})
}

// info is what a campaign is asked for here.
type campaignInfo struct {
	CommonStatus string
	Counters     map[string]any
}

func (i campaignInfo) count(name string) int {
	n, _ := strconv.Atoi(fmt.Sprint(i.Counters[name]))
	return n
}

func (r *campaigning) info(c caller) (info campaignInfo) {
	r.t.Helper()
	c.call(r.t, 0, &info, "campaign/getInfo", "id", r.id)
	return info
}

// reached tells whether a counter is at least so high.
func (r *campaigning) reached(c caller, counter string, n int) error {
	if info := r.info(c); info.count(counter) < n {
		return fmt.Errorf("%s is %d, want %d: %v", counter, info.count(counter), n, info.Counters)
	}
	return nil
}

// done waits until the campaign is, and checks that everybody got it, that the
// counters are what the messages are, and the money.
func (r *campaigning) done(c caller, a *arrivals, doubledMost int) {
	r.t.Helper()
	var info campaignInfo
	testkit.Eventually(r.t, 4*patience, func() error {
		if info = r.info(c); info.CommonStatus != "DONE" {
			return fmt.Errorf("the campaign is %s: %v", info.CommonStatus, info.Counters)
		}
		return nil
	})
	if n := info.count("totalDelivrdMsgNum"); n != r.recipients || info.count("totalMsgNum") != r.recipients {
		r.t.Errorf("%d of %d are delivered: %v", n, r.recipients, info.Counters)
	}
	r.recounted(info)
	arrived := a.counts()
	for i := range r.recipients {
		if text := fmt.Sprintf("message %d of a campaign", i); arrived[text] == 0 {
			r.t.Errorf("%q never arrived", text)
		}
	}
	if n := a.doubled(); n > doubledMost {
		r.t.Errorf("%d messages arrived again; only %d segments can have been in doubt", n, doubledMost)
	}
	r.settle().balanced(r.t)
}

// recounted compares the counters with the messages.
func (r *campaigning) recounted(info campaignInfo) {
	r.t.Helper()
	counted := map[string]int{}
	r.read(func(q *db.Reader) error {
		return q.Query(`SELECT status, count(*) FROM message WHERE campaign_id = `+r.id+` GROUP BY status`, func(row db.Row) error {
			var status message.Status
			var n int
			err := row.Scan(&status, &n)
			word := status.String()
			counted["total"+word[:1]+strings.ToLower(word[1:])+"MsgNum"] = n
			return err
		})
	})
	for _, name := range slices.Sorted(maps.Keys(info.Counters)) {
		if strings.HasSuffix(name, "MsgNum") && name != "totalMsgNum" && info.count(name) != counted[name] {
			r.t.Errorf("%s is %d, and there are %d such messages", name, info.count(name), counted[name])
		}
	}
}
