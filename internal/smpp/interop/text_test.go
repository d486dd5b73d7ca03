//go:build interop

package interop

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/smpp"
	"github.com/heliograph-sms/heliograph/internal/smsc"
	"github.com/heliograph-sms/heliograph/internal/text"
)

// beyondASCII is what GSM-7 has of its own, and what stands elsewhere in ASCII.
const beyondASCII = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà"

// TestInteropKannelCutsAndEncodesAsWeDo compares two programs that know nothing of each other, octet by octet.
func TestInteropKannelCutsAndEncodesAsWeDo(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{})
	k := startKannel(t, esme(s.addr))
	for _, row := range []struct {
		name, text string
		encoding   text.Encoding
		units      []int // in each part
	}{
		{"extension table", "5 € [net] {a|b} ~^\\ \f", text.GSM7, []int{31}},
		{"default alphabet", beyondASCII, text.GSM7, []int{42}},
		{"line ends", "a\r\nb", text.GSM7, []int{4}},
		{"160 septets", strings.Repeat("0123456789", 16), text.GSM7, []int{160}},
		{"161 septets", strings.Repeat("0123456789", 16) + "x", text.GSM7, []int{153, 8}},
		{"two full parts", strings.Repeat("z", 306), text.GSM7, []int{153, 153}},
		{"one septet more", strings.Repeat("z", 307), text.GSM7, []int{153, 153, 1}},
		{"160 septets, all in pairs", strings.Repeat("€", 80), text.GSM7, []int{160}},
		{"no pair is cut", strings.Repeat("€", 80) + "x", text.GSM7, []int{152, 9}},
		{"a pair at the cut", strings.Repeat("x", 152) + "[" + strings.Repeat("y", 152), text.GSM7, []int{152, 153, 1}},
		{"Cyrillic", "Привет, мир", text.UCS2, []int{11}},
		{"surrogates", "ok \U0001F600!", text.UCS2, []int{6}},
		{"70 units", strings.Repeat("ж", 70), text.UCS2, []int{70}},
		{"71 units", strings.Repeat("ж", 71), text.UCS2, []int{67, 4}},
		{"two full parts of UCS-2", strings.Repeat("ж", 134), text.UCS2, []int{67, 67}},
		{"one unit more", strings.Repeat("ж", 135), text.UCS2, []int{67, 67, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			k.send(t, number+"00", row.text, coding(row.encoding))
			checkParts(t, s, row.text, row.encoding, row.units)
		})
	}
}

// coding is Kannel's parameter: it has to be told which alphabet a text needs.
func coding(e text.Encoding) string {
	if e == text.UCS2 {
		return "coding=2"
	}
	return "coding=0"
}

// checkParts takes the submits of one text and compares them with what we would have sent.
func checkParts(t *testing.T, s *server, sent string, encoding text.Encoding, units []int) {
	t.Helper()
	ours, err := text.Split(sent, text.Ref8)
	if err != nil {
		t.Fatal(err)
	}
	var c text.Concat
	var read strings.Builder
	for i, n := range units {
		m := await(t, "a submit_sm", s.submits)
		if i == 0 && m.ESMClass.UDHI() {
			c, _, _ = text.CutUDH(m.ShortMessage) // Kannel chooses the reference, once a message
		}
		if m.Source != (smpp.Address{TON: smpp.TONAlphanumeric, Addr: sender}) || m.Dest.Addr != number+"00" {
			t.Errorf("from %+v to %+v", m.Source, m.Dest)
		}
		if coding := smpp.DataCoding(encoding.DataCoding(false)); m.DataCoding != coding || m.ESMClass.UDHI() != (len(units) > 1) {
			t.Errorf("part %d: data_coding %#02x, esm_class %#02x", i+1, m.DataCoding, m.ESMClass)
		}
		if want := ours.At(i).AppendUserData(nil, c.Ref); !bytes.Equal(m.ShortMessage, want) {
			t.Errorf("part %d of %d:\nKannel sends %x\nwe would send %x", i+1, len(units), m.ShortMessage, want)
		}
		chars := body(t, &m.Message)
		if got := len(chars) / encodedSize(encoding); got != n {
			t.Errorf("part %d has %d units, want %d", i+1, got, n)
		}
		read.WriteString(decode(byte(m.DataCoding), chars))
	}
	if read.String() != sent || ours.Len() != len(units) {
		t.Errorf("we read %q in %d parts, want %q in %d", read.String(), ours.Len(), sent, len(units))
	}
}

// body is the user data without its header.
func body(t testing.TB, m *smpp.Message) []byte {
	t.Helper()
	if !m.ESMClass.UDHI() {
		return m.ShortMessage
	}
	_, rest, err := text.CutUDH(m.ShortMessage)
	if err != nil {
		t.Error(err)
	}
	return rest
}

