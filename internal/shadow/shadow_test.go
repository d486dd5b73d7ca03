package shadow

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

const okay = `{"code":0,"data":{"id":"5","to":"77010000001","text":"a secret"},"message":""}`

// A stage is a shadow before two servers, over real sockets.
type stage struct {
	t       *testing.T
	shadow  *Shadow
	front   *httptest.Server
	tally   *Tally
	printed *bytes.Buffer // the report
	once    sync.Once
}

func newStage(t *testing.T, upstream, ours http.HandlerFunc, change func(*Config)) *stage {
	t.Helper()
	s := &stage{t: t, printed: new(bytes.Buffer)}
	s.tally = NewTally(s.printed, func() time.Time { return time.UnixMilli(0) })
	methods, err := ParseMethods("reading")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Upstream: serve(t, upstream), Ours: serve(t, ours), Methods: methods, Tally: s.tally, Timeout: patience}
	if change != nil {
		change(&c)
	}
	s.shadow = New(c)
	s.front = httptest.NewServer(s.shadow)
	t.Cleanup(s.finish)
	return s
}

func serve(t *testing.T, h http.HandlerFunc) *url.URL {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL + "/base")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// finish waits until all that was called is compared.
func (s *stage) finish() {
	s.once.Do(func() {
		s.front.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.shadow.Stop(ctx); err != nil {
			s.t.Errorf("stop: %v", err)
		}
	})
}

// came checks what came of the calls of a method.
func (s *stage) came(method string, want map[Outcome]int) {
	s.t.Helper()
	s.finish()
	got := map[Outcome]int{}
	if m := s.tally.methods[method]; m != nil {
		got = m.outcomes
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("%s: %v, want %v", method, got, want)
	}
}

// get calls a method and gives the status and the body.
func (s *stage) get(path string) (int, string) {
	s.t.Helper()
	response, err := http.Get(s.front.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// says answers every call alike.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, body)
	}
}

func never(t *testing.T) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) { t.Error("ours is asked") }
}

// seen is what a server saw of a request.
type seen struct {
	target, body, agent, kind, auth, encoding string
}

func look(r *http.Request) seen {
	body, _ := io.ReadAll(r.Body)
	h := r.Header
	return seen{r.Method + " " + r.RequestURI, string(body), r.UserAgent(), h.Get("Content-Type"), h.Get("Authorization"), h.Get("Accept-Encoding")}
}

// TestTheClientGetsTheUpstreamsAnswerByteForByte and the upstream the client's call,
// whatever ours says meanwhile.
func TestTheClientGetsTheUpstreamsAnswerByteForByte(t *testing.T) {
	var answer struct {
		status int
		kind   string
		body   []byte
		parts  bool
	}
	var got seen
	upstream := func(w http.ResponseWriter, r *http.Request) {
		got = look(r)
		w.Header().Set("Content-Type", answer.kind)
		w.Header()["X-Api-Code"] = []string{"0", "again"}
		w.WriteHeader(answer.status)
		for part := range slices.Chunk(answer.body, max(1, len(answer.body)/2)) {
			_, _ = w.Write(part)
			if answer.parts {
				w.(http.Flusher).Flush()
			}
		}
	}
	s := newStage(t, upstream, says(okay), nil)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	rapid.Check(t, func(t *rapid.T) {
		answer.status = rapid.SampledFrom([]int{200, 201, 302, 400, 404, 405, 500, 999}).Draw(t, "status")
		answer.kind = rapid.SampledFrom([]string{"application/json; charset=utf-8", "text/html", "x"}).Draw(t, "type")
		answer.body = rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "body")
		answer.parts = rapid.Bool().Draw(t, "parts")
		target := "/service/message/" + rapid.SampledFrom([]string{"list", "LIST/", "sendSmsMessage", "%7e"}).Draw(t, "path") +
			rapid.SampledFrom([]string{"", "?a=1&&b=%zz;c", "?ids[]=5&x=%5B"}).Draw(t, "query")
		sent := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "sent")
		want := seen{"POST /base" + target, string(sent), "test", "x/y", "Basic x", ""}
		q, err := http.NewRequest("POST", s.front.URL+target, bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("User-Agent", want.agent)
		q.Header.Set("Content-Type", want.kind)
		q.Header.Set("Authorization", want.auth)
		response, err := client.Transport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("the upstream saw %q, want %q", got, want)
		}
		h := response.Header
		if response.StatusCode != answer.status || !bytes.Equal(body, answer.body) || h.Get("Content-Type") != answer.kind || len(h["X-Api-Code"]) != 2 {
			t.Errorf("the client got %d %v %q, the upstream said %+v", response.StatusCode, h, body, answer)
		}
	})
}

// TestTheUpstreamIsToldWhatProxiesSayOfTheClient, and nothing besides.
func TestTheUpstreamIsToldWhatProxiesSayOfTheClient(t *testing.T) {
	got := make(chan http.Header, 1)
	s := newStage(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }, never(t), nil)
	q, err := http.NewRequest("GET", s.front.URL+"/elsewhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Forwarded": {"for=192.0.2.1", "for=192.0.2.2"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Host": {"api"},
		"X-Forwarded-Proto": {"https"}, "X-Real-Ip": {"192.0.2.1"}, "User-Agent": {"test"}, "Accept-Encoding": {"gzip"},
	}
	for _, q.Header = range []http.Header{want, {"User-Agent": {"test"}, "Accept-Encoding": {"gzip"}}} {
		response, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if header := <-got; !reflect.DeepEqual(header, q.Header) {
			t.Errorf("the upstream saw %v, want %v", header, q.Header)
		}
	}
}

