package campaign_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/campaign"
	"github.com/heliograph-sms/heliograph/internal/tasks"
)

// texts are a campaign's recipients with their texts, in order.
func (w *world) texts(id string) (all []string) {
	w.t.Helper()
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error {
		all = nil
		records, err := w.messages.RecordsOfCampaign(q, parsed(id), 0, 1000)
		for _, r := range records {
			all = append(all, r.Recipient+" "+r.Text)
		}
		return err
	}))
	slices.Sort(all)
	return all
}

func TestAFileIsReadAsItIsSaidToBeWritten(t *testing.T) {
	cp866, _ := charmap.CodePage866.NewEncoder().String("recipient,name\n77010000001,Аня\n")
	koi8, _ := charmap.KOI8R.NewEncoder().String("name,recipient\nАня,77010000001\n")
	ucs2, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("recipient,name\n77010000001,Аня\n")
	rows := []string{"77010000001 Hi Ann", "77010000002 Hi O'Neil, Jr"}
	tests := map[string]struct {
		params  map[string]string
		content string
		want    []string
	}{
		"plain":      {nil, "recipient,name\n77010000001,Ann\n77010000002,'O''Neil, Jr'\n", rows},
		"no newline": {nil, "recipient,name\r\n77010000001,Ann\r\n77010000002,'O''Neil, Jr'", rows},
		"own marks": {map[string]string{"recipientsFileDelimiter": ";", "recipientsFileEnclosure": `"`},
			"name;x;recipient\n\"Ann\";;+7 (701) 000-00-01\n\"O'Neil, Jr\";1;77010000002\n", rows},
		"tabs":    {map[string]string{"recipientsFileDelimiter": `\t`}, "recipient\tname\n77010000001\tAnn\n77010000002\t'O''Neil, Jr'\n", rows},
		"CP866":   {map[string]string{"recipientsFileEncoding": "CP866"}, cp866, []string{"77010000001 Hi Аня"}},
		"KOI8-R":  {map[string]string{"recipientsFileEncoding": "KOI8-R"}, koi8, []string{"77010000001 Hi Аня"}},
		"UCS-2":   {map[string]string{"recipientsFileEncoding": "UCS-2"}, ucs2, []string{"77010000001 Hi Аня"}},
		"removed": {map[string]string{"placeholdersFlag": "2"}, "recipient\n77010000001\n", []string{"77010000001 Hi "}},
		"refused": {map[string]string{"placeholdersFlag": "3"}, "recipient,name\n77010000001\n77010000002,Bob\n", []string{"77010000002 Hi Bob"}},
	}
	onBoth(t, func(t *testing.T, w *world) {
		for name, tt := range tests {
			id := w.draft("type", "3", "text", "Hi {name}")
			w.ends(w.task(w.upload(id, tt.params, tt.content)), tasks.Done)
			if got := w.texts(id); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
	})
}

func TestAFileWithoutAHeaderHasTheNumbersFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for content, tt := range map[string]struct {
			header string
			want   []string
		}{
			"77010000001,x\n77010000002\n77010000001\nword\n":        {"0", []string{"77010000001 Hi", "77010000002 Hi"}},
			"name,recipient\nAnn,77010000001\n77010000009,none\n,\n": {"1", []string{"77010000001 Hi"}},
			"Phone,Name\n77010000001,Ann\n":                          {"1", []string{"77010000001 Hi"}},
		} {
			id := w.draft()
			w.ends(w.task(w.upload(id, map[string]string{"recipientsFileSkipHeader": tt.header}, content)), tasks.Done)
			if got := w.texts(id); !slices.Equal(got, tt.want) {
				t.Errorf("%q: %q, want %q", content, got, tt.want)
			}
		}
	})
}

// lines are a file of n rows, each with a number of its own.
func lines(n int) string { return strings.ReplaceAll(people(0, n), ",", "\n") + "\n" }

