package main

import (
	"context"
	"encoding/xml"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestKannelsConfiguration(t *testing.T) {
	addresses := []string{"127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"}
	for _, k := range []kannel{{binds: 1}, {binds: 2}, {spool: true, binds: 2}} {
		text, err := k.configure("127.0.0.1:1004", "/tmp/spool", addresses)
		if err != nil || strings.Contains(text, "%!") {
			t.Errorf("%+v: %v\n%s", k, err, text)
		}
		for part, want := range map[string]int{
			"admin-port = 1001\n": 1, "smsbox-port = 1002\n": 1, "bearerbox-port = 1002\n": 1, "sendsms-port = 1003\n": 1,
			"\nport = 1004\n": k.binds, "\nmax-pending-submits = 100\n": k.binds, "smsc-username = bench1\n": 1, "smsc-username = bench2\n": k.binds - 1,
			"store-type = spool\nstore-location = \"/tmp/spool\"\n\ngroup": map[bool]int{true: 1}[k.spool],
		} {
			if got := strings.Count(text, part); got != want {
				t.Errorf("%+v has %q %d times, not %d:\n%s", k, part, got, want, text)
			}
		}
	}
}

func TestKannelsStatusIsRead(t *testing.T) {
	const page = `<?xml version="1.0"?><gateway><version>Kannel bearerbox</version><wdp><sent><total>3</total></sent></wdp>
<sms><received><total>4</total></received><sent><total>19697</total><queued>0</queued></sent></sms><dlr><sent><total>5</total></sent></dlr>
<boxes><box><type>smsbox</type><id>texts</id></box></boxes>
<smscs><count>2</count><smsc><status>online 3s</status></smsc><smsc><status>re-connecting</status></smsc></smscs></gateway>`
	var s status
	if err := xml.Unmarshal([]byte(page), &s); err != nil || s.Sent != 19697 || len(s.Boxes) != 1 || s.Boxes[0] != "texts" || s.online() != 1 {
		t.Errorf("status = %+v, %v", s, err)
	}
}

// Kannel takes the callback's address out of the request, puts the kind of report in the place of %d, and calls.
func TestTheSinkReadsWhatKannelIsToldToCall(t *testing.T) {
	request := string(sendsms("127.0.0.1:1", "http://127.0.0.1:2").fill(4711))
	u, err := url.Parse(strings.Fields(request)[1])
	if err != nil {
		t.Fatal(err)
	}
	callback, ok := strings.CutPrefix(u.Query().Get("dlr-url"), "http://127.0.0.1:2")
	id, delivered := readCallback([]byte("GET "+strings.Replace(callback, "%d", "1", 1)+" HTTP/1.1\r\n\r\n"), nil)
	if !ok || id != 4711 || !delivered {
		t.Errorf("%q: %d, %v", callback, id, delivered)
	}
	if strings.Contains(string(sendsms("127.0.0.1:1", "")), "dlr") {
		t.Error("a report is asked for, and nobody is to be called")
	}
}

// Both contestants' answers, each way, from a server that holds the first few back: what is due meanwhile is sent all the same.
func TestASteadyLoadSendsEachMessageOnceAndWaitsForNone(t *testing.T) {
	const total, held = 40, 10
	var mu sync.Mutex
	seen := map[int64]int{}
	rest := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
		mu.Lock()
		seen[id]++
		if len(seen) == total {
			close(rest)
		}
		mu.Unlock()
		if id < 100+held {
			select {
			case <-rest:
			case <-r.Context().Done():
			}
		}
		switch id % 4 {
		case 0:
			w.WriteHeader(http.StatusAccepted)
		case 1:
			w.Write([]byte(`{"code":0,"data":null}`))
		case 2:
			w.Write([]byte(`{"code":15,"data":null}`))
		case 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	accepted, p99, err := steady{address: host, shot: getShot(host, "/?id={id}"), first: 100, rate: 400, load: 100 * time.Millisecond}.run(ctx)
	if err != nil || accepted != total/2 || p99 <= 0 || len(seen) != total {
		t.Errorf("%d accepted of %d, p99 %v, %v", accepted, len(seen), p99, err)
	}
	for id, n := range seen {
		if n != 1 || id < 100 || id >= 100+total {
			t.Errorf("%d came %d times", id, n)
		}
	}
}

func TestASteadyLoadEndsWithItsServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, _, err := (steady{address: server.Listener.Addr().String(), rate: 1, load: time.Hour}).run(t.Context()); err == nil {
		t.Error("it went on")
	}
}

// news is a message that the sink hears of, after a while.
type news struct {
	after time.Duration
	id    int64
}

func TestARunEndsWhenAllWasHeardOfOrNothingIsAnyMore(t *testing.T) {
	const s = time.Second
	cases := map[string]struct {
		accepted, submitted, before int64
		news                        []news
		want                        figures
		last                        time.Duration
	}{
		"all":                    {3, 3, 0, []news{{1 * s, 1}, {2 * s, 2}, {3 * s, 3}}, figures{}, 3 * s},
		"one too often":          {2, 2, 0, []news{{1 * s, 1}, {2 * s, 1}, {3 * s, 2}}, figures{Doubled: 1}, 3 * s},
		"the last too often":     {1, 1, 0, []news{{1 * s, 1}, {1*s + calm/2, 1}}, figures{Doubled: 1}, 1*s + calm/2},
		"one never":              {3, 3, 0, []news{{1 * s, 1}, {2 * s, 3}}, figures{Lost: 1}, 2 * s},
		"one after long silence": {2, 2, 0, []news{{1 * s, 1}, {15 * s, 2}}, figures{}, 15 * s},
		"more than wrk has seen": {1, 2, 0, []news{{1 * s, 1}, {9 * s, 2}}, figures{}, 9 * s},
		"submitted, then lost":   {1, 2, 0, []news{{1 * s, 1}}, figures{Lost: 1}, 1 * s},
		"some of a load before":  {1, 8, 7, []news{{1 * s, 1}}, figures{}, 1 * s},
		"nothing":                {2, 0, 0, nil, figures{Lost: 2}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &meter{stage: &stage{sink: &sink{seen: map[int64]struct{}{}}}, before: c.before, entrant: &entrant{
					submitted: func(context.Context) (int64, error) { return c.submitted, nil },
				}}
				begin := time.Now()
				for _, n := range c.news {
					time.AfterFunc(n.after, func() { m.sink.note(n.id, true) })
				}
				o, err := m.settle(t.Context(), c.accepted, begin)
				var got figures
				o.count(&got)
				if err != nil || got != c.want || o.last.Sub(begin) != c.last {
					t.Errorf("%+v, the last after %v, %v; want %+v after %v", got, o.last.Sub(begin), err, c.want, c.last)
				}
			})
		})
	}
}

