package post

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	ok        = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	okChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
)

func status(code int) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", code, http.StatusText(code))
}

func moved(to string) string {
	return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n"
}

// marker is what receivers send that must not be found in a log.
const marker = "MARKER"

// TestReceiversOfEveryKind: none is waited for longer than the attempt may take, and each
// failure has its name. That connections end, listen's cleanup waits for.
func TestReceiversOfEveryKind(t *testing.T) {
	const (
		ample = patience * 10         // never reached
		brief = 50 * time.Millisecond // reached by who does not answer
	)
	head := "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name    string
		do      behaviour
		timeout time.Duration
		status  int
		want    Problem
	}{
		{"good", answers(ok), ample, 200, ""},
		{"no content", answers("HTTP/1.1 204 No Content\r\n\r\n"), ample, 204, ""},
		{"the last good status", answers(status(299)), ample, 299, ""},
		{"HTTP/1.0", answers("HTTP/1.0 200 OK\r\n\r\nok"), ample, 200, ""},
		{"informs before it answers", answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok), ample, 200, ""},
		{"a body without end", endlessly(head+"\r\n", marker), ample, 200, ""},
		{"chunks without end", endlessly(head+"Transfer-Encoding: chunked\r\n\r\n", "6\r\n"+marker+"\r\n"), ample, 200, ""},
		{"a body that is longer than is read", answers(head + "Content-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000)), ample, 200, ""},
		{"a body that stops", func(c *peer, _ int) { c.request(); c.say(head + "Content-Length: 9\r\n\r\no"); c.lastly() }, ample, 200, ""},
		{"a body that drips", func(c *peer, _ int) { c.request(); c.say(head + "Content-Length: 4000\r\n\r\n"); drip(c) }, ample, 200, ""},
		{"a broken body", answers(head + "Transfer-Encoding: chunked\r\n\r\n" + marker), ample, 200, ""},

		{"a choice", answers(status(300)), ample, 300, Status},
		{"see other", answers(strings.Replace(moved("/x"), "302", "303", 1)), ample, 303, Status},
		{"a redirect of another kind", answers(strings.Replace(moved("/x"), "302", "307", 1)), ample, 307, Status},
		{"a lasting one of that kind", answers(strings.Replace(moved("/x"), "302", "308", 1)), ample, 308, Status},
		{"not found", answers(status(404)), ample, 404, Status},
		{"broken", answers(status(500)), ample, 500, Status},
		{"another protocol", answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + marker), ample, 101, Status},

		{"never answers", func(c *peer, _ int) { c.lastly() }, brief, 0, Timeout},
		{"a head that stops", func(c *peer, _ int) { c.request(); c.say(head + "X: "); c.lastly() }, brief, 0, Timeout},
		{"a head that drips", func(c *peer, _ int) { c.request(); c.say(head + "X: "); drip(c) }, brief, 0, Timeout},
		{"a head without end", endlessly(head, "X-A: "+marker+"\r\n"), ample, 0, Answer},
		{"a line without end", endlessly(head+"X-A: ", marker), ample, 0, Answer},
		{"informs without end", endlessly("", "HTTP/1.1 102 Processing\r\n\r\n"), ample, 0, Answer},
		{"no HTTP", func(c *peer, _ int) { c.request(); c.say("SSH-2.0-" + marker + "\r\n"); c.lastly() }, ample, 0, Answer},
		{"a broken head", answers(head + marker + "\r\n\r\n"), ample, 0, Answer},
		{"lengths that differ", answers(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), ample, 0, Answer},
		{"closes at once", func(*peer, int) {}, ample, 0, Connection},
		{"closes after it has read", func(c *peer, _ int) { c.request() }, ample, 0, Connection},
		{"closes in its head", func(c *peer, _ int) { c.request(); c.say(head + "X: ") }, ample, 0, Connection},
		{"resets", func(c *peer, _ int) { c.request(); _ = c.plain.SetLinger(0) }, ample, 0, Connection},
		{"no TLS asked for, but spoken", func(c *peer, _ int) { c.request(); c.say("\x15\x03\x01\x00\x02\x02\x0a"); c.lastly() }, ample, 0, Answer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := listen(t, nil, c.do)
			p := poster(t, Config{Allow: onlyHere, Timeout: c.timeout})
			expect(t, post(t, p, r.url+"/?token=t0ken"), c.status, c.want)
		})
	}
}

