//go:build interop

package interop

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
)

func TestInteropKannelUnderstandsEveryRowOfTheSimulator(t *testing.T) {
	submits := make(chan smsc.Submit, 1000)
	s := startSimulator(t, smsc.Config{SystemID: systemID, Password: password, OnSubmit: func(m smsc.Submit) { submits <- m }})
	k := startKannel(t, esme(s.Addr()))
	for _, row := range []struct {
		ends    string
		submits int
		kinds   []string
	}{
		{"00", 1, []string{taken, delivered}},
		{"01", 1, []string{taken, failed}},
		{"02", 1, []string{refused}},
		{"03", 1, []string{taken, expired}},
		{"04", 1, []string{taken, failed}},
		{"05", 1, []string{taken}},
		{"06", 1, []string{taken, delivered}},
		{"07", 1, []string{taken}}, // Kannel acknowledges a receipt for an id it does not know yet, and forgets it
		{"08", 2, []string{taken, delivered}},
		{"09", 2, []string{taken, delivered}},
		{"10", 1, []string{taken, delivered}},
		{"11", 1, []string{taken, failed}},
	} {
		t.Run(row.ends, func(t *testing.T) {
			k.send(t, number+row.ends, "hello")
			var last smsc.Submit
			for range row.submits {
				last = await(t, "a submit", submits)
			}
			k.expectReports(t, number+row.ends, last.MessageID, row.kinds...)
			k.send(t, number+"99", "probe") // nothing more was on its way before this
			k.expectReports(t, number+"99", await(t, "a submit", submits).MessageID, taken, delivered)
		})
	}
	if stats := s.Stats(); stats.Dropped > 0 || len(submits) > 0 {
		t.Errorf("%d submits more; %+v", len(submits), stats)
	}
}

func TestInteropIDsMayDifferInTheirBase(t *testing.T) {
	ids := make(chan string, 10)
	s := startSimulator(t, smsc.Config{OnSubmit: func(m smsc.Submit) { ids <- m.MessageID }})
	k := startKannel(t, esme(s.Addr(), "msg-id-type=0x01")) // hexadecimal in the response, decimal in the receipt
	k.send(t, number+"12", "hello")
	id, err := strconv.ParseUint(await(t, "a submit", ids), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	k.expectReports(t, number+"12", strconv.FormatUint(id, 10), taken, delivered)
}

func TestInteropReceiptIsUnderstoodByItsTextAlone(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{})
	k := startKannel(t, esme(s.addr))
	session := await(t, "a session", s.bound)
	for state, kind := range map[smpp.MessageState]string{
		smpp.StateDelivered: delivered, smpp.StateUndeliverable: failed, smpp.StateRejected: failed,
		smpp.StateDeleted: failed, smpp.StateExpired: failed, smpp.StateAccepted: buffered,
	} {
		t.Run(state.String(), func(t *testing.T) {
			k.send(t, number+"00", "hello")
			m := await(t, "a submit_sm", s.submits)
			deliver(t, session, receipt(m, state))
			k.expectReports(t, m.Dest.Addr, m.id, taken, kind)
		})
	}
}

// receipt says what became of a message in the words of Appendix B, without TLVs.
func receipt(m submit, state smpp.MessageState) *smpp.DeliverSM {
	now := time.Now()
	r := smpp.Receipt{
		MessageID: m.id, State: state, Submitted: 1, Delivered: 1, SubmitDate: now, DoneDate: now, Err: "000", Text: "hello",
	}
	return &smpp.DeliverSM{Message: smpp.Message{
		Source: m.Dest, Dest: m.Source, ESMClass: smpp.ESMTypeReceipt, ShortMessage: smpp.AppendReceipt(nil, &r),
	}}
}

// expectReports takes as many reports as there are kinds and compares them; Kannel may hand them on in any order.
func (k *kannel) expectReports(t testing.TB, to, id string, kinds ...string) {
	t.Helper()
	var got, want []string
	for _, kind := range kinds {
		r := await(t, "a report", k.reports)
		got, want = append(got, r.to+" "+r.kind+" "+r.id), append(want, to+" "+kind+" "+id)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("reports %q, want %q", got, want)
	}
}

func startSimulator(t testing.TB, cfg smsc.Config) *smsc.Simulator {
	t.Helper()
	s := smsc.New(cfg)
	if err := s.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(ended()); err != nil {
			t.Error(err)
		}
	})
	return s
}
