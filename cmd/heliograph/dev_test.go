package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/modules/user"
	"github.com/heliograph-sms/heliograph/internal/money"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// sandbox is `heliograph dev`, running, and what it printed.
type sandbox struct {
	*process
	caller
	carrier string // its address
	curl    string // the command to paste
}

func startSandbox(t *testing.T, dir string, args ...string) *sandbox {
	t.Helper()
	p := launch(t, append([]string{"dev", "--data", dir, "--listen", "127.0.0.1:0"}, args...)...)
	said := p.await(p.out, `(?s)API +(http://\S+)/service/\n +API key +(\S+)\n.* SMPP at (\S+)\n.*:\n\n +(curl .*?)\n\n.*appear below`)
	return &sandbox{p, newCaller(t, said[1], said[2]), said[3], said[4]}
}

// shows waits until the message has appeared on the phone.
func (s *sandbox) shows(to, text string) {
	s.t.Helper()
	s.await(s.out, `(?m)^\d\d:\d\d:\d\d  \+`+to+`  from Heliograph.*\n          `+regexp.QuoteMeta(text)+`$`)
}

func TestDevTellsHowToBeItsOperator(t *testing.T) {
	s := startSandbox(t, filepath.Join(t.TempDir(), "new one"))
	said := s.await(s.out, `(?m)^  heliograph (account show 1 --database) '(sqlite:.*)'$`)
	if account := succeed(t, append(strings.Fields(said[1]), said[2])...); !strings.Contains(account, "demo") {
		t.Errorf("the account of dev is %s", account)
	}
	s.stop()
}

func TestDevRunsTheMainJob(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	first := startSandbox(t, dir)
	out, err := exec.Command("sh", "-c", first.curl).Output()
	pasted := regexp.MustCompile(`^{"code":0,"data":{"campaignId":"\d+","messageId":"(\d+)","status":2},"message":""}$`).FindSubmatch(out)
	if err != nil || pasted == nil {
		t.Fatalf("%s\nanswered %s, %v", first.curl, out, err)
	}
	id := string(pasted[1])
	first.becomes(t, id, "DELIVRD")
	first.shows("77010000000", "Hello")
	balance := first.balance(t)
	first.stop()

	again := startSandbox(t, dir)
	if again.key != first.key || again.balance(t) != balance {
		t.Errorf("the second time the key is %s and the balance %s; they were %s and %s", again.key, again.balance(t), first.key, balance)
	}
	again.becomes(t, id, "DELIVRD")
	again.stop()
}

// TestDevGivesAwayWhatOpensAnAccount, whatever its operator did to the key that is kept, or to
// the account.
func TestDevGivesAwayWhatOpensAnAccount(t *testing.T) {
	dir := t.TempDir()
	database := "sqlite:" + filepath.Join(dir, databaseFile)
	do := func(command ...string) { succeed(t, append(command, "--database", database)...) }
	first := startSandbox(t, dir)
	first.stop()
	keys := map[string]bool{first.key: true}
	for _, each := range []struct {
		what    string
		do      func()
		account string // which dev tells to look at then
	}{
		{"the key revoked", func() { do("key", "revoke", "1") }, "1"},
		{"the account deleted", func() { do("account", "delete", "1") }, "2"},
		{"the account deleted and the key's file removed", func() {
			do("account", "delete", "2")
			if err := os.Remove(filepath.Join(dir, "api-key")); err != nil {
				t.Fatal(err)
			}
		}, "3"},
	} {
		each.do()
		s := startSandbox(t, dir)
		if keys[s.key] {
			t.Errorf("with %s dev gives away an old key", each.what)
		}
		keys[s.key] = true
		s.balance(t)
		s.await(s.out, `heliograph account show `+each.account+` --database`)
		s.stop()
		again := startSandbox(t, dir)
		if again.key != s.key {
			t.Errorf("with %s dev does not keep the new key", each.what)
		}
		again.stop()
	}
	complains(t, "it was revoked", "dev", "--data", dir, "--listen", "127.0.0.1:0", "--api-key", first.key)
}