// drip sends an octet now and then until the other end closes the connection.
func drip(c *peer) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.say("x") {
		<-tick.C
	}
}

func expect(t *testing.T, r Result, status int, want Problem) {
	t.Helper()
	if r.HTTPStatus != status || r.Problem != want || (r.Err == nil) != (want == "") {
		t.Errorf("status %d, problem %q (%v); want %d, %q", r.HTTPStatus, r.Problem, r.Err, status, want)
	}
	if r.Duration <= 0 && want != URL {
		t.Errorf("it took %s", r.Duration)
	}
	for _, secret := range []string{marker, "s3cret", "t0ken"} {
		if r.Err != nil && strings.Contains(r.Err.Error(), secret) {
			t.Errorf("the error tells %s: %v", secret, r.Err)
		}
	}
}

func TestReceiversOfEveryKindOverTLS(t *testing.T) {
	config, roots := certified(t)
	for _, c := range []struct {
		name, host string // "" = its address
		server     *tls.Config
		config     Config
		do         behaviour
		status     int
		want       Problem
	}{
		{"good", "", config, Config{RootCAs: roots}, answers(ok), 200, ""},
		{"good, by its name", "example.com", config, Config{RootCAs: roots}, answers(ok), 200, ""},
		{"signed by itself", "", config, Config{}, answers(ok), 0, TLS},
		{"another's name", "receiver.test", config, Config{RootCAs: roots}, answers(ok), 0, TLS},
		{"an old version", "", &tls.Config{Certificates: config.Certificates, MaxVersion: tls.VersionTLS11}, Config{RootCAs: roots}, answers(ok), 0, TLS},
		{"wants our certificate", "", &tls.Config{Certificates: config.Certificates, ClientAuth: tls.RequireAnyClientCert}, Config{RootCAs: roots}, answers(ok), 0, Connection}, // TLS 1.3 says so after the handshake
		{"closes instead of the handshake", "", config, Config{RootCAs: roots}, func(c *peer, _ int) { c.plain.Close() }, 0, TLS},
		{"no TLS", "", config, Config{RootCAs: roots}, func(c *peer, _ int) { _, _ = c.plain.Write([]byte(ok)); c.silent() }, 0, TLS},
		{"a handshake that never comes", "", config, Config{RootCAs: roots, Timeout: 50 * time.Millisecond}, func(c *peer, _ int) { c.silent() }, 0, Timeout},
		{"a redirect to http", "", config, Config{RootCAs: roots}, answers(moved("http://127.0.0.1/")), 302, Redirect},
		{"a redirect to itself", "", config, Config{RootCAs: roots}, answers(moved("/x"), ok), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := listen(t, c.server, c.do)
			c.config.Allow = onlyHere
			c.config.Resolver = resolver(t, func(string) []string { return []string{"127.0.0.1"} })
			if c.host != "" {
				r.url = strings.Replace(r.url, "127.0.0.1", c.host, 1)
			}
			expect(t, post(t, poster(t, c.config), r.url), c.status, c.want)
		})
	}
}

