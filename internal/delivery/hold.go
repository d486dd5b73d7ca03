package delivery

import (
	"sync/atomic"

	"github.com/heliograph-sms/heliograph/internal/modules/message"
)

// Classes order the queue: single messages go before bulk.
const (
	singleClass = iota
	bulkClass
	classes
)

func class(m *message.Message) int {
	if m.Single() {
		return singleClass
	}
	return bulkClass
}

// hold is the memory for the queued messages of one class. Each class has its own,
// so that a million bulk messages leave the single ones all of theirs.
type hold struct {
	room    int64
	held    atomic.Int64 // messages in memory
	spilled atomic.Bool  // unowned rows may wait in queue: go through it
}

// take makes place for one more message; without a place the class has spilled,
// and what follows waits behind it in the database.
func (h *hold) take() bool {
	if h.held.Add(1) <= h.room {
		return true
	}
	h.held.Add(-1)
	h.spilled.Store(true)
	return false
}

func (h *hold) free() int64 { return h.room - h.held.Load() }

// holdOf is the memory that a message is in, or would be.
func (d *Delivery) holdOf(m *message.Message) *hold { return &d.holds[class(m)] }

// forget gives up the place of a message that was held in memory.
func (d *Delivery) forget(m *message.Message) { d.holdOf(m).held.Add(-1) }

// inMemory counts the messages that are held.
func (d *Delivery) inMemory() (n int) {
	for i := range d.holds {
		n += int(d.holds[i].held.Load())
	}
	return n
}

// spill has the feeder look for unowned rows of every class.
func (d *Delivery) spill() {
	for i := range d.holds {
		d.holds[i].spilled.Store(true)
	}
	d.feeder.Wake()
}
