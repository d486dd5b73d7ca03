package delivery

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// measured is what the database was last seen to hold: of all nodes.
type measured struct {
	queued, onHold int
	inDoubt        map[int64]int // segments by carrier_id
}

// measure counts what a scrape of the metrics shows; the counting is not its to pay.
func (d *Delivery) measure(ctx context.Context) error {
	m := &measured{}
	err := d.DB.Read(ctx, func(q *db.Reader) (err error) {
		if m.queued, m.onHold, err = countQueue(q); err != nil {
			return err
		}
		m.inDoubt, err = countInDoubt(q)
		return err
	})
	if err != nil {
		return fmt.Errorf("count the queue and what is in doubt: %w", err)
	}
	d.measured.Store(m)
	return nil
}

// gauges show the state of each carrier at the moment of asking, and what is in
// the database as it was last measured.
func (d *Delivery) gauges() {
	d.measured.Store(&measured{})
	d.gauge("heliograph_messages_held", "Queued messages held in memory.", d.inMemory)
	d.gauge("heliograph_messages_queued", "Messages in the queue, of all nodes.", func() int { return d.measured.Load().queued })
	d.gauge("heliograph_messages_on_hold", "Queued messages whose accounts are blocked.", func() int { return d.measured.Load().onHold })
	for _, dis := range d.dispatchers {
		dis.gauge("heliograph_carrier_bound", "Links to the carrier that are bound.", func() int { return dis.carrier.State().Bound })
		dis.gauge("heliograph_carrier_window_free", "Window slots of the links that are bound, not in use.", func() int {
			return dis.carrier.Window() - dis.live()
		})
		dis.gauge("heliograph_segments_live", "Segments with an intent and no committed answer, of this node.", dis.live)
		dis.gauge("heliograph_segments_in_doubt", "Segments that were submitted without an answer and are not settled, of all nodes.", func() int {
			return d.measured.Load().inDoubt[dis.id]
		})
	}
}

func (d *Delivery) gauge(name, help string, value func() int) {
	d.Metrics.GaugeFunc(name, help, nil, func() float64 { return float64(value()) })
}

func (dis *dispatcher) gauge(name, help string, value func() int) {
	dis.d.Metrics.GaugeFunc(name, help, map[string]string{"carrier": dis.Name}, func() float64 { return float64(value()) })
}

// live is how many window slots are taken: one for each live intent.
func (dis *dispatcher) live() int {
	dis.mu.Lock()
	defer dis.mu.Unlock()
	return dis.used
}
