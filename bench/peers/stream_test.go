package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// pieces is a reader that gives out a text in given pieces.
type pieces struct{ left []string }

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; p.left[0] == "" {
		p.left = p.left[1:]
	}
	return n, nil
}

func TestMessagesAreReadHoweverTheyAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bodies := rapid.SliceOfN(rapid.StringMatching(`[a-z\r\n]{0,300}`), 1, 80).Draw(t, "bodies")
		var text strings.Builder
		for _, body := range bodies {
			name := rapid.SampledFrom([]string{"Content-Length: ", "content-length:", "CONTENT-LENGTH:\t"}).Draw(t, "name")
			fmt.Fprintf(&text, "POST /ours HTTP/1.1\r\nHost: x\r\n%s%d\r\nAccept: */*\r\n\r\n%s", name, len(body), body)
		}
		from := &pieces{}
		for rest := text.String(); rest != ""; {
			n := min(len(rest), rapid.IntRange(1, 700).Draw(t, "piece"))
			from.left, rest = append(from.left, rest[:n]), rest[n:]
		}
		var reader io.Reader = from
		if rapid.Bool().Draw(t, "the end comes with the last piece") {
			reader = iotest.DataErrReader(from)
		}
		messages := newStream(reader)
		for i, want := range bodies {
			head, body, err := messages.next()
			if err != nil || string(body) != want || !strings.HasPrefix(string(head), "POST /ours ") || !strings.HasSuffix(string(head), "*/*\r\n\r\n") {
				t.Fatalf("message %d: %q %q, %v; want body %q", i, head, body, err, want)
			}
		}
		if _, _, err := messages.next(); err != io.EOF {
			t.Fatalf("after the last message: %v", err)
		}
	})
}

func TestABrokenMessageIsNoMessage(t *testing.T) {
	for text, want := range map[string]error{
		"":                              io.EOF,
		"GET / HTTP/1.1\r\nHost: x\r\n": io.ErrUnexpectedEOF,
		"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab":                                io.ErrUnexpectedEOF,
		"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n":                                 errFraming,
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                errFraming,
		"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + strings.Repeat("a", 99999): errTooLong,
		"GET /" + strings.Repeat("a", 99999):                                            errTooLong,
	} {
		if _, _, err := newStream(iotest.HalfReader(strings.NewReader(text))).next(); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", text, err, want)
		}
	}
}

func TestCallbacksAreRead(t *testing.T) {
	const post = "POST /ours HTTP/1.1\r\nContent-Length: 1\r\n\r\n"
	cases := []struct {
		head, body string
		id         int64
		delivered  bool
	}{
		{"GET /kannel?id=0000000120&kind=1 HTTP/1.1\r\n\r\n", "", 120, true},
		{"GET /kannel?id=0000000120&kind=2 HTTP/1.1\r\n\r\n", "", 120, false},
		{"GET /kannel?id=0000000120&kind=16 HTTP/1.1\r\n\r\n", "", 120, false},
		{"GET /kannel?id=&kind=1 HTTP/1.1\r\n\r\n", "", 0, false},
		{"GET /favicon.ico HTTP/1.1\r\n\r\n", "", 0, false},
		{post, `{"eventId":7,"data":{"campaignId":9,"messageId":8589934592,"segNum":1,"status":"DELIVRD","to":"7701"}}`, 8589934592, true},
		{post, `{"eventId":7,"data":{"messageId":9,"status":"UNDELIV"}}`, 9, false},
		{post, `{"status":"DELIVRD"}`, 0, false},
		{"POST /theirs HTTP/1.1\r\n\r\n", `{"messageId":9,"status":"DELIVRD"}`, 0, false},
	}
	for _, c := range cases {
		if id, delivered := readCallback([]byte(c.head), []byte(c.body)); id != c.id || delivered != c.delivered {
			t.Errorf("%q %q: %d, %v", c.head, c.body, id, delivered)
		}
	}
}

func TestTheSinkAnswersEachCallbackAndCountsEachMessageOnce(t *testing.T) {
	s, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var calls string
	for _, query := range []string{"id=1&kind=1", "id=2&kind=1", "id=1&kind=1", "id=3&kind=2"} {
		calls += "GET /kannel?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n"
	}
	if _, err := io.WriteString(conn, calls); err != nil {
		t.Fatal(err)
	}
	answers := newStream(conn)
	for range 4 {
		if head, _, err := answers.next(); err != nil || !strings.HasPrefix(string(head), "HTTP/1.1 200 ") {
			t.Fatalf("answer %q, %v", head, err)
		}
	}
	got := s.tally()
	if got.Last.IsZero() || time.Since(got.Last) < 0 {
		t.Errorf("the last came at %v", got.Last)
	}
	if got.Last = (time.Time{}); got != (tally{Unique: 2, Repeated: 1, Other: 1}) {
		t.Errorf("tally = %+v", got)
	}
	if s.empty(); s.tally() != (tally{}) {
		t.Error("it is not empty")
	}
	s.stop()
	if _, _, err := answers.next(); err == nil {
		t.Error("the connection has outlived the sink")
	}
}

func TestShotsAreOfOneLengthAndGoToNumbersThatAreDelivered(t *testing.T) {
	form := postShot("x:1", "/send", "to={to}&text={id}")
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Int64Range(0, 9_999_999_999).Draw(t, "number")
		messages := newStream(strings.NewReader(string(form.fill(number))))
		_, body, err := messages.next()
		if err != nil {
			t.Fatal(err)
		}
		var to, id int64
		if _, err := fmt.Sscanf(string(body), "to=%d&text=%d", &to, &id); err != nil || id != number || to%100 < 13 || to < 77010000000 || to > 77019999999 {
			t.Errorf("%s, %v", body, err)
		}
		if _, _, err := messages.next(); err != io.EOF {
			t.Errorf("more than the body: %v", err)
		}
	})
}

func TestPercentile(t *testing.T) {
	values := make([]time.Duration, 200)
	for i := range values {
		values[i] = time.Duration(200 - i)
	}
	for p, want := range map[int]time.Duration{1: 2, 50: 100, 99: 198, 100: 200} {
		if got := percentile(slices.Clone(values), p); got != want {
			t.Errorf("the %dth of 1 to 200 is %d", p, got)
		}
	}
	if percentile(nil, 99) != 0 || percentile([]time.Duration{7}, 99) != 7 {
		t.Error("none and one")
	}
}
