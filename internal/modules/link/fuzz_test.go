package link

import (
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode"
)

func FuzzAddress(f *testing.F) {
	for _, raw := range []string{
		"www.example.com", " https://shop.example/?a=1#b ", "https://пример.example/ж", "HTTP://[::1]:8080/", "http://localhost:8080", "https://s.example/l/abc",
		"https://ｓ.example/l", "https://s.example./l", "javascript:alert(1)", "http://a\r\nSet-Cookie: b", "http://a\\@b", "http://", "http://a%zz", "http://a\xff", "//a",
	} {
		f.Add(raw)
	}
	j := newJudge("https://s.example/l", "127.0.0.1:8080")
	f.Fuzz(func(t *testing.T, raw string) {
		address, host, err := j.read(raw)
		if err != nil {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || host == "" {
			t.Fatalf("%q is taken as %q of %q: %v", raw, address, host, err)
		}
		if strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			t.Errorf("%q is taken with what is no part of an address", address)
		}
		if strings.EqualFold(u.Host, "s.example") && strings.HasPrefix(path.Clean("/"+u.Path)+"/", "/l/") || u.Host == "127.0.0.1:8080" {
			t.Errorf("%q is ours", address)
		}
		answer := httptest.NewRecorder()
		leadOn(answer, address)
		location := answer.Header()["Location"]
		if len(location) != 1 || strings.ContainsFunc(location[0], func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is led to as %q", address, location)
		}
	})
}

func FuzzAgent(f *testing.F) {
	for agent := range agents {
		f.Add(agent)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		robot := isRobot(agent)
		if isRobot(asciiUpper(agent)) != robot {
			t.Errorf("%q is judged by its case", agent)
		}
		if !isRobot(agent + " Googlebot/2.1") {
			t.Errorf("%q hides a robot", agent)
		}
	})
}

// asciiUpper leaves letters alone whose capitals are no single letter.
func asciiUpper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// agents are of real programs; true: a robot's.
var agents = map[string]bool{
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": false,
	"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                  false,
	"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36":                  false,
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                        false,
	"Mozilla/5.0 (Linux; arm_64; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 YaBrowser/24.6.0 Mobile Safari/537.36":   false,
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29":        false,
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 Instagram 336.0.0":          false,
	"": true,
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":  true,
	"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)":          true,
	"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": true,
	"WhatsApp/2.23.20.0 A":          true,
	"TelegramBot (like TwitterBot)": true,
	"Mozilla/5.0 (Linux; Android 14; M2101K6G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Mobile Safari/537.36 Telegram-Android/11.2.3": false,
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]":              false,
	"Pinterest/0.2 (+https://www.pinterest.com/bot.html)":        true,
	"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": true,
	"curl/8.5.0":             true,
	"python-requests/2.32.3": true,
	"Go-http-client/2.0":     true,
	"okhttp/4.12.0":          true,
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36": true,
}

func TestRobotsAreToldFromPeople(t *testing.T) {
	for agent, robot := range agents {
		if isRobot(agent) != robot {
			t.Errorf("%q: robot %t, want %t", agent, !robot, robot)
		}
	}
}