// TestAKeyThatHasExpiredOpensNothing, by the clock that its server goes by.
func TestAKeyThatHasExpiredOpensNothing(t *testing.T) {
	clock := testkit.NewClock()
	o := newOffice(testkit.Open(t, testkit.NewDatabase(t, "sqlite"), clock))
	account, _, err := o.users.CreateAccount(t.Context(), user.NewAccount{Name: demoName, Currency: demoCurrency, Timezone: demoZone, Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := o.users.CreateKey(t.Context(), account, user.KeyOptions{Expires: clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := demoKey(t.Context(), o, key); err != nil || found != (demo{account, key}) {
		t.Errorf("%+v, %v", found, err)
	}
	clock.Advance(time.Hour)
	if _, err := demoKey(t.Context(), o, key); !errors.Is(err, errKeyEnded) {
		t.Error(err)
	}
}

// TestDevGivesEveryOutcomeOfTheTable sends to each row over HTTP and reads over
// HTTP what became of it.
func TestDevGivesEveryOutcomeOfTheTable(t *testing.T) {
	s := startSandbox(t, t.TempDir())
	rows := []struct{ ending, single, long string }{
		{"00", "DELIVRD", "DELIVRD"},
		{"01", "UNDELIV", "UNDELIV"},
		{"02", "REJECTD", "REJECTD"},
		{"03", "EXPIRED", "EXPIRED"},
		{"04", "DELETED", "DELETED"},
		{"06", "DELIVRD", "PDLIVRD"},
		{"07", "DELIVRD", "DELIVRD"},
		{"08", "DELIVRD", "DELIVRD"},
		{"09", "DELIVRD", "DELIVRD"},
		{"10", "DELIVRD", "DELIVRD"},
		{"11", "REJECTD", "REJECTD"},
		{"12", "DELIVRD", "DELIVRD"},
		{"13", "DELIVRD", "DELIVRD"},
		{"05", "ACCEPTD", "ACCEPTD"}, // for good, or as long as the others take
	}
	texts := []string{"Привет — row", strings.Repeat("A long story. ", 20) + "row"}
	type sent struct{ id, want string }
	var all []sent
	for _, row := range rows {
		to := "770100000" + row.ending
		all = append(all, sent{s.send(t, to, texts[0]), row.single}, sent{s.send(t, to, texts[1]), row.long})
	}
	for _, m := range all {
		s.becomes(t, m.id, m.want)
	}
	for _, m := range all {
		if got := s.statuses(t, m.id)[0].Status; got != m.want {
			t.Errorf("message %s is %s after all, and was %s", m.id, got, m.want)
		}
	}
	s.shows("77010000012", texts[0])
	s.shows("77010000012", texts[1])
	// The rows that are REJECTD are paid back.
	if got, want := s.balance(t), (demoBalance-demoPrice*money.Amount((len(rows)-2)*(1+2))).String()+" "+demoCurrency; got != want {
		t.Errorf("the balance is %s, want %s", got, want)
	}
	s.stop()
}

func TestDevTakesTheKeyItIsGiven(t *testing.T) {
	for key, prefix := range map[string]string{
		"br" + strings.Repeat("0a", 34): "br",
		strings.Repeat("q7", 20):        demoPrefix, // as short as this there is none in it
	} {
		t.Run(fmt.Sprint(len(key)), func(t *testing.T) {
			dir := t.TempDir()
			s := startSandbox(t, dir, "--api-key", key)
			if s.key != key {
				t.Errorf("%s was given, %s is printed", key, s.key)
			}
			s.balance(t)
			another := succeed(t, "key", "create", "1", "--json", "--database", "sqlite:"+filepath.Join(dir, "heliograph.db"))
			if !strings.Contains(another, `"apiKey":"`+prefix) {
				t.Errorf("a further key: %s; want the prefix %s", another, prefix)
			}
			s.stop()
		})
	}
}

func TestDevSendsToTheCarrierThatAnswers(t *testing.T) {
	arrived := newArrivals()
	sim := startSimulator(t, smsc.Config{OnMessage: arrived.note})
	s := startSandbox(t, t.TempDir(), "--smsc", sim.Addr())
	s.becomes(t, s.send(t, "77010000000", "Elsewhere"), "DELIVRD")
	if arrived.counts()["Elsewhere"] != 1 || strings.Contains(s.out.String(), "Elsewhere") {
		t.Errorf("arrived there: %v", arrived.counts())
	}
	s.stop()
}

func TestDevListensWhereNoCarrierAnswers(t *testing.T) {
	addr := freeAddress(t)
	s := startSandbox(t, t.TempDir(), "--smsc", addr)
	if s.carrier != addr {
		t.Errorf("the simulator is at %s, want %s", s.carrier, addr)
	}
	s.becomes(t, s.send(t, "77010000000", "Here"), "DELIVRD")
	s.shows("77010000000", "Here")
	s.stop()
}

func TestDevSaysWhyItDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.0.2.1:0", "example.org:0"} {
		complains(t, "loopback", "dev", "--data", t.TempDir(), "--listen", listen)
	}
	complains(t, "missing port", "dev", "--data", t.TempDir(), "--listen", "127.0.0.1")
	complains(t, "address already in use", "dev", "--data", t.TempDir(), "--listen", taken.Addr().String())
	complains(t, "not a directory", "dev", "--data", "/dev/null/data", "--listen", "127.0.0.1:0")
	complains(t, "key: must be 40 or 70", "dev", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--api-key", "Secret")
	dir := t.TempDir()
	startSandbox(t, dir)
	complains(t, "another heliograph serves", "dev", "--data", dir, "--listen", "127.0.0.1:0")
}

// freeAddress is one that nobody listens on, or did not a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