func TestWithoutCallbacksARunEndsWhenAllIsSubmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		m := &meter{stage: &stage{options: options{acceptOnly: true}}, before: 100, entrant: &entrant{
			submitted: func(context.Context) (int64, error) {
				return 100 + min(30, int64(time.Since(begin)/(100*time.Millisecond))), nil
			},
		}}
		o, err := m.settle(t.Context(), 30, begin)
		if err != nil || o.heard != 30 || o.taken != 30 || o.last.Sub(begin).Round(100*time.Millisecond) != 3*time.Second {
			t.Errorf("%+v after %v, %v", o, o.last.Sub(begin), err)
		}
	})
}

func TestADisturbedPairIsDroppedAndDoneAgain(t *testing.T) {
	o := options{pairs: 2, tolerance: .1}
	var order strings.Builder
	foreign := []float64{.05, .1, .11, .02, .02, .02, .5, 0} // by run
	kept, dropped, err := o.rounds([]contestant{kannel{}, ours{}}, func(c contestant) (f figures, err error) {
		order.WriteString(c.String() + " ")
		f.Foreign, foreign = foreign[0], foreign[1:]
		return f, nil
	})
	if err != nil || len(kept) != 2 || dropped != 1 || len(kept[0]) != 2 || len(kept[1]) != 2 {
		t.Errorf("kept %v, dropped %d, %v", kept, dropped, err)
	}
	if got := order.String(); got != "kannel sqlite sqlite sqlite kannel " {
		t.Errorf("the order was %s", got)
	}
	broken := errors.New("broken")
	if _, _, err := o.rounds([]contestant{ours{}}, func(contestant) (figures, error) { return figures{}, broken }); !errors.Is(err, broken) {
		t.Errorf("a run that fails: %v", err)
	}
	if _, dropped, err := o.rounds([]contestant{ours{}}, func(contestant) (figures, error) { return figures{Foreign: 1}, nil }); !errors.Is(err, errForeign) || dropped != 4 {
		t.Errorf("a machine that is never left alone: %d dropped, %v", dropped, err)
	}
}

