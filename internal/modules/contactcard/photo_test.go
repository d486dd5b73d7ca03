package contactcard_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/heliograph-sms/heliograph/internal/api"
	"github.com/heliograph-sms/heliograph/internal/modules/contactcard"
)

// pictures are good ones, by their format.
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	picture := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})
	all := map[string][]byte{}
	for format, encode := range map[string]func(*bytes.Buffer) error{
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, picture, nil) },
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, picture) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, picture, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		all[format] = b.Bytes()
	}
	return all
}

// pngOf is a PNG whose header claims a size (PNG 1.2 §11.2.2); it has no pixels.
func pngOf(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 2, 0, 0, 0) // 8 bits a channel, RGB
	all := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(all, chunk...), crc32.ChecksumIEEE(chunk))
}

// photo is the one that a card shows; "" = none.
func (w *world) photo(a account, id string) string {
	w.t.Helper()
	var card struct{ Fields struct{ Photo string } }
	w.get(a, "contactCard/get", "id="+id, api.CodeOK, &card)
	return card.Fields.Photo
}

func TestAPhotoIsKeptReplacedAndRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		pictures := pictures(t)
		url := func(format string) string {
			return "data:image/" + format + ";base64," + base64.StdEncoding.EncodeToString(pictures[format])
		}
		same(t, "create", w.upload(a, "contactCard/create", pictures["jpeg"], "data[name]=Ann").Data, `"1"`)
		if got := w.photo(a, "1"); got != url("jpeg") {
			t.Errorf("created with %.100s", got)
		}
		for _, format := range []string{"png", "gif"} {
			same(t, "update", w.upload(a, "contactCard/update", pictures[format], "id=1").Data, `true`)
			if got := w.photo(a, "1"); got != url(format) {
				t.Errorf("updated to %.100s, want %.100s", got, url(format))
			}
		}
		w.get(a, "contactCard/update", "id=1&data[name]=Anna", api.CodeOK, nil)
		if w.photo(a, "1") == "" {
			t.Error("an update without a photo removed it")
		}
		w.get(a, "contactCard/update", "id=1&data[photo]=", api.CodeOK, nil)
		if got := w.photo(a, "1"); got != "" {
			t.Errorf("still %.100s", got)
		}
		w.upload(a, "contactCard/update", pictures["png"], "id=1")
		w.get(a, "contactCard/delete", "id=1", api.CodeOK, nil)
		if n := w.count("SELECT count(*) FROM contact_photo"); n != 0 {
			t.Errorf("%d photos of no card", n)
		}
	})
}

// TestWhatIsNoPhotoIsRefused by its header, with nothing stored, however it is called.
func TestWhatIsNoPhotoIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		a := w.account()
		good := pictures(t)
		id := itoa(w.card(a, "name=Ann"))
		atMost := append(pngOf(contactcard.PhotoSide, contactcard.PhotoSide), make([]byte, contactcard.PhotoMost-33)...)
		for name, tt := range map[string]struct {
			photo []byte
			code  api.Code
		}{
			"the largest":            {atMost, api.CodeOK},
			"a byte too many":        {append(atMost, 0), api.CodeValidation},
			"too wide":               {pngOf(contactcard.PhotoSide+1, 1), api.CodeValidation},
			"too high":               {pngOf(1, contactcard.PhotoSide+1), api.CodeValidation},
			"a bomb":                 {pngOf(1<<31-1, 1<<31-1), api.CodeValidation},
			"no width":               {pngOf(0, 1), api.CodeValidation},
			"nothing":                {nil, api.CodeValidation},
			"text":                   {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), api.CodeValidation},
			"an executable":          {[]byte("\x7fELF\x02\x01\x01"), api.CodeValidation},
			"half a header":          {good["png"][:20], api.CodeValidation},
			"a JPEG without a frame": {good["jpeg"][:20], api.CodeValidation},
			"a GIF's first bytes":    {[]byte("GIF89a"), api.CodeValidation},
		} {
			r := w.upload(a, "contactCard/update", tt.photo, "id="+id, "data[name]="+name)
			if refused := strings.Contains(string(r.Data), `{"photo":[`); r.Code != tt.code || refused != (tt.code != api.CodeOK) {
				t.Errorf("%s: code %d %s", name, r.Code, r.Data)
			}
		}
		var card struct{ Fields struct{ Name string } }
		w.get(a, "contactCard/get", "id="+id, api.CodeOK, &card)
		if card.Fields.Name != "the largest" {
			t.Errorf("a refused update named the card %q", card.Fields.Name)
		}
	})
}
