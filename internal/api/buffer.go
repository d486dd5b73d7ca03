package api

import (
	"bytes"
	"encoding/json"
	"sync"
)

// keepBuffer is the largest buffer that goes back to its pool: one huge request
// must not hold its memory for ever.
const keepBuffer = 64 << 10

// A buffer holds a body that was read ahead, or an answer: it comes with a JSON
// encoder that writes to it.
type buffer struct {
	bytes.Buffer
	json *json.Encoder
}

func newBuffer() *buffer {
	b := &buffer{}
	b.json = json.NewEncoder(&b.Buffer)
	b.json.SetEscapeHTML(false)
	return b
}

// value appends one JSON value.
func (b *buffer) value(v any) error {
	if v == nil {
		b.WriteString("null")
		return nil
	}
	if err := b.json.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends with a line break
	return nil
}

type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return newBuffer()
}

func (p *bufferPool) put(b *buffer) {
	if b.Cap() <= keepBuffer {
		b.Reset()
		p.pool.Put(b)
	}
}