func TestAtMostOneRedirectIsFollowed(t *testing.T) {
	body := bodyJSON + `,"sign":"` + vectorSign + `"}`
	for _, c := range []struct {
		name   string
		first  string // how the receiver answers at /
		second string // and elsewhere
		status int
		want   Problem
		posted []string
	}{
		{"302", moved("/there?a=b%20c"), ok, 200, "", []string{"/", "/there?a=b%20c"}},
		{"301", strings.Replace(moved("/there"), "302", "301", 1), ok, 200, "", []string{"/", "/there"}},
		{"to the whole address", moved("URL/there"), ok, 200, "", []string{"/", "/there"}},
		{"with a blank in it", moved("/there?a=b c"), ok, 200, "", []string{"/", "/there?a=b%20c"}},
		{"with a long body", "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 9999\r\n\r\n", ok, 200, "", []string{"/", "/there"}},
		{"with a body that stops", "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 99\r\n\r\n", ok, 200, "", []string{"/", "/there"}},
		{"two", moved("/there"), moved("/there/too"), 302, Redirect, []string{"/", "/there"}},
		{"in a circle", moved("/"), moved("/"), 302, Redirect, []string{"/", "/"}},
		{"to a bad answer", moved("/there"), status(404), 404, Status, []string{"/", "/there"}},
		{"to nowhere", status(302), ok, 302, Redirect, []string{"/"}},
		{"to another scheme", moved("ftp://127.0.0.1/"), ok, 302, Redirect, []string{"/"}},
		{"to a file", moved("file:///etc/passwd"), ok, 302, Redirect, []string{"/"}},
		{"to no host", moved("http:///there"), ok, 302, Redirect, []string{"/"}},
		{"to no port", moved("http://127.0.0.1:99999/"), ok, 302, Redirect, []string{"/"}},
		{"to what can't be read", moved("http://[::1/"), ok, 302, Redirect, []string{"/"}},
		{"with a password", moved("http://a:b@127.0.0.1/"), ok, 302, Redirect, []string{"/"}},
		{"to an inner address", moved("http://127.0.0.2/"), ok, 302, Address, []string{"/"}},
		{"to one in IPv6", moved("http://[::1]/"), ok, 302, Address, []string{"/"}},
		{"to one mapped to IPv6", moved("http://[::ffff:169.254.169.254]/"), ok, 302, Address, []string{"/"}},
		{"to a name of one", moved("http://inner.test/"), ok, 302, Address, []string{"/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var r *receiver
			r = listen(t, nil, func(p *peer, nth int) {
				for p.request() {
					answer := c.second
					if len(r.posted) == 1 {
						answer = strings.Replace(c.first, "URL", r.url, 1)
					}
					p.say(answer)
				}
			})
			p := poster(t, Config{Allow: onlyHere, Resolver: resolver(t, func(string) []string { return []string{"10.1.2.3"} })})
			expect(t, post(t, p, r.url), c.status, c.want)
			for _, path := range c.posted {
				if got := <-r.posted; got != path+" "+body {
					t.Errorf("posted %s, want it to %s", got, path)
				}
			}
			if len(r.posted) > 0 {
				t.Errorf("posted once more: %s", <-r.posted)
			}
		})
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		connections  int // of three attempts
	}{
		{"a body", ok, 1},
		{"chunks", okChunked, 1},
		{"chunks and a trailer", strings.Replace(okChunked, "0\r\n", "0\r\nX: y\r\n", 1), 1},
		{"none", "HTTP/1.1 204 No Content\r\n\r\n", 1},
		{"a bad status", status(500), 1},
		{"as much as is read", "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + strings.Repeat("x", 4000), 1},
		{"more than is read", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000), 3},
		{"more than is read, in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n" + strings.Repeat("x", 0x2710) + "\r\n0\r\n\r\n", 3},
		{"more than was said", ok + "more", 3},
		{"less than was said", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", 3},
		{"the receiver closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 3},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nok", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			opened := make(chan int, 3)
			r := listen(t, nil, func(p *peer, nth int) {
				opened <- nth
				answers(c.answer)(p, nth)
			})
			p := poster(t, Config{Allow: onlyHere})
			for range 3 {
				post(t, p, r.url)
			}
			if len(opened) != c.connections {
				t.Errorf("%d connections, want %d", len(opened), c.connections)
			}
		})
	}
}

