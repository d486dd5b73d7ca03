package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/config"
)

// full has every section, as the design shows it.
const full = `
[http]
listen = "127.0.0.1:8080"
trusted_proxies = ["10.0.0.0/8", "192.0.2.1"]
[server]
drain = "2s"
stop_timeout = "10s"
[database]
url = "sqlite:/var/lib/heliograph/heliograph.db"
min_free = "1GiB"
[cell]
prefix = "kz"
domain = "api.kz.example"
peers = { br = "api.br.example" }
[links]
base = "https://s.example"
[limits]
send = "500/s"
"taskQueue.getStatus" = "1/s"
[message]
max_segments = 5
receipt_grace = "1h"
[webhook]
allow = ["10.1.0.0/16"]
[[carrier]]
name = "north"
type = "smpp"
address = "smpp.north.example:2775"
system_id = "helio"
password = "secret"
window = 50
binds = 2
rate = 200
in_doubt = "fail"
reference_bits = 16
enquire_link = "1m"
[[carrier]]
name = "south"
address = "[2001:db8::1]:2775"
system_id = "helio"
[[route]]
country = ["KZ"]
carriers = ["north", "south"]
[[route]]
carriers = ["south"]
`

// load loads a file of this text.
func load(t *testing.T, text string, environ ...string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "heliograph.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, environ)
}