func TestAFileThatCantBeReadAddsNothing(t *testing.T) {
	atOnce := map[string]struct {
		params  map[string]string
		content string
	}{
		"empty":                {nil, ""},
		"blank":                {nil, "\n \n"},
		"a header alone":       {map[string]string{"recipientsFileSkipHeader": "1"}, "recipient\n"},
		"a column twice":       {map[string]string{"recipientsFileSkipHeader": "1"}, "recipient,name,name\n77010000001,a,b\n"},
		"the number twice":     {map[string]string{"recipientsFileSkipHeader": "1"}, "recipient,recipient\n77010000001,77010000002\n"},
		"no such encoding":     {map[string]string{"recipientsFileEncoding": "EBCDIC"}, lines(1)},
		"another encoding":     {nil, "\xff\xfe\xfa,77010000001\n"},
		"not ASCII":            {map[string]string{"recipientsFileEncoding": "ASCII"}, "77010000001,Аня\n"},
		"two delimiters":       {map[string]string{"recipientsFileDelimiter": ",;"}, lines(1)},
		"two enclosures":       {map[string]string{"recipientsFileEnclosure": "''"}, lines(1)},
		"one for both":         {map[string]string{"recipientsFileEnclosure": ","}, lines(1)},
		"a line break between": {map[string]string{"recipientsFileDelimiter": "\n"}, lines(1)},
		"a broken workbook":    {nil, "PK\x03\x04 that is all"},
		"an old broken one":    {nil, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 that is all"},
	}
	onBoth(t, func(t *testing.T, w *world) {
		for name, tt := range atOnce {
			id := w.draft()
			if r := w.upload(id, tt.params, tt.content); r.Code != api.CodeBadParameter {
				t.Errorf("%s: code %d %s %s", name, r.Code, r.Data, r.Message)
			}
			w.idle()
			w.sound(id, 0)
			w.adds(id, api.CodeOK, "recipients=77010000001")
		}
		if r := w.upload(w.draft("type", "3", "text", "Hi {name}"), nil, "number,name\n77010000001,Ann\n"); r.Code != api.CodeBadParameter {
			t.Errorf("a template without a number's column: code %d", r.Code)
		}
		id := w.draft()
		w.adds(id, api.CodeOK, "recipients=77020000001")
		w.ends(w.task(w.upload(id, map[string]string{"replace": "1"}, lines(2000)+"\xff\xfe\n")), tasks.Rejected)
		w.sound(id, 1)
		w.ends(w.task(w.upload(id, nil, lines(3))), tasks.Done)
		w.sound(id, 4)
	})
}

func TestTheProgressOfAFileIsThatOfItsRows(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		reached, goOn := w.queue.stopAt(2*campaign.AddChunk + 1)
		task := w.task(w.upload(id, nil, lines(4*campaign.AddChunk)))
		<-reached
		progress, status, err := w.tasks.Status(t.Context(), w.account, task)
		if w.ok(err); progress != 49 || status != tasks.Running {
			t.Errorf("half of it done: status %d at %d %%", status, progress)
		}
		w.adds(id, api.CodeDataUpdate, "recipients=77020000001")
		w.get("send", "id="+id, api.CodeDataUpdate, nil)
		w.get("delete", "id="+id, api.CodeDataUpdate, nil)
		goOn()
		w.ends(task, tasks.Done)
		w.sound(id, 4*campaign.AddChunk)
		w.adds(id, api.CodeOK, "recipients=77020000001")
	})
}

func TestGroupsAreAddedWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const n = campaign.AddChunk + 5
		for card := int64(1); card <= 2*n; card++ {
			w.contacts.cards[card] = map[string]string{"mobile": fmt.Sprintf("7701%07d", card), "name": "Ann"}
			w.contacts.groups[7+card/(n+1)] = append(w.contacts.groups[7+card/(n+1)], card)
		}
		w.contacts.cards[900], w.contacts.cards[901] = map[string]string{"mobile": "77010000001"}, map[string]string{}
		w.contacts.groups[9] = []int64{900, 901}
		id := w.draft()
		w.ends(w.task(w.caller().Send(ours, "campaign/addRecipients", "application/json", `{"id":`+id+`,"recipientGroups":[7,8,9,7]}`)), tasks.Done)
		w.sound(id, 2*n)
		w.says(id, map[string]any{"groups": "7,8,9"})
		if n := w.number(`SELECT count(*) FROM message WHERE group_id = 8 AND card_id > 255`); n != 255 {
			t.Errorf("%d messages name their card and group", n)
		}
		if got := w.info(id)["counters"].(map[string]any)["recipientsRejected"]; got != "2" {
			t.Errorf("%v were refused", got)
		}
	})
}

func TestAnImportThatDiesGoesOnAndDoublesNobody(t *testing.T) {
	const n = 3*campaign.AddChunk + 10
	onBoth(t, func(t *testing.T, w *world) {
		for chunk := range 4 {
			id := w.draft()
			w.adds(id, api.CodeOK, "recipients=77020000001")
			reached, goOn := w.queue.stopAt(chunk*campaign.AddChunk + 1)
			task := w.task(w.upload(id, map[string]string{"replace": fmt.Sprint(chunk % 2)}, lines(n)))
			<-reached
			w.crash(goOn)
			w.ends(task, tasks.Done)
			w.sound(id, n+1-int64(chunk%2))
			if got := w.info(id)["counters"].(map[string]any)["recipientsRejected"]; got != "0" {
				t.Errorf("%v rows were added again", got)
			}
		}
	})
}

func TestAnImportTakenOverFromANodeThatLivesDoublesNobody(t *testing.T) {
	const n = 2*campaign.AddChunk + 10
	onBoth(t, func(t *testing.T, w *world) {
		id := w.draft()
		reached, goOn := w.queue.stopAt(campaign.AddChunk + 1)
		task := w.task(w.upload(id, nil, lines(n)))
		<-reached
		silent := w.life
		w.begin()
		w.adopt(silent)
		w.ends(task, tasks.Done)
		goOn() // and writes no more
		w.end(silent)
		w.sound(id, n)
	})
}

func TestAnImportThatFailsTooOftenLetsTheCampaignGo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.contacts.groups[7] = []int64{1}
		failed := make(chan struct{}, 100)
		w.contacts.onRead = func() error { failed <- struct{}{}; return errPlan }
		id := w.draft()
		task := w.task(w.caller().Send(ours, "campaign/addRecipients", "application/json", `{"id":`+id+`,"recipientGroups":[7]}`))
		w.failsUntilGivenUp(failed)
		w.ends(task, tasks.Rejected)
		w.sound(id, 0)
		w.adds(id, api.CodeOK, "recipients=77010000001")
	})
}