// TestAConnectionClosedWhileIdleFailsNoAttempt: that it was closed shows only when it is used.
func TestAConnectionClosedWhileIdleFailsNoAttempt(t *testing.T) {
	config, roots := certified(t)
	for _, c := range []struct {
		name   string
		secure *tls.Config
		end    func(*peer)
	}{
		{"before the request", nil, func(*peer) {}},
		{"with the request unread", nil, func(p *peer) { _, _ = p.plain.Read(make([]byte, 1)) }},
		{"with the request read", nil, func(p *peer) { p.request() }},
		{"by a reset", nil, func(p *peer) { p.request(); _ = p.plain.SetLinger(0) }},
		{"over TLS", config, func(p *peer) { p.request() }},
		{"below TLS", config, func(p *peer) { p.request(); p.plain.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := listen(t, c.secure, func(p *peer, nth int) {
				p.request()
				p.say(ok)
				if nth == 1 {
					c.end(p)
				} else {
					p.lastly()
				}
			})
			p := poster(t, Config{Allow: onlyHere, RootCAs: roots})
			expect(t, post(t, p, r.url), 200, "")
			expect(t, post(t, p, r.url), 200, "")
			first := <-r.posted
			for more := len(r.posted); more > 0; more-- {
				if again := <-r.posted; again != first {
					t.Errorf("posted %s, then %s", first, again)
				}
			}
		})
	}
}

// TestDurationEndsWithTheHead: the body that never ends is waited for afterwards.
func TestDurationEndsWithTheHead(t *testing.T) {
	r := listen(t, nil, func(p *peer, _ int) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
		p.lastly()
	})
	began := time.Now()
	got := post(t, poster(t, Config{Allow: onlyHere}), r.url)
	if all := time.Since(began); all-got.Duration < maxRest*9/10 {
		t.Errorf("the head took %s, all %s", got.Duration, all)
	}
}

func TestANewConnectionThatEndsIsNotTriedAgain(t *testing.T) {
	r := listen(t, nil, func(p *peer, _ int) { p.request() })
	expect(t, post(t, poster(t, Config{Allow: onlyHere}), r.url), 0, Connection)
	if <-r.posted; len(r.posted) > 0 {
		t.Error("posted again")
	}
}

func TestAnAttemptEndsWithItsContext(t *testing.T) {
	config, roots := certified(t)
	for _, c := range []struct {
		name   string
		secure *tls.Config
		before int // attempts on the same connection
		hear   func(*peer)
	}{
		{"in the handshake", config, 0, func(p *peer) { _, _ = p.plain.Read(make([]byte, 1)) }},
		{"on a new connection", nil, 0, func(p *peer) { p.request() }},
		{"on a kept connection", nil, 1, func(p *peer) { p.request(); p.say(ok); p.request() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			reached := make(chan struct{})
			r := listen(t, c.secure, func(p *peer, _ int) {
				c.hear(p)
				close(reached)
				p.silent()
			})
			p := poster(t, Config{Allow: onlyHere, RootCAs: roots, Timeout: patience * 10})
			for range c.before {
				expect(t, post(t, p, r.url), 200, "")
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-reached; cancel() }()
			within(t, "the attempt ends", func() {
				got := p.Post(ctx, &Target{URL: r.url, Format: Raw}, vector())
				expect(t, got, 0, Interrupted)
				if !errors.Is(got.Err, context.Canceled) {
					t.Error(got.Err)
				}
			})
		})
	}
}

func TestWhatCannotBeReached(t *testing.T) {
	refusing := listen(t, nil, nil)
	refusing.close()
	names := resolver(t, func(string) []string { return nil })
	silent := resolver(t, nil)
	for _, c := range []struct {
		name   string
		url    string
		config Config
		want   Problem
	}{
		{"nobody listens", refusing.url, Config{}, Connection},
		{"a name that nobody has", "http://nobody.test/", Config{Resolver: names}, Lookup},
		{"a name server that is silent", "http://nobody.test/", Config{Resolver: silent, Timeout: 50 * time.Millisecond}, Timeout},
		{"no address", "http://", Config{}, URL},
		{"loopback", "http://127.0.0.2/", Config{}, Address},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Allow = onlyHere
			expect(t, post(t, poster(t, c.config), c.url), 0, c.want)
		})
	}
}
