package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/heliograph-sms/heliograph/internal/smsc"
)

// handset prints messages as they arrive, like a phone.
type handset struct {
	mu  sync.Mutex
	out io.Writer
}

func newHandset(out io.Writer) *handset { return &handset{out: out} }

func (h *handset) show(m smsc.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	parts := ""
	if m.Parts > 1 {
		parts = fmt.Sprintf(" (%d segments)", m.Parts)
	}
	text := strings.ReplaceAll(m.Text, "\n", "\n          ")
	fmt.Fprintf(h.out, "%s  +%s  from %s%s\n          %s\n", time.Now().Format(time.TimeOnly), m.To, m.From, parts, text)
}
