package leak

import (
	"strings"
	"testing"
)

// log is a line as a server writes it.
func log(rest string) string {
	return "    time=2026-11-23T06:25:00.123456789+05:00 level=WARN msg=" + rest + "\n"
}

func TestWhatALogMayNotHoldIsFound(t *testing.T) {
	long, short := "kz"+strings.Repeat("0a", 34), strings.Repeat("q7", 20)
	for _, tt := range []struct{ line, want string }{
		{log(`"call failed" error="no account has ` + long + `"`), "an API key"},
		{log(`refused key=` + short), "an API key"},
		{log(`login error="unknown hash $argon2id$v=19$m=65536"`), "a password's hash"},
		{log(`submit to=77010000000`), "a whole number"},
		{log(`submit error="no route to +5511912345678: refused"`), "a whole number"},
		{log(`submit error="encode \"Hello, Ann\""`), "a message's text"},
		{log(`submit part="message 12 of client 3"`), "a message's text"},
		{log(`"carrier link" carrier=north Password=x`), "a field that is secret by its name"},
		{log(`posted webhook.secret=x`), "a field that is secret by its name"},
		{"panic: " + Marker + "\n", "a secret"},
	} {
		if got := In(tt.line); got != tt.want {
			t.Errorf("%q gives away %q, want %q", tt.line, got, tt.want)
		}
	}
}

func TestWhatALogMayHoldIsNot(t *testing.T) {
	for _, line := range []string{
		log(`"call failed" request=8123456789012345 method=message.sendSmsMessage account=1 key=3 error=EOF`),
		log(`"lease renewed" until=1795412345678 took=1.234567891s node=12`),
		log(`"submit refused" to=7701*****00 status=ESME_RINVDSTADR bytes=4294967`),
		log(`listening address=127.0.0.1:45678 database=heliograph_77012345678901ab`),
		log(`"text catalogue loaded" languages=5`),
		"    x_test.go:7: 77010000000 got Hello, key=" + strings.Repeat("q7", 20) + "\n",
		"--- PASS: TestHello/text= (0.00s)\n",
	} {
		if got := In(line); got != "" {
			t.Errorf("%q is said to give away %s", line, got)
		}
	}
}
