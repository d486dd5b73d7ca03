package delivery

import (
	"context"
	"fmt"

	"github.com/heliograph-sms/heliograph/internal/db"
)

// Overview is the state of all carriers in the database, for people to look at.
type Overview struct {
	Carriers []CarrierOverview // by name
	Queued   int               // messages that no carrier has been chosen for yet
	OnHold   int               // of these: their accounts are blocked
}

// CarrierOverview is a carrier as its nodes tell and its segments show.
type CarrierOverview struct {
	Name    string
	Nodes   []NodeLinks // the living ones, oldest first
	Live    int         // intents without a committed answer, which is the window in use
	InDoubt int         // segments that were submitted and have no answer
}

// NodeLinks is how one node's links to a carrier are.
type NodeLinks struct {
	Node      string
	Binds     int    // how many links there are to be
	Bound     int    // how many are bound
	Window    int    // of those that are
	Problem   string // the last error of one that is not; "" = there was none
	ChangedMs int64  // since when all this is so, Unix ms
}

// ReadOverview reads the state of all carriers, beside the servers or without any.
func ReadOverview(ctx context.Context, d *db.DB) (*Overview, error) {
	o := &Overview{}
	err := d.Read(ctx, func(q *db.Reader) (err error) {
		if o.Queued, o.OnHold, err = countQueue(q); err != nil {
			return err
		}
		return o.readCarriers(q, d.Now())
	})
	if err != nil {
		return nil, fmt.Errorf("read the carriers' state: %w", err)
	}
	return o, nil
}

func (o *Overview) readCarriers(q *db.Reader, now int64) error {
	live, err := countByCarrier(q, `SELECT carrier_id, count(*) FROM pending WHERE status = 1 AND attempt > doubt GROUP BY carrier_id`)
	if err != nil {
		return err
	}
	inDoubt, err := countInDoubt(q)
	if err != nil {
		return err
	}
	nodes, err := readLinks(q, now)
	if err != nil {
		return err
	}
	return q.Query(`SELECT id, name FROM carrier ORDER BY name`, func(rows db.Row) error {
		var id int64
		var c CarrierOverview
		err := rows.Scan(&id, &c.Name)
		c.Nodes, c.Live, c.InDoubt = nodes[id], live[id], inDoubt[id]
		o.Carriers = append(o.Carriers, c)
		return err
	})
}

// readLinks gives what the living nodes tell of their links, by carrier.
func readLinks(q *db.Reader, now int64) (map[int64][]NodeLinks, error) {
	alive, err := q.LiveNodes(now)
	if err != nil {
		return nil, err
	}
	nodes := map[int64][]NodeLinks{}
	err = q.Query(`SELECT carrier_id, epoch, binds, bound, slots, problem, changed_ms FROM link ORDER BY epoch`, func(rows db.Row) error {
		var carrier, epoch int64
		var n NodeLinks
		err := rows.Scan(&carrier, &epoch, &n.Binds, &n.Bound, &n.Window, &n.Problem, &n.ChangedMs)
		if name, ok := alive[epoch]; ok {
			n.Node = name
			nodes[carrier] = append(nodes[carrier], n)
		}
		return err
	})
	return nodes, err
}

func countQueue(q *db.Reader) (queued, onHold int, err error) {
	if err := q.One(`SELECT count(*) FROM queue`, nil, &queued); err != nil {
		return 0, 0, err
	}
	err = q.One(`SELECT count(*) FROM queue WHERE epoch < 0`, nil, &onHold)
	return queued, onHold, err
}

// countInDoubt counts the segments in doubt by carrier: those that an answer, a
// receipt or the end of validity has settled are not any more.
func countInDoubt(q *db.Reader) (map[int64]int, error) {
	return countByCarrier(q, `SELECT carrier_id, count(*) FROM pending WHERE doubt > 0 AND status = 1 GROUP BY carrier_id`)
}

func countByCarrier(q *db.Reader, query string) (map[int64]int, error) {
	counts := map[int64]int{}
	err := q.Query(query, func(rows db.Row) error {
		var carrier int64
		var n int
		err := rows.Scan(&carrier, &n)
		counts[carrier] = n
		return err
	})
	return counts, err
}
