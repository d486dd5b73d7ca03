package link

import (
	"crypto/rand"
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// CodeLength is that of a code, its seal included: whoever tries a thousand million of the
// 2·10¹⁴ finds none or one of ten million links.
const CodeLength = drawnLength + sealLength

// drawnLength is how much of a code is drawn, which bounds how many there can be: 5·10¹⁰.
const drawnLength = 6

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// draw gives the beginning of a code by chance.
func draw() string {
	code := make([]byte, 0, drawnLength)
	var random [2 * drawnLength]byte
	for {
		rand.Read(random[:])
		for _, b := range random {
			b &= 63 // the two values past the alphabet are thrown away: all letters are equally likely
			if int(b) < len(alphabet) {
				if code = append(code, alphabet[b]); len(code) == drawnLength {
					return string(code)
				}
			}
		}
	}
}

// isCode tells whether a text has a code's form.
func isCode(s string) bool {
	if len(s) != CodeLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// Personal is a code of one recipient, which leads where the link does.
type Personal struct {
	LinkID    int64
	MessageID int64
	Code      string // set by MakePersonal
}

// maxDraws bounds how often codes are drawn for the same links: the second time would
// be a wonder.
const maxDraws = 20

var errNoCode = errors.New("every code that was drawn is taken")

var insertCode = db.Rows(`INSERT INTO link_code (code, link_id, message_id, clicks, redirects) SELECT :code, :link_id, :message_id, 0, 0 {rows}
	WHERE true ON CONFLICT (code) DO NOTHING RETURNING code`, "code text", "link_id bigint", "message_id bigint")

// MakePersonal writes codes of recipients in the transaction, and sets them: some
// hundreds at a time. The links must be there, or be made in the same transaction.
func (m *Module) MakePersonal(tx *db.Tx, all []*Personal) error {
	s, err := m.sealing(tx)
	if err != nil {
		return err
	}
	return makeCodes(tx, all, func() string {
		drawn := draw()
		return drawn + s.seal(drawn)
	})
}

// makeCodes draws again for those whose code is taken.
func makeCodes(tx *db.Tx, all []*Personal, draw func() string) error {
	for range maxDraws {
		taken, err := tryCodes(tx, all, draw)
		if err != nil || len(taken) == 0 {
			return err
		}
		all = taken
	}
	return errNoCode
}

// tryCodes gives those whose code is taken.
func tryCodes(tx *db.Tx, all []*Personal, draw func() string) (taken []*Personal, err error) {
	open := make(map[string]*Personal, len(all))
	var tried []*Personal
	for _, p := range all {
		p.Code = draw()
		if open[p.Code] != nil {
			taken = append(taken, p)
			continue
		}
		open[p.Code] = p
		tried = append(tried, p)
	}
	err = tx.EachReturning(insertCode, len(tried), func(i int, args []any) {
		args[0], args[1], args[2] = tried[i].Code, tried[i].LinkID, orNull(tried[i].MessageID)
	}, func(row db.Row) error {
		var code string
		err := row.Scan(&code)
		delete(open, code)
		return err
	})
	for _, p := range open {
		taken = append(taken, p)
	}
	return taken, err
}

// orNull is null for 0.
func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