func mustLoad(t *testing.T, text string, environ ...string) *config.Config {
	t.Helper()
	c, err := load(t, text, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAWholeFile(t *testing.T) {
	c := mustLoad(t, full)
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	north, south := c.Carriers[0], c.Carriers[1]
	if north.Window != 50 || north.InDoubt != config.InDoubtFail || north.ReferenceBits != 16 || north.EnquireLink != config.Duration(time.Minute) {
		t.Errorf("north %+v", north)
	}
	if south.Type != "smpp" || south.Window != 10 || south.Binds != 1 || south.InDoubt != config.InDoubtWait || south.Rate != 0 ||
		south.ReferenceBits != 8 || south.EnquireLink != config.Duration(30*time.Second) || south.ResponseTimeout != config.Duration(10*time.Second) {
		t.Errorf("south lacks its defaults: %+v", south)
	}
	if c.Database.MinFree != 1<<30 {
		t.Errorf("min_free %d", c.Database.MinFree)
	}
	if c.Limits["send"] != "500/s" || c.Limits["default"] != "20/s" || c.Limits["taskQueue.getStatus"] != "1/s" {
		t.Errorf("limits %v", c.Limits)
	}
	if got := config.Prefixes(c.HTTP.TrustedProxies); len(got) != 2 || got[1].String() != "192.0.2.1/32" {
		t.Errorf("proxies %v", got)
	}
}

func TestTheDefaultLacksOnlyADatabase(t *testing.T) {
	c, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err == nil || err.Error() != "database.url: is missing: write sqlite:/path/to/heliograph.db or postgres://…" {
		t.Error(err)
	}
	if c.HTTP.Listen != "127.0.0.1:8080" || time.Duration(c.Server.Drain) != 5*time.Second || c.Message.MaxSegments != 10 ||
		time.Duration(c.Message.ReceiptGrace) != 24*time.Hour || c.Database.MinFree != 256<<20 {
		t.Errorf("%+v", c)
	}
}

func TestAFileThatCannotBeReadIsExplained(t *testing.T) {
	for _, c := range []struct{ text, words string }{
		{"[http]\nlisten = \"a:1\"\nlistn = \"b:1\"\n", "heliograph.toml:3: unknown key http.listn"},
		{"[htp]\nlisten = \"a:1\"\n", "unknown key htp"},
		{"[[carrier]]\nname = \"a\"\nwindows = 5\n", "heliograph.toml:3: unknown key carrier.windows"},
		{"[cell]\nprefix = 7\n", "heliograph.toml:2: cell.prefix"},
		{"[server]\ndrain = \"soon\"\n", "heliograph.toml:2: server.drain"},
		{"[server]\ndrain = \"-5s\"\n", "is no duration"},
		{"[database]\nmin_free = \"much\"\n", "heliograph.toml:2: database.min_free"},
		{"[webhook]\nallow = [\"10.0.0.0/33\"]\n", "is no network"},
		{"[http\n", "heliograph.toml:1: "},
	} {
		if _, err := load(t, c.text); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%q: %v; want an error with %q", c.text, err, c.words)
		}
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.toml"), nil); err == nil {
		t.Error("a file that is not there")
	}
}

func TestTheEnvironmentReplacesSingleValues(t *testing.T) {
	c := mustLoad(t, full,
		"HELIOGRAPH_HTTP_LISTEN=0.0.0.0:80", "HELIOGRAPH_HTTP_TRUSTED_PROXIES=10.0.0.0/8, 10.9.0.1", "HELIOGRAPH_SERVER_DRAIN=0s",
		"HELIOGRAPH_MESSAGE_MAX_SEGMENTS=3", "HELIOGRAPH_LIMITS_SEND=7/s", "HELIOGRAPH_CELL_PEERS_UA=api.ua.example",
		"HELIOGRAPH_DATABASE_URL=postgres://u:p=w@h/d", "HELIOGRAPH_TEST_POSTGRES=not ours", "HELIOGRAPH_CARRIER=nor this", "HOME=/root")
	if c.HTTP.Listen != "0.0.0.0:80" || len(c.HTTP.TrustedProxies) != 2 || c.Server.Drain != 0 || c.Message.MaxSegments != 3 ||
		c.Limits["send"] != "7/s" || c.Cell.Peers["ua"] != "api.ua.example" || c.Cell.Peers["br"] == "" || c.Database.URL != "postgres://u:p=w@h/d" {
		t.Errorf("%+v", c)
	}
	for _, variable := range []string{"HELIOGRAPH_HTTP_LISTN=a", "HELIOGRAPH_SERVER_DRAIN=soon", "HELIOGRAPH_MESSAGE_MAX_SEGMENTS=x", "HELIOGRAPH_LIMITS=x", "HELIOGRAPH_HTTP=x"} {
		name, _, _ := strings.Cut(variable, "=")
		if _, err := load(t, full, variable); err == nil || !strings.Contains(err.Error(), name+": ") {
			t.Errorf("%s: %v; want an error that names it", variable, err)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	url, password, empty := write("url", "postgres://u@h/d\n"), write("password", "s3cret\r\n"), write("empty", "\n")
	carrier := "[[carrier]]\nname = \"north\"\naddress = \"a:1\"\nsystem_id = \"b\"\n"
	c := mustLoad(t, "[database]\nurl_file = \""+url+"\"\n"+carrier+"password_file = \""+password+"\"\n")
	if c.Database.URL != "postgres://u@h/d" || c.Carriers[0].Password != "s3cret" {
		t.Errorf("%q, %q", c.Database.URL, c.Carriers[0].Password)
	}
	c = mustLoad(t, "[database]\nurl_file = \""+url+"\"\n", "HELIOGRAPH_DATABASE_URL=sqlite:a.db")
	if c.Database.URL != "sqlite:a.db" {
		t.Errorf("the environment gave way to a file: %q", c.Database.URL)
	}
	for text, words := range map[string]string{
		carrier + "password = \"x\"\npassword_file = \"" + password + "\"\n": "carrier[north].password and carrier[north].password_file are both given",
		carrier + "password_file = \"" + dir + "/none\"\n":                   "carrier[north].password_file: open",
		carrier + "password_file = \"" + empty + "\"\n":                      "is empty",
	} {
		_, err := load(t, text)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v; want an error with %q", err, words)
		}
	}
}

func TestEveryProblemIsNamedByItsKey(t *testing.T) {
	for _, c := range []struct{ from, to, problem string }{
		{`listen = "127.0.0.1:8080"`, `listen = "8080"`, "http.listen: "},
		{`listen = "127.0.0.1:8080"`, `listen = "127.0.0.1:http"`, "http.listen: "},
		{`listen = "127.0.0.1:8080"`, `read_timeout = "0s"`, "http.read_timeout: "},
		{`listen = "127.0.0.1:8080"`, `write_timeout = "0s"`, "http.write_timeout: "},
		{`stop_timeout = "10s"`, `stop_timeout = "0s"`, "server.stop_timeout: "},
		{`url = "sqlite:/var/lib/heliograph/heliograph.db"`, ``, "database.url: "},
		{`prefix = "kz"`, `prefix = "KZ"`, "cell.prefix: "},
		{`prefix = "kz"`, ``, "cell.prefix: is missing"},
		{`domain = "api.kz.example"`, `domain = "https://api.kz.example"`, "cell.domain: "},
		{`br = "api.br.example"`, `kz = "api.br.example"`, "cell.peers.kz: "},
		{`br = "api.br.example"`, `bra = "api.br.example"`, "cell.peers.bra: "},
		{`br = "api.br.example"`, `br = ""`, "cell.peers.br: "},
		{`base = "https://s.example"`, `base = "s.example"`, "links.base: "},
		{`send = "500/s"`, `send = "500"`, "limits: "},
		{`max_segments = 5`, `max_segments = 0`, "message.max_segments: "},
		{`max_segments = 5`, `held = 0`, "message.held: "},
		{`name = "north"`, ``, "carrier[0].name: "},
		{`name = "south"`, `name = "north"`, "carrier: "},
		{`type = "smpp"`, `type = "http"`, "carrier[north].type: "},
		{`"smpp.north.example:2775"`, `":2775"`, "carrier[north].address: "},
		{`"smpp.north.example:2775"`, `"smpp.north.example"`, "carrier[north].address: "},
		{`system_id = "helio"`, ``, "carrier[north].system_id: "},
		{`system_id = "helio"`, `system_id = "sixteen letters!"`, "carrier[north].system_id: "},
		{`password = "secret"`, `password = "ninechars"`, "carrier[north].password: "},
		{`window = 50`, `window = -1`, "carrier[north].window: "},
		{`binds = 2`, `binds = 1000`, "carrier[north].binds: "},
		{`rate = 200`, `rate = -1`, "carrier[north].rate: "},
		{`in_doubt = "fail"`, `in_doubt = "hope"`, "carrier[north].in_doubt: "},
		{`reference_bits = 16`, `reference_bits = 7`, "carrier[north].reference_bits: "},
		{`country = ["KZ"]`, `country = ["KZ", "kz"]`, "route[0].country: "},
		{`country = ["KZ"]`, `account = [0]`, "route[0].account: "},
		{`carriers = ["north", "south"]`, ``, "route[0].carriers: is missing"},
		{`carriers = ["north", "south"]`, `carriers = ["west"]`, `route[0].carriers: no [[carrier]] is called "west"`},
		{`carriers = ["north", "south"]`, `carriers = ["north", "north"]`, "route[0].carriers: "},
	} {
		err := mustLoad(t, strings.Replace(full, c.from, c.to, 1)).Validate()
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+c.problem) {
			t.Errorf("%s instead of %s: %v; want a problem %q", c.to, c.from, err, c.problem)
		}
	}
}

func TestAllProblemsAreToldTogether(t *testing.T) {
	c := mustLoad(t, "[http]\nlisten = \"\"\n[[carrier]]\n")
	joined, ok := c.Validate().(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 5 { // listen, url; the carrier's name, address, system_id
		t.Errorf("%v", c.Validate())
	}
}

func TestAPasswordIsNeverInAMessage(t *testing.T) {
	text := strings.Replace(full, `password = "secret"`, `password = "much too secret"`, 1)
	if err := mustLoad(t, text).Validate(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]config.Size{
		"0": 0, "17": 17, "1B": 1, "2KB": 2000, "2KiB": 2048, "256MB": 256e6, "256 MiB": 256 << 20, "3G": 3e9, "1TiB": 1 << 40,
		"256mb": -1, "-1MB": -1, "1.5GB": -1, "MB": -1, "1iB": -1, "": -1, "1PB": -1, "999999999999999TiB": -1, "9999999999999999": -1,
	} {
		size := config.Size(-1)
		if err := size.UnmarshalText([]byte(text)); (err == nil) != (want >= 0) || err == nil && size != want {
			t.Errorf("%q is %d, %v; want %d", text, size, err, want)
		}
	}
	if c := mustLoad(t, "[database]\nmin_free = 0\n"); c.Database.MinFree != 0 {
		t.Errorf("0 without quotes is %d", c.Database.MinFree)
	}
	if c := mustLoad(t, full, "HELIOGRAPH_DATABASE_MIN_FREE=5MB"); c.Database.MinFree != 5e6 {
		t.Errorf("from the environment: %d", c.Database.MinFree)
	}
	if c := mustLoad(t, "[database]\nmin_free = -1\n"); c.Validate() == nil {
		t.Error("a negative size")
	}
}