func encodedSize(e text.Encoding) int {
	if e == text.UCS2 {
		return 2
	}
	return 1
}

func decode(dataCoding byte, userData []byte) string {
	s, err := text.Decode(dataCoding, userData)
	if err != nil {
		return err.Error()
	}
	return s
}

// TestInteropLongTextIsOneMessageAtTheHandset holds for a surrogate pair too that Kannel has cut in two.
func TestInteropLongTextIsOneMessageAtTheHandset(t *testing.T) {
	shown := make(chan smsc.Message, 10)
	s := startSimulator(t, smsc.Config{OnMessage: func(m smsc.Message) { shown <- m }, Decode: decode})
	k := startKannel(t, esme(s.Addr()))
	for name, long := range map[string]string{
		"GSM-7":                      strings.Repeat("5 € [net] ", 30),
		"UCS-2":                      strings.Repeat("Привет, мир. ", 12),
		"a surrogate pair cut apart": strings.Repeat("ж", 66) + "\U0001F600" + strings.Repeat("ж", 40),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := text.Measure(long)
			if err != nil {
				t.Fatal(err)
			}
			k.send(t, number+"00", long, coding(m.Encoding))
			want := smsc.Message{From: sender, To: number + "00", Text: long, Parts: m.Segments}
			if got := await(t, "a message", shown); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestInteropMessageFromAHandsetReachesTheService covers each way a long message can come in.
func TestInteropMessageFromAHandsetReachesTheService(t *testing.T) {
	s := startServer(t, smpp.ServerConfig{})
	k := startKannel(t, esme(s.addr))
	session := await(t, "a session", s.bound)
	texts := map[string]string{
		"GSM-7": " 5 € [net] {a|b} ~^\\ \r\n\f " + beyondASCII, "long GSM-7": strings.Repeat("z€ß", 100),
		"UCS-2": "Привет, мир \U0001F600", "long UCS-2": strings.Repeat("ж", 66) + strings.Repeat("\U0001F600", 40),
	}
	for way, cut := range map[string]func(testing.TB, string) []*smpp.DeliverSM{
		"8-bit reference": withHeader(text.Ref8), "16-bit reference": withHeader(text.Ref16),
		"sar_ parameters": withSAR, "message_payload": withPayload,
	} {
		for name, sent := range texts {
			t.Run(name+", "+way, func(t *testing.T) {
				for _, d := range slices.Backward(cut(t, sent)) { // the order must not matter
					deliver(t, session, d)
				}
				got := await(t, "a call of get-url", k.inbox)
				if got.Get("from") != "+"+number+"00" || got.Get("to") != "1234" || received(got.Get("coding"), got.Get("text")) != sent {
					t.Errorf("got %q", got)
				}
			})
		}
	}
}

// received reads the text of a get-url: UTF-8, but for UCS-2, which is handed on as it came.
func received(coding, octets string) string {
	if coding == "2" {
		return text.DecodeUCS2([]byte(octets))
	}
	return octets
}

func withHeader(size text.RefSize) func(testing.TB, string) []*smpp.DeliverSM {
	return func(t testing.TB, s string) []*smpp.DeliverSM {
		parts, err := text.Split(s, size)
		if err != nil {
			t.Fatal(err)
		}
		deliveries := make([]*smpp.DeliverSM, parts.Len())
		for i := range deliveries {
			p := parts.At(i)
			d := &smpp.DeliverSM{Message: smpp.Message{
				Source: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: number + "00"},
				Dest:   smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: "1234"},

				DataCoding: smpp.DataCoding(p.Encoding.DataCoding(false)), ShortMessage: p.AppendUserData(nil, 0x1234),
			}}
			if p.HasUDH() {
				d.ESMClass = smpp.ESMFeatureUDHI
			}
			deliveries[i] = d
		}
		return deliveries
	}
}

func withSAR(t testing.TB, s string) []*smpp.DeliverSM {
	deliveries := withHeader(text.Ref8)(t, s)
	for i, d := range deliveries {
		d.ShortMessage, d.ESMClass = body(t, &d.Message), 0
		d.TLVs = smpp.Segment{Ref: 0x5678, Total: byte(len(deliveries)), Seq: byte(i + 1)}.TLVs()
	}
	return deliveries
}

func withPayload(t testing.TB, s string) []*smpp.DeliverSM {
	deliveries := withHeader(text.Ref8)(t, s)
	var whole []byte
	for _, d := range deliveries {
		whole = append(whole, body(t, &d.Message)...)
	}
	d := deliveries[0]
	d.ShortMessage, d.ESMClass = nil, 0
	d.TLVs = smpp.TLVs{{Tag: smpp.TagMessagePayload, Value: whole}}
	return deliveries[:1]
}
