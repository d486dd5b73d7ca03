package link

import (
	"net/http"
	"strings"
)

// robots are words of user agents that are no people: crawlers, the previews of
// messengers and social networks, scanners of mail, monitors and HTTP libraries.
var robots = []string{
	"bot", "crawl", "spider", "slurp", "preview", "scanner", "monitor", "facebookexternalhit", "facebookcatalog", "meta-externalagent",
	"whatsapp", "telegram", "viber", "skype", "slack", "discord", "linkedin", "pinterest", "vkshare", "embedly", "quora link",
	"mediapartners", "google-inspectiontool", "googleother", "feedfetcher", "bingpreview", "yandex", "mail.ru", "baidu", "duckduckgo",
	"safelinks", "barracuda", "mimecast", "proofpoint", "urlscan", "virustotal", "headless", "phantomjs", "selenium", "puppeteer", "playwright",
	"lighthouse", "pingdom", "uptime", "statuscake", "validator", "archive.org", "wayback",
	"curl", "wget", "libwww", "python", "java/", "okhttp", "go-http-client", "apache-httpclient", "axios", "node-fetch", "undici", "guzzle", "php/", "ruby", "perl", "httpie", "postman",
}

// people are words by which an agent is a person's browser though a robot's word is in
// it: the browsers that live inside apps.
var people = []string{"yabrowser", "yasearchbrowser", "yandexsearch", "[linkedinapp]", "pinterest for", "[pinterest/ios]", "[pinterest/android]", "telegram-android/", "duckduckgo/7", "duckduckgo/5", "cubot"}

// isPerson tells whether a request is somebody's click: not a known robot, not HEAD, and
// not what a browser fetches ahead in case somebody will click.
func isPerson(r *http.Request) bool {
	if r.Method == http.MethodHead {
		return false
	}
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		if purpose := strings.ToLower(r.Header.Get(name)); strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") || strings.Contains(purpose, "prerender") {
			return false
		}
	}
	return !isRobot(r.UserAgent())
}

// isRobot judges a user agent. Without one it is a robot: every browser has one.
func isRobot(agent string) bool {
	agent = strings.ToLower(agent)
	if agent == "" {
		return true
	}
	for _, word := range people {
		agent = strings.ReplaceAll(agent, word, "")
	}
	for _, word := range robots {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}