func TestDifferencesAreReportedWithoutContents(t *testing.T) {
	s := newStage(t, says(okay), says(`{"code":0,"data":{"id":5,"text":"another","77010000009":"x"},"message":""}`), nil)
	for range 3 {
		s.get("/service/message/list?criteria[to]=77010000001&apiKey=" + theirKey)
	}
	s.came("message.list", map[Outcome]int{OutcomeDifferent: 3})
	var text bytes.Buffer
	if err := errors.Join(s.tally.WriteText(&text), s.tally.Close()); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"message.list\n",
		"type     data.id  theirs str, ours num  in 3\n",
		"missing  data.to  theirs str, ours -    in 3\n",
		"extra    data.{}  theirs -, ours str    in 3\n",
	} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("the summary lacks %q:\n%s", line, &text)
		}
	}
	want := `{"event":"difference","time":"1970-01-01T00:00:00Z","method":"message.list","kind":"type","path":"data.id","theirs":"str","ours":"num"}` + "\n"
	report := s.printed.String()
	if strings.Count(report, want) != 1 || strings.Count(report, "\n") != 4 {
		t.Errorf("the report is not four lines with\n%s\nbut\n%s", want, report)
	}
	for _, content := range []string{"7701", "secret", "another", theirKey} {
		if strings.Contains(report+text.String(), content) {
			t.Errorf("%q is repeated:\n%s%s", content, report, &text)
		}
	}
}

func TestMethodsThatWriteAreNotPutToOurs(t *testing.T) {
	s := newStage(t, says(okay), never(t), nil)
	for _, path := range []string{"/service/message/sendSmsMessage", "/service/Campaign/CREATE", "/service/no/such", "/elsewhere"} {
		if _, body := s.get(path); body != okay {
			t.Errorf("%s answers %q", path, body)
		}
	}
	s.came("message.sendsmsmessage", map[Outcome]int{OutcomeNotAsked: 1})
	s.came("campaign.create", map[Outcome]int{OutcomeNotAsked: 1})
	if n := s.tally.Calls(); n != 3 {
		t.Errorf("%d calls are counted; what is none should not be", n)
	}
}

// TestMethodsOfAListThatNobodyCalledAreNamed, as a misspelt one is; reading has no list.
func TestMethodsOfAListThatNobodyCalledAreNamed(t *testing.T) {
	for list, want := range map[string]string{
		"massage.list, Message.LIST, link.list": "\nnever called: massage.list, link.list\n",
		"message.list":                          "", "reading": "", "all": "",
	} {
		s := newStage(t, says(okay), says(okay), func(c *Config) {
			var err error
			if c.Methods, err = ParseMethods(list); err != nil {
				t.Fatal(err)
			}
		})
		s.get("/service/message/list")
		s.finish()
		var text strings.Builder
		if err := s.tally.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if said := text.String(); !strings.HasSuffix(said, want) || strings.Contains(said, "never") != (want != "") {
			t.Errorf("%s: the summary is\n%s", list, said)
		}
	}
}

func TestOursIsAskedTheSameUnderItsOwnKey(t *testing.T) {
	asked := make(chan seen, 1)
	ours := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" {
			t.Error("theirs cookies are ours to see")
		}
		asked <- look(r)
		says(okay)(w, r)
	}
	s := newStage(t, says(okay), ours, func(c *Config) {
		c.Methods = Methods{all: true}
		c.Keys.each = map[string]string{theirKey: ourKey}
	})
	const form = "--b\r\nContent-Disposition: form-data; name=\"recipientsFile\"; filename=\"a.csv\"\r\n\r\n7701,\x00\xff\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\n%s\r\n--b--\r\n"
	q, err := http.NewRequest("POST", s.front.URL+"/service/campaign/addRecipients?id=5", strings.NewReader(fmt.Sprintf(form, theirKey)))
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {"multipart/form-data; boundary=b"}, "User-Agent": {"test"}, "Cookie": {"session=theirs"}, "Authorization": {"Bearer " + theirKey}}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	want := seen{"POST /base/service/campaign/addRecipients?id=5", fmt.Sprintf(form, ourKey), "test", "multipart/form-data; boundary=b", "Bearer " + ourKey, ""}
	if got := <-asked; got != want {
		t.Errorf("ours was asked %q, want %q", got, want)
	}
	s.get("/service/message/list?apiKey=" + strings.Repeat("z", 40))
	s.came("campaign.addrecipients", map[Outcome]int{OutcomeSame: 1})
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

func TestCompressedAnswersAreCompared(t *testing.T) {
	upstream := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Error("the client's wish for gzip is not passed on")
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, okay)
		_ = z.Close()
	}
	s := newStage(t, upstream, says(okay), nil)
	if _, body := s.get("/service/message/list"); body != okay { // Go's client asks for gzip
		t.Errorf("the client got %q", body)
	}
	s.came("message.list", map[Outcome]int{OutcomeSame: 1})
}
