package shadow

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// hangs answers no call until the caller leaves or the test ends.
func hangs(t *testing.T) http.HandlerFunc {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}
}

// flood writes until the other end leaves.
func flood(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	block := []byte(strings.Repeat(`{"code":0}`, 10_000))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// cut breaks the connection in the middle of its answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, okay)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// nowhere is an address where nothing listens.
func nowhere() *url.URL { return &url.URL{Scheme: "http", Host: "127.0.0.1:1"} }

func TestAnUpstreamThatDoesNotAnswerIs502(t *testing.T) {
	for name, row := range map[string]struct {
		upstream http.HandlerFunc
		change   func(*Config)
		words    string
	}{
		"dead":         {says(okay), func(c *Config) { c.Upstream = nowhere() }, "gave no answer\n"},
		"hanging":      {nil, func(c *Config) { c.UpstreamTimeout = 50 * time.Millisecond }, "gave no answer in time\n"},
		"breaking off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, "gave no answer\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if row.upstream == nil {
				row.upstream = hangs(t)
			}
			s := newStage(t, row.upstream, never(t), row.change)
			for _, path := range []string{"/service/message/list", "/service/message/sendSmsMessage"} {
				if status, body := s.get(path); status != http.StatusBadGateway || !strings.HasSuffix(body, row.words) {
					t.Errorf("%s: %d %q", path, status, body)
				}
			}
			s.came("message.list", map[Outcome]int{OutcomeUpstream: 1})
			s.came("message.sendsmsmessage", map[Outcome]int{OutcomeUpstream: 1})
		})
	}
}

func TestAClientThatLeavesIsNoFailureOfTheUpstream(t *testing.T) {
	arrived := make(chan struct{})
	wait := hangs(t)
	s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		wait(w, r)
	}, never(t), nil)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-arrived
		leave()
	}()
	q, err := http.NewRequestWithContext(ctx, "GET", s.front.URL+"/service/message/list", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(q); !errors.Is(err, context.Canceled) {
		t.Errorf("the client left, and heard %v", err)
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

func TestAnAnswerThatIsCutIsCutForTheClientToo(t *testing.T) {
	s := newStage(t, cut, never(t), nil)
	response, err := http.Get(s.front.URL + "/service/message/list")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the client read %q and then %v", body, err)
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

// TestAnswersArriveAsTheyAreWritten: the upstream ends its answer only when the client
// has its beginning.
func TestAnswersArriveAsTheyAreWritten(t *testing.T) {
	arrived := make(chan struct{})
	s := newStage(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, okay[:10])
		w.(http.Flusher).Flush()
		<-arrived
		_, _ = io.WriteString(w, okay[10:])
	}, says(okay), nil)
	response, err := http.Get(s.front.URL + "/service/message/list")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	beginning := make([]byte, 10)
	if _, err := io.ReadFull(response.Body, beginning); err != nil {
		t.Fatal(err)
	}
	close(arrived)
	rest, err := io.ReadAll(response.Body)
	if string(beginning)+string(rest) != okay || err != nil {
		t.Errorf("the client got %q%q, %v", beginning, rest, err)
	}
}

func TestEndlessAnswersArePassedOnAndNotKept(t *testing.T) {
	s := newStage(t, flood, never(t), nil)
	response, err := http.Get(s.front.URL + "/service/message/list")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, response.Body, 8*maxKept)
	if err != nil {
		t.Errorf("after %d bytes: %v", n, err)
	}
	response.Body.Close()
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

// TestLargeBodiesPassAndAreNotCompared sends one back while it still comes.
func TestLargeBodiesPassAndAreNotCompared(t *testing.T) {
	large := strings.Repeat("x", maxKept+1)
	s := newStage(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}, never(t), nil)
	response, err := http.Post(s.front.URL+"/service/message/list", "text/plain", strings.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); string(body) != large || err != nil {
		t.Errorf("%d bytes came back, %v", len(body), err)
	}
	s.came("message.list", map[Outcome]int{OutcomeUnreadable: 1})
}

// TestNobodyWaitsForOurs: while ours hangs, clients have their answers; two calls wait
// for it, the others are forwarded only.
func TestNobodyWaitsForOurs(t *testing.T) {
	s := newStage(t, says(okay), hangs(t), func(c *Config) { c.Pending, c.AtOnce = 2, 1 })
	for range 5 {
		if status, body := s.get("/service/message/list"); status != 200 || body != okay {
			t.Errorf("%d %q", status, body)
		}
	}
	s.front.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.shadow.Stop(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a stop that may not wait says %v", err)
	}
	s.came("message.list", map[Outcome]int{OutcomeOurs: 2, OutcomeDropped: 3})
}

func TestOursMayFailAsItLikes(t *testing.T) {
	for name, ours := range map[string]http.HandlerFunc{
		"hanging": hangs(t), "endless": flood, "cut": cut, "dead": nil,
		"compressed beyond reading": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "zip") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, says(okay), ours, func(c *Config) {
				c.Timeout = 500 * time.Millisecond
				if ours == nil {
					c.Ours = nowhere()
				}
			})
			if _, body := s.get("/service/message/list"); body != okay {
				t.Errorf("the client got %q", body)
			}
			s.came("message.list", map[Outcome]int{OutcomeOurs: 1})
		})
	}
}

// TestATallyIsBounded: clients choose names, servers choose fields.
func TestATallyIsBounded(t *testing.T) {
	tally := NewTally(io.Discard, time.Now)
	for i := range 2 * maxMethods {
		tally.Add("m."+strings.Repeat("x", i), OutcomeNotAsked, nil)
	}
	for i := range 2 * maxRemarks {
		tally.Add("m.", OutcomeDifferent, []Difference{{Kind: KindExtra, Path: strings.Repeat("x", i)}})
	}
	if n := len(tally.methods); n != maxMethods+1 || tally.Calls() != 2*maxMethods+2*maxRemarks {
		t.Errorf("%d methods and %d calls are remembered", n, tally.Calls())
	}
	if m := tally.methods["m."]; len(m.differences) != maxRemarks || m.more != maxRemarks {
		t.Errorf("%d differences are remembered, and %d more", len(m.differences), m.more)
	}
}

// TestAReportThatCannotBeWrittenIsToldAtTheEnd: the calls go on.
func TestAReportThatCannotBeWrittenIsToldAtTheEnd(t *testing.T) {
	full := errors.New("disk full")
	r, w := io.Pipe()
	r.CloseWithError(full)
	tally := NewTally(w, time.Now)
	tally.Add("message.list", OutcomeDifferent, []Difference{{Kind: KindExtra, Path: "data.x"}})
	if err := tally.Close(); !errors.Is(err, full) || tally.Calls() != 1 {
		t.Errorf("%v, %d calls", err, tally.Calls())
	}
}