func TestShareOfTheMachine(t *testing.T) {
	if got := share(3*time.Second, 10*time.Second, 2); got != .15 {
		t.Errorf("3 s of 2 processors in 10 s are %v of them", got)
	}
	if got := share(-time.Millisecond, time.Second, 2); got != 0 {
		t.Errorf("less than nothing is %v", got)
	}
}

func TestRatiosAreThoseOfTheSamePair(t *testing.T) {
	rounds := []round{
		{"kannel": {Cycle: 2000}, "kannel-spool": {Cycle: 1000}, "sqlite": {Cycle: 4000, Lost: 1}},
		{"kannel": {Cycle: 1000}, "kannel-spool": {Cycle: 1500}, "sqlite": {Cycle: 1500, Lost: 2, Doubled: 5, Other: 1}}, // the spool is faster
		{"kannel": {Cycle: 4000}, "kannel-spool": {Cycle: 1000}, "sqlite": {Cycle: 5000, Foreign: .7}},
	}
	s := standingOf("sqlite", rounds)
	if s.ToBest != (spread{1.25, 1, 2}) || s.ToSpool != (spread{4, 1, 5}) || s.Cycle != (spread{4000, 1500, 5000}) || s.Lost != 3 || s.Doubled != 5 || s.Other != 1 {
		t.Errorf("%+v", s)
	}
	alone := standingOf("sqlite", []round{{"sqlite": {Cycle: 1}}})
	if alone.ToBest != (spread{}) || math.IsInf(alone.ToSpool.Max, 0) {
		t.Errorf("without a Kannel: %+v", alone)
	}
	st := &stage{options: options{contestants: []string{"kannel", "sqlite"}, connections: 32, steady: 1500}, durability: map[string]string{"sqlite": "synced"}}
	var out strings.Builder
	err := st.result(machine{Processors: 2, Model: "M"}, rounds, 1).print(&out)
	for _, want := range []string{"| sqlite | 4000 (1500–5000) | 1.25 (1.00–2.00) | 4.00 (1.00–5.00) |", "| 3 | 5 |\n", "sqlite: durability synced; others used 70 % of", "; 1 callbacks did not", `"droppedPairs":1`} {
		if err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("no %q, %v:\n%s", want, err, &out)
		}
	}
}

func TestOptions(t *testing.T) {
	o, err := readOptions([]string{"-contestants", "sqlite,kannel", "-seconds", "3", "-accept"})
	if err != nil || len(o.contestants) != 2 || o.load != 3*time.Second || !o.acceptOnly || o.tolerance != .1 || o.pairs != 5 || o.steady != 1500 {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := readOptions([]string{"-contestants", "kannel,jasmin"}); err == nil {
		t.Error("a stranger may run")
	}
}

func TestProcessorsModelIsRead(t *testing.T) {
	if got := modelName("processor\t: 0\nmodel name\t: AMD EPYC 9\nprocessor\t: 1\nmodel name\t: other\n"); got != "AMD EPYC 9" {
		t.Errorf("%q", got)
	}
}
