package link

import (
	"fmt"
	"net/http"

	"rsc.io/qr"
)

// quiet is the border around a QR code, in modules (ISO/IEC 18004 §6.3.8).
const quiet = 4

// draw answers a short link as a QR code: kind is png or svg.
func (m *Module) draw(w http.ResponseWriter, code, kind string) {
	picture, err := qr.Encode(m.ShortLink(code), qr.M)
	if err != nil {
		nowhere(w) // links.base is longer than a QR code can be
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch kind {
	case "png":
		h.Set("Content-Type", "image/png")
		_, _ = w.Write(picture.PNG())
	case "svg":
		h.Set("Content-Type", "image/svg+xml")
		writeSVG(w, picture)
	default:
		nowhere(w)
	}
}

// writeSVG draws each dark stretch of a row as one rectangle.
func writeSVG(w http.ResponseWriter, picture *qr.Code) {
	size := picture.Size + 2*quiet
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size, size, size)
	for y := range picture.Size {
		for x := 0; x < picture.Size; x++ {
			begin := x
			for x < picture.Size && picture.Black(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(w, "M%d %dh%dv1h-%dz", begin+quiet, y+quiet, x-begin, x-begin)
			}
		}
	}
	fmt.Fprint(w, `"/></svg>`+"\n")
}
