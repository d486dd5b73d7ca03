package smsc

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/smpp"
)

func TestReceiptsNotAcknowledgedComeAgainOnTheNextBind(t *testing.T) {
	const n = 150 // more than a window
	c := startCarrier(t, Config{})
	deaf := bind(t, c.Addr(), smpp.Transceiver, func() smpp.Status { return unanswered })
	ids := map[string]bool{}
	heard := 0
	for range n {
		deaf.send(single(number+"00", "hello"))
	}
	for len(ids) < n || heard < receiptWindow {
		if ev := deaf.next(); ev.resp != nil {
			ids[ev.resp.MessageID] = true
		} else {
			heard++
		}
	}
	deaf.close()
	e := bind(t, c.Addr(), smpp.Receiver, ok)
	for range n {
		ev := e.next()
		if ev.receipt == nil || !ids[ev.receipt.MessageID] {
			t.Fatalf("heard %+v", ev)
		}
		delete(ids, ev.receipt.MessageID)
	}
	eventually(t, "all acknowledged", func() bool { return c.Stats().Acknowledged == n })
	if s := c.Stats(); s.Redelivered != receiptWindow || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}
}

func TestReceiptsWaitForAReceiverOfTheSameName(t *testing.T) {
	c := startCarrier(t, Config{})
	transmitter := bind(t, c.Addr(), smpp.Transmitter, ok)
	transmitter.send(single(number+"00", "hello"))
	id := transmitter.waitAnswer(smpp.StatusOK).MessageID
	stranger, err := smpp.Dial(testContext(t), smpp.Config{Addr: c.Addr(), SystemID: "other", OnDeliver: func(*smpp.DeliverSM, func(smpp.Status)) {
		t.Error("somebody else's receipt")
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close(testContext(t))
	bind(t, c.Addr(), smpp.Receiver, ok).waitReceipt(id, smpp.StateDelivered)
}

func TestReceiptRefusedForNowComesAgain(t *testing.T) {
	c := startCarrier(t, Config{})
	answers := make(chan smpp.Status, 2)
	answers <- smpp.StatusReceiverTemporary
	answers <- smpp.StatusOK
	e := bind(t, c.Addr(), smpp.Transceiver, func() smpp.Status { return <-answers })
	e.send(single(number+"00", "hello"))
	id := e.waitAnswer(smpp.StatusOK).MessageID
	e.waitReceipt(id, smpp.StateDelivered)
	e.waitReceipt(id, smpp.StateDelivered)
}

func TestIDsAreUniqueAcrossRestarts(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		c := startCarrier(t, Config{})
		e := bind(t, c.Addr(), smpp.Transmitter, ok)
		for _, row := range []string{"00", "12"} {
			e.send(single(number+row, "hello"))
			id := e.waitAnswer(smpp.StatusOK).MessageID
			if seen[id] {
				t.Errorf("%s twice", id)
			}
			seen[id] = true
		}
		e.close()
		if err := c.Stop(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessagesArePutTogetherHoweverTheyAreCut(t *testing.T) {
	to := number + "00"
	wide := part(to, "", 0, 0, 0)
	wide.ShortMessage = []byte("\x06\x08\x04\x01\x02\x02\x01\x04\x1f")
	wide.DataCoding = smpp.CodingUCS2
	wide2 := *wide
	wide2.ShortMessage = []byte("\x06\x08\x04\x01\x02\x02\x02\x04\x40")
	sar := func(seq byte, text string) *smpp.SubmitSM {
		m := single(to, text)
		m.TLVs = smpp.Segment{Ref: 900, Total: 2, Seq: seq}.TLVs()
		return m
	}
	payload := single(to, "")
	payload.TLVs = smpp.TLVs{{Tag: smpp.TagMessagePayload, Value: []byte("long")}}
	broken := single(to, "\xffxx")
	broken.ESMClass = smpp.ESMFeatureUDHI
	for name, tc := range map[string]struct {
		parts []*smpp.SubmitSM
		want  Message
	}{
		"8 bit, backwards, one twice": {[]*smpp.SubmitSM{part(to, "c", 1, 3, 3), part(to, "b", 1, 3, 2), part(to, "b", 1, 3, 2), part(to, "a", 1, 3, 1)},
			Message{"Shop", to, "abc", 3}},
		"16 bit, UCS-2":   {[]*smpp.SubmitSM{wide, &wide2}, Message{"Shop", to, "Пр", 2}},
		"sar":             {[]*smpp.SubmitSM{sar(2, "b"), sar(1, "a")}, Message{"Shop", to, "ab", 2}},
		"message_payload": {[]*smpp.SubmitSM{payload}, Message{"Shop", to, "long", 1}},
		"broken header":   {[]*smpp.SubmitSM{broken}, Message{"Shop", to, "\uFFFDxx", 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c := startCarrier(t, Config{})
			e := bind(t, c.Addr(), smpp.Transmitter, ok)
			for _, m := range tc.parts {
				e.send(m)
				e.waitAnswer(smpp.StatusOK)
			}
			c.waitMessage(t, tc.want)
			if len(c.messages) != 0 {
				t.Error("shown twice")
			}
		})
	}
}

func TestDataSMIsASubmitToo(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	resp, err := e.session.Do(testContext(t), &smpp.DataSM{
		Source: smpp.Address{Addr: "Shop"}, Dest: smpp.Address{Addr: number + "00"}, RegisteredDelivery: smpp.ReceiptFinal,
		TLVs: smpp.TLVs{{Tag: smpp.TagMessagePayload, Value: []byte("hello")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.waitReceipt(resp.(*smpp.DataSMResp).MessageID, smpp.StateDelivered)
	c.waitMessage(t, Message{"Shop", number + "00", "hello", 1})
}

func TestOnlyTheConfiguredESMEBinds(t *testing.T) {
	c := startCarrier(t, Config{SystemID: "esme", Password: "secret"})
	for _, tc := range []struct {
		id, password string
		want         smpp.Status
	}{{"esme", "secret", smpp.StatusOK}, {"esme", "wrong", smpp.StatusInvPassword}, {"other", "secret", smpp.StatusInvSystemID}} {
		s, err := smpp.Dial(testContext(t), smpp.Config{Addr: c.Addr(), SystemID: tc.id, Password: tc.password})
		var status *smpp.StatusError
		if err == nil {
			s.Close(testContext(t))
		} else if !errors.As(err, &status) || status.Status != tc.want {
			t.Errorf("%s/%s: %v", tc.id, tc.password, err)
		}
		if (err == nil) != (tc.want == smpp.StatusOK) {
			t.Errorf("%s/%s: %v", tc.id, tc.password, err)
		}
	}
}

func TestRateThrottlesWhatIsAboveIt(t *testing.T) {
	c := startCarrier(t, Config{Rate: 5})
	e := bind(t, c.Addr(), smpp.Transmitter, ok)
	for range 50 {
		e.send(single(number+"00", "hello"))
	}
	throttled := 0
	for range 50 {
		if ev := e.next(); ev.resp.Status == smpp.StatusThrottled {
			throttled++
		}
	}
	if throttled < 40 || throttled > 45 {
		t.Errorf("%d of 50 throttled", throttled)
	}
	if s := c.Stats(); s.Submits != 50 || s.Throttled != uint64(throttled) || s.Accepted != uint64(50-throttled) {
		t.Errorf("%+v", s)
	}
}

func TestDelaysAreKept(t *testing.T) {
	const response, receipt = 20 * time.Millisecond, 30 * time.Millisecond
	c := startCarrier(t, Config{ResponseDelay: response, ReceiptDelay: receipt})
	e := bind(t, c.Addr(), smpp.Transceiver, ok)
	began := time.Now()
	e.send(single(number+"00", "hello"))
	id := e.waitAnswer(smpp.StatusOK).MessageID
	if d := time.Since(began); d < response {
		t.Errorf("answered after %v", d)
	}
	e.waitReceipt(id, smpp.StateDelivered)
	if d := time.Since(began); d < response+receipt {
		t.Errorf("reported after %v", d)
	}
}

func TestSubmitsAreSeenWithTheirAnswers(t *testing.T) {
	c := startCarrier(t, Config{})
	e := bind(t, c.Addr(), smpp.Transmitter, ok)
	e.send(part(number+"00", "ab", 9, 2, 1))
	id := e.waitAnswer(smpp.StatusOK).MessageID
	got := <-c.submits
	want := Submit{SystemID: "esme", From: "Shop", To: number + "00", Data: []byte("ab"), Ref: 9, Part: 1, Parts: 2, MessageID: id}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStartTwiceAndStopTwice(t *testing.T) {
	s := New(Config{})
	if err := s.Stop(testContext(t)); err != nil {
		t.Error(err)
	}
	if err := s.Start(context.Background(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(context.Background(), "127.0.0.1:0"); !errors.Is(err, ErrStarted) {
		t.Error(err)
	}
	if err := New(Config{}).Start(context.Background(), s.Addr()); err == nil {
		t.Error("started on a taken port")
	}
	for range 2 {
		if err := s.Stop(testContext(t)); err != nil {
			t.Error(err)
		}
	}
}

func TestMemoryIsBoundedAndForgets(t *testing.T) {
	m, now := newMemory(), time.Now()
	key := func(i int) uint64 { return m.key("a", "b", segment{0, 1, 1, fmt.Append(nil, i)}) }
	for i := range 3 * memoryLimit {
		m.first(key(i), now)
	}
	if n := len(m.current) + len(m.old); n > 2*memoryLimit {
		t.Errorf("%d keys", n)
	}
	if m.first(key(3*memoryLimit-1), now) {
		t.Error("the latest key was forgotten")
	}
	if !m.first(key(0), now) {
		t.Error("the oldest key was kept")
	}
}

func TestUnfinishedMessagesAreForgotten(t *testing.T) {
	a, now := newAssembler(), time.Now()
	for i := range 2 * assemblyLimit {
		a.add("a", fmt.Sprint(i), segment{1, 1, 2, nil}, now)
	}
	if n := len(a.open); n > assemblyLimit {
		t.Errorf("%d open", n)
	}
	a.add("a", "last", segment{1, 1, 2, nil}, now.Add(assemblyAge))
	if n := len(a.open); n != 1 {
		t.Errorf("%d open after an hour", n)
	}
}

func TestDequeIsAQueueWithTwoEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d deque
		var model []*notice
		t.Repeat(map[string]func(*rapid.T){
			"back":  func(*rapid.T) { n := &notice{}; d.pushBack(n); model = append(model, n) },
			"front": func(*rapid.T) { n := &notice{}; d.pushFront(n); model = append([]*notice{n}, model...) },
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				if d.popFront() != model[0] {
					t.Fatal("out of order")
				}
				model = model[1:]
			},
			"": func(t *rapid.T) {
				if d.len() != len(model) {
					t.Fatalf("%d, want %d", d.len(), len(model))
				}
			},
		})
	})
}

func TestScheduleRunsInOrder(t *testing.T) {
	s := newSchedule()
	ctx, cancel := context.WithCancel(context.Background())
	left, order := make(chan struct{}), make(chan int, 3)
	go func() { s.run(ctx); close(left) }()
	for _, ms := range []int{15, 1, 8} {
		s.after(time.Duration(ms)*time.Millisecond, func() { order <- ms })
	}
	for _, want := range []int{1, 8, 15} {
		if got := <-order; got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	cancel()
	<-left
}

// BenchmarkSubmitWithReceipt is both ends of the wire: submit, answer, receipt, acknowledgement.
func BenchmarkSubmitWithReceipt(b *testing.B) {
	s := New(Config{})
	if err := s.Start(context.Background(), "127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	defer s.Stop(context.Background())
	const window = 200
	free := make(chan struct{}, window)
	session, err := smpp.Dial(context.Background(), smpp.Config{
		Addr: s.Addr(), Window: window, SystemID: "esme",
		OnDeliver: func(_ *smpp.DeliverSM, ack func(smpp.Status)) { ack(smpp.StatusOK); <-free },
	})
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close(context.Background())
	m, done := single(number+"00", "hello"), func(smpp.PDU, error) {}
	b.ReportAllocs()
	for b.Loop() {
		free <- struct{}{}
		session.Send(m, done)
	}
	for range window {
		free <- struct{}{}
	}
}
