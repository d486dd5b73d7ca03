package smpp

import (
	"strconv"
	"strings"
	"time"
)

// receiptKey is one label of a receipt's text. Labels come in any case, with any spacing, in any order.
type receiptKey byte

const (
	keyNone receiptKey = iota
	keyID
	keySub
	keyDelivered
	keySubmitDate
	keyDoneDate
	keyStat
	keyErr
	keyText
)

// parseReceiptText reads what it finds and leaves the rest zero: a receipt with a strange date is still a receipt.
func parseReceiptText(text []byte) Receipt {
	var r Receipt
	s := string(text)
	key, _, from := nextKey(s, 0)
	for key != keyNone && key != keyText {
		next, end, after := nextKey(s, from)
		r.set(key, strings.Trim(s[from:end], " \t\r\n\x00"))
		key, from = next, after
	}
	if key == keyText { // the last label: what follows was written by people and may contain anything
		r.Text = strings.TrimRight(s[from:], "\x00")
	}
	return r
}

func (r *Receipt) set(key receiptKey, value string) {
	switch key {
	case keyID: // like receipted_message_id a C-octet string: it ends at a NUL
		id, _, _ := strings.Cut(value, "\x00")
		r.MessageID = strings.TrimRight(id, " \t\r\n")
	case keySub:
		r.Submitted = count(value)
	case keyDelivered:
		r.Delivered = count(value)
	case keySubmitDate:
		r.SubmitDate = parseReceiptDate(value)
	case keyDoneDate:
		r.DoneDate = parseReceiptDate(value)
	case keyStat:
		r.State = parseStat(value)
	case keyErr:
		r.Err = value
	}
}

// nextKey finds the next label at or after from: where it starts and where its value does. Without one it starts, so
// to speak, at the end of s.
func nextKey(s string, from int) (key receiptKey, start, value int) {
	for i := from; i < len(s); i++ {
		if i > 0 && isLetter(s[i-1]) || !isLetter(s[i]) {
			continue // labels begin words
		}
		if key, value = keyAt(s, i); key != keyNone {
			return key, i, value
		}
	}
	return keyNone, len(s), len(s)
}

// keyAt reads letters, which spaces may divide in two words, up to a colon.
func keyAt(s string, at int) (receiptKey, int) {
	const longest = len("submitdate")
	var word [longest]byte
	n := 0
	for i := at; i < len(s); i++ {
		switch b := s[i]; {
		case b == ':':
			return keyNamed(string(word[:n])), i + 1
		case b == ' ':
		case !isLetter(b) || n == longest:
			return keyNone, 0
		default:
			word[n] = b | 0x20
			n++
		}
	}
	return keyNone, 0
}

func keyNamed(word string) receiptKey {
	switch word {
	case "id":
		return keyID
	case "sub":
		return keySub
	case "dlvrd":
		return keyDelivered
	case "submitdate":
		return keySubmitDate
	case "donedate":
		return keyDoneDate
	case "stat":
		return keyStat
	case "err":
		return keyErr
	case "text":
		return keyText
	}
	return keyNone
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func count(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// parseStat knows the words of table B-2 by how they begin, at least four letters of them: carriers cut them and
// write them out.
func parseStat(word string) MessageState {
	word = strings.ToUpper(word)
	stem := word[:min(len(word), 5)]
	if len(stem) < 4 {
		return 0
	}
	switch {
	case strings.HasPrefix("DELIV", stem):
		return StateDelivered
	case strings.HasPrefix("UNDEL", stem), strings.HasPrefix("FAILE", stem):
		return StateUndeliverable
	case strings.HasPrefix("REJEC", stem):
		return StateRejected
	case strings.HasPrefix("EXPIR", stem):
		return StateExpired
	case strings.HasPrefix("ACCEP", stem):
		return StateAccepted
	case strings.HasPrefix("ENROU", stem):
		return StateEnroute
	case strings.HasPrefix("DELET", stem):
		return StateDeleted
	case strings.HasPrefix("UNKNO", stem):
		return StateUnknown
	}
	return 0
}

// parseReceiptDate reads YYMMDDhhmm of Appendix B, with seconds or without, cut to the hour or the day, or with
// four digits of year. What is none of these is the zero time.
func parseReceiptDate(s string) time.Time {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	s = s[:min(digits&^1, 14)]
	for _, layout := range receiptLayouts(len(s)) {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 2000 {
			return t
		}
	}
	return time.Time{}
}

func receiptLayouts(length int) []string {
	switch length {
	case 6:
		return []string{"060102"}
	case 8:
		return []string{"06010215"}
	case 10:
		return []string{"0601021504"}
	case 12:
		return []string{"060102150405", "200601021504"}
	case 14:
		return []string{"20060102150405"}
	}
	return nil
}
