package delivery

import "github.com/heliograph-sms/heliograph/internal/db"

// Room is how many more bulk messages memory takes: none while some that had no place
// wait in the database.
func (d *Delivery) Room() int {
	h := &d.holds[bulkClass]
	if h.spilled.Load() {
		return 0
	}
	return int(max(0, h.free()))
}

// Withdraw takes messages out of the queue, in the caller's transaction, whoever holds
// them, and tells which they were: no carrier was given those, and none will be.
func (d *Delivery) Withdraw(tx *db.Tx, ids []int64) (withdrawn []int64, err error) {
	err = tx.EachTouched(dropFromQueue, len(ids), func(i int, args []any) { args[0] = ids[i] },
		func(i int) { withdrawn = append(withdrawn, ids[i]) })
	return withdrawn, err
}

var selectRefusal = db.Rows("SELECT refusal.message_id, refusal.reason FROM refusal {rows} WHERE refusal.message_id = :id", "id bigint")

// Refusals tells, of those messages that we rejected after they were accepted, why.
func (d *Delivery) Refusals(q *db.Reader, ids []int64) (map[int64]string, error) {
	reasons := map[int64]string{}
	err := q.Each(selectRefusal, len(ids), func(i int, args []any) { args[0] = ids[i] }, func(row db.Row) error {
		var id int64
		var reason string
		err := row.Scan(&id, &reason)
		reasons[id] = reason
		return err
	})
	return reasons, err
}

// roomMade tells whoever releases bulk messages that there is room again.
func (d *Delivery) roomMade() {
	if h := &d.holds[bulkClass]; d.OnRoom != nil && h.free() >= h.room/2 {
		d.OnRoom()
	}
}
