package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// docsPage is /docs in a browser.
type docsPage struct{ *tab }

// methods are the ids of those that can be seen.
const methods = `() => [...document.querySelectorAll("section h3")].filter(h => h.checkVisibility()).map(h => h.id).join(" ")`

// setKey enters a key. Enter leads on to the search.
func (p docsPage) setKey(key string) {
	p.t.Helper()
	p.run(`() => { document.getElementById("apiKey").select() }`)
	p.write(key)
	p.press(input.Enter)
}

// begin writes words into the search, of which / would lead to it too, goes to the one
// method that is found and opens its form: by Enter, Tab and Enter.
func (p docsPage) begin(words, method string) {
	p.t.Helper()
	p.write(words)
	p.becomes(method, methods)
	p.press(input.Enter)
	p.becomes("#"+method, `() => document.activeElement.hash || ""`)
	p.press(input.Tab, input.Enter)
}

// answer waits for the answer of a method's call, and gives the envelope and what is said
// above it.
func (p docsPage) answer(method string) (got reply, said string) {
	p.t.Helper()
	const settled = `method => document.getElementById(method).parentNode.querySelector(".answer").hidden ? "" : "there"`
	p.becomes("there", settled, method)
	said = p.run(`method => document.getElementById(method).parentNode.querySelector(".verdict").textContent`, method)
	text := p.run(`method => document.getElementById(method).parentNode.querySelector(".answer pre").textContent`, method)
	if err := json.Unmarshal([]byte(text), &got); err != nil || !strings.Contains(text, `"message"`) {
		p.t.Fatalf("%s shows %s: %v", method, text, err)
	}
	return got, said
}

// TestBrowserShowsTheDocs of a server that runs, and makes calls from them.
func TestBrowserShowsTheDocs(t *testing.T) {
	t.Parallel()
	server := newSite(t, testkit.NewDatabase(t, "sqlite"), options{carrier: "127.0.0.1:1"}).serve()
	b := openBrowser(t)
	t.Run("and calls can be tried", func(t *testing.T) { triesCalls(t, server, docsPage{b.open(t, server.url+"/docs")}) })
	t.Run("at every width and in the dark", func(t *testing.T) { fitsEverywhere(t, docsPage{b.open(t, server.url+"/docs")}) })
	server.stop()
}

// triesCalls with nothing but the keyboard: it finds a method, tries it with a wrong key
// and with a good one, and one that writes. Nothing is asked of another host, and nothing
// is complained of.
func triesCalls(t *testing.T, server *serving, p docsPage) {
	p.press('/')
	p.write("how much it costs")
	p.becomes("", methods)
	p.setKey("kz" + strings.Repeat("0", 68))
	p.begin("user/getOwnBalance", "user.getOwnBalance")
	p.press(input.Enter)
	if got, said := p.answer("user.getOwnBalance"); got.Code != 8 || got.Message == "" || !strings.HasPrefix(said, "Code 8, login") {
		t.Errorf("with a wrong key: code %d, %q, under %q", got.Code, got.Message, said)
	}

	p.setKey(server.key)
	p.run(`() => document.querySelector(".trying .go").focus()`)
	p.press(input.Enter)
	p.becomes("Code 0", `() => document.querySelector(".trying .verdict strong").textContent`)
	got, _ := p.answer("user.getOwnBalance")
	if want := `{"balance":"` + opening.String() + `","currency":"KZT"}`; got.Code != 0 || got.Message != "" || compact(t, got.Data) != want {
		t.Errorf("with a key: code %d %s, want %s", got.Code, got.Data, want)
	}

	p.press('/')
	p.begin("contactGroup/create", "contactGroup.create")
	p.write("Neighbours")
	if curl := p.run(`() => document.querySelector(".trying:has([name='data[name]']) .curl").textContent`); !strings.Contains(curl, "'data[name]=Neighbours'") || strings.Contains(curl, server.key) {
		t.Errorf("the example is %s", curl)
	}
	p.press(input.Enter)
	if got, said := p.answer("contactGroup.create"); got.Code != 0 {
		t.Errorf("contactGroup/create: code %d %s %q, %s", got.Code, got.Data, got.Message, said)
	}
	var groups struct{ Items []struct{ Name string } }
	server.call(t, 0, &groups, "contactGroup/list")
	if len(groups.Items) != 1 || groups.Items[0].Name != "Neighbours" {
		t.Errorf("groups %v", groups)
	}

	requests, troubles := p.noted()
	if len(requests) != 4 {
		t.Errorf("the page asked for %q, want itself and three calls", requests)
	}
	for _, url := range requests {
		if !strings.HasPrefix(url, server.url+"/") {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(troubles) > 0 {
		t.Errorf("the page has troubles: %q", troubles)
	}
}

func compact(t *testing.T, data json.RawMessage) string {
	t.Helper()
	var value any
	err := json.Unmarshal(data, &value)
	text, again := json.Marshal(value)
	if err != nil || again != nil {
		t.Fatal(err, again)
	}
	return string(text)
}

// fitsEverywhere: at no width anything stands out at the side, and there is a page for the
// dark.
func fitsEverywhere(t *testing.T, p docsPage) {
	if all := strings.Fields(p.run(methods)); len(all) < 50 {
		t.Errorf("methods %v", all)
	}
	for _, width := range []int{320, 700, 1400} {
		p.need(p.SetViewport(&proto.EmulationSetDeviceMetricsOverride{Width: width, Height: 900, DeviceScaleFactor: 1}))
		wide := p.run(`() => document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("main *, header *, nav *")]
			.filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest("pre")).map(e => e.outerHTML.slice(0, 100)).slice(0, 3).join(" and ")`)
		if wide != "" {
			t.Errorf("at a width of %d this stands out: %s", width, wide)
		}
	}
	paper := func(scheme string) string {
		p.need(proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}.Call(p))
		return p.run(`() => getComputedStyle(document.body).backgroundColor`)
	}
	if light, dark := paper("light"), paper("dark"); light == dark {
		t.Errorf("the page is %s in the dark too", dark)
	}
}
