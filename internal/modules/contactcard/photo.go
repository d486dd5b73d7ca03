package contactcard

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif"  // a format of photos
	_ "image/jpeg" // a format of photos
	_ "image/png"  // a format of photos
	"io"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/db"
)

// Bounds of a photo: bytes, and pixels of a side.
const (
	photoMost = 2 << 20
	photoSide = 4096
)

// photo is what is to become of a card's photo: where none was sent it stays as it is,
// and one without data removes it.
type photo struct {
	sent   bool
	format string // jpeg, png, gif
	data   []byte
}

// readPhoto reads an uploaded picture and judges it by its header. What is wrong with
// it is noted in v; an error is a failure to read it.
func readPhoto(v *api.Validation, node *api.Tree) (photo, error) {
	file := node.File()
	switch {
	case node.IsEmpty():
		return photo{sent: node != nil}, nil
	case file == nil:
		v.Add("photo", "value.notFile", nil)
		return photo{}, nil
	case file.Size > photoMost:
		v.Add("photo", "contactCard.photoTooLarge", api.Args{"Max": photoMost >> 20})
		return photo{}, nil
	}
	opened, err := file.Open()
	if err != nil {
		return photo{}, fmt.Errorf("open an uploaded photo: %w", err)
	}
	defer opened.Close()
	data, err := io.ReadAll(opened)
	if err != nil {
		return photo{}, fmt.Errorf("read an uploaded photo: %w", err)
	}
	return judgePhoto(v, data), nil
}

// judgePhoto decodes no more than the header: what a picture unpacks to can be a
// thousand times its size.
func judgePhoto(v *api.Validation, data []byte) photo {
	header, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil, format != "jpeg" && format != "png" && format != "gif", header.Width <= 0, header.Height <= 0:
		v.Add("photo", "contactCard.notPhoto", nil)
	case header.Width > photoSide || header.Height > photoSide:
		v.Add("photo", "contactCard.photoTooWide", api.Args{"Max": photoSide})
	}
	return photo{true, format, data}
}

// store replaces a card's photo.
func (p photo) store(tx *db.Tx, cardID int64) error {
	switch {
	case !p.sent:
		return nil
	case p.data == nil:
		return removePhoto(tx, cardID)
	}
	_, err := tx.Exec(`INSERT INTO contact_photo (card_id, format, data) VALUES ($1, $2, $3)
		ON CONFLICT (card_id) DO UPDATE SET format = excluded.format, data = excluded.data`, cardID, p.format, p.data)
	return err
}

// url is the photo as it stands on the wire: a data URL (RFC 2397).
func (p photo) url() string {
	return "data:image/" + p.format + ";base64," + base64.StdEncoding.EncodeToString(p.data)
}

// findPhoto reads a card's photo; db.ErrNotFound says that it has none.
func findPhoto(q *db.Reader, cardID int64) (p photo, err error) {
	p.sent = true
	err = q.One(`SELECT format, data FROM contact_photo WHERE card_id = $1`, []any{cardID}, &p.format, &p.data)
	return p, err
}

func removePhoto(tx *db.Tx, cardID int64) error {
	_, err := tx.Exec(`DELETE FROM contact_photo WHERE card_id = $1`, cardID)
	return err
}
