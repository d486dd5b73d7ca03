package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// browser is Debian's chromium without a window. It can't resolve a name: what is not on
// this machine is not there.
type browser struct{ *rod.Browser }

func openBrowser(t *testing.T) browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: `make test` installs it", err)
	}
	p := startProcess(t, exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-breakpad", "--no-first-run", "--disable-quic",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), "about:blank"))
	at := p.await(p.errors, `DevTools listening on (ws://\S+)`)[1]
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	b := rod.New().ControlURL(at).Context(ctx)
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = b.Close() // it may have died, which finish tells
		p.exit(patience)
	})
	return browser{b}
}

// tab is a page that is looked at, and what it asked for and complained of.
type tab struct {
	t *testing.T
	*rod.Page
	mu                 sync.Mutex
	requests, troubles []string
}

// open opens an address and waits until it has loaded.
func (b browser) open(t *testing.T, url string) *tab {
	t.Helper()
	page, err := b.Page(proto.TargetCreateTarget{})
	tab := &tab{t: t, Page: page}
	tab.need(err)
	go page.EachEvent(tab.request, tab.console, tab.exception, tab.entry)()
	tab.need(proto.NetworkEnable{}.Call(page))
	tab.need(proto.RuntimeEnable{}.Call(page))
	tab.need(proto.LogEnable{}.Call(page))
	tab.need(page.Navigate(url))
	tab.need(page.WaitLoad())
	return tab
}

func (p *tab) note(to *[]string, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*to = append(*to, what)
}

func (p *tab) request(e *proto.NetworkRequestWillBeSent) {
	if e.Request.URL != forbidden {
		p.note(&p.requests, e.Request.URL)
	}
}

func (p *tab) console(e *proto.RuntimeConsoleAPICalled) {
	p.note(&p.troubles, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
}

func (p *tab) exception(e *proto.RuntimeExceptionThrown) {
	p.note(&p.troubles, "exception: "+e.ExceptionDetails.Text)
}

// entry is what the browser itself has to say, such as that a policy forbids something.
func (p *tab) entry(e *proto.LogEntryAdded) {
	p.note(&p.troubles, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
}

// forbidden is what no page of ours may show.
const forbidden = "http://127.0.0.1:1/forbidden.png"

// noted gives what the page asked for and complained of until now. It has the page do
// what its policy forbids, and waits for the complaint: what went before has come then.
func (p *tab) noted() (requests, troubles []string) {
	p.t.Helper()
	p.run(`() => { new Image().src = "` + forbidden + `" }`)
	testkit.Eventually(p.t, patience, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		requests, troubles = p.requests, nil
		for _, trouble := range p.troubles {
			if strings.Contains(trouble, forbidden) {
				return nil
			}
			troubles = append(troubles, trouble)
		}
		return fmt.Errorf("the browser did not complain of %s; troubles %q", forbidden, p.troubles)
	})
	return requests, troubles
}

// need fails the test at an error.
func (p *tab) need(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// run runs a function on the page and gives what it returns, as text.
func (p *tab) run(function string, args ...any) string {
	p.t.Helper()
	result, err := p.Eval(function, args...)
	p.need(err)
	return result.Value.Str()
}

// press presses keys, one after another.
func (p *tab) press(keys ...input.Key) {
	p.t.Helper()
	p.need(p.Keyboard.Type(keys...))
}

// write types a text where the focus is.
func (p *tab) write(text string) {
	p.t.Helper()
	p.need(p.InsertText(text))
}

// becomes waits until a function on the page returns a text.
func (p *tab) becomes(want, function string, args ...any) {
	p.t.Helper()
	testkit.Eventually(p.t, patience, func() error {
		if got := p.run(function, args...); got != want {
			return fmt.Errorf("the page has %q, want %q", got, want)
		}
		return nil
	})
}
