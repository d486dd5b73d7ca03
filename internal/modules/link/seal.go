package link

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// sealLength is how many letters the seal has that a code ends in.
const sealLength = 2

// A sealer is the cell's secret. It makes a seal of what was drawn for a code: of the codes
// that people make up, all but one in 3844 are seen to be nobody's without a look into the
// database. Who knows how that is done, but not the secret, hits no more often than by
// chance.
type sealer []byte

// seal gives the letters that a code goes on with.
func (s sealer) seal(drawn string) string {
	mac := hmac.New(sha256.New, s)
	mac.Write([]byte(drawn))
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	var letters [sealLength]byte
	for i := range letters {
		letters[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(letters[:])
}

// holds tells whether a text is a code that has its seal.
func (s sealer) holds(code string) bool {
	return isCode(code) && hmac.Equal([]byte(s.seal(code[:drawnLength])), []byte(code[drawnLength:]))
}

const selectSecret = `SELECT secret FROM link_secret WHERE id = 1`

// sealing gives the sealer to a transaction that makes codes. The first of a cell makes it.
func (m *Module) sealing(tx *db.Tx) (sealer, error) {
	if known := m.sealer.Load(); known != nil {
		return *known, nil
	}
	s := make(sealer, sha256.Size)
	rand.Read(s)
	if _, err := tx.Exec(`INSERT INTO link_secret (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, []byte(s)); err != nil {
		return nil, err
	}
	if err := tx.One(selectSecret, nil, (*[]byte)(&s)); err != nil {
		return nil, err
	}
	tx.After(func() { m.sealer.Store(&s) })
	return s, nil
}

// checkSeal fails with ErrNone for what cannot be a code that the cell has made.
func (m *Module) checkSeal(ctx context.Context, code string) error {
	s, err := m.readSealer(ctx)
	switch {
	case errors.Is(err, db.ErrNotFound): // it has made none
		return ErrNone
	case err != nil:
		return err
	case !s.holds(code):
		return ErrNone
	default:
		return nil
	}
}

func (m *Module) readSealer(ctx context.Context) (sealer, error) {
	if known := m.sealer.Load(); known != nil {
		return *known, nil
	}
	var s sealer
	err := m.DB.Read(ctx, func(q *db.Reader) error { return q.One(selectSecret, nil, (*[]byte)(&s)) })
	if err != nil {
		return nil, err
	}
	m.sealer.Store(&s)
	return s, nil
}
