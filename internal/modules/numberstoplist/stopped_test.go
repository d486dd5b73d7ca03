package numberstoplist_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/numberstoplist"
	"github.com/heliograph-sms/heliograph/internal/phone"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

// patience is how long a test waits for what it knows will happen.
const patience = time.Minute

// lists is a naive stop list: all entries by account.
type lists map[int64]map[numberstoplist.Range]bool

func (l lists) stopped(account, n int64) bool {
	for _, owner := range []int64{account, numberstoplist.Global} {
		for r := range l[owner] {
			if r.From <= n && n <= r.To {
				return true
			}
		}
	}
	return false
}

// clear takes everything off the lists.
func (l lists) clear(t *rapid.T, ctx context.Context, m *numberstoplist.Module) {
	for account := range l {
		err := m.Each(ctx, account, func(e *numberstoplist.Entry) error { return m.Remove(ctx, account, e.Numbers) })
		if err != nil {
			t.Fatal(err)
		}
		l[account] = map[numberstoplist.Range]bool{}
	}
}

// change adds or removes one entry, which may be there already or not; who did that knows
// of all changes before.
func (l lists) change(t *rapid.T, ctx context.Context, m *numberstoplist.Module) {
	account := rapid.SampledFrom([]int64{numberstoplist.Global, 1, 2}).Draw(t, "account")
	from := rapid.Int64Range(firstNumber, lastNumber).Draw(t, "from")
	r := numberstoplist.Range{From: from, To: min(from+rapid.Int64Range(0, 3).Draw(t, "more"), lastNumber)}
	var err error
	if rapid.Bool().Draw(t, "add") {
		_, err = m.Add(ctx, numberstoplist.Entry{AccountID: account, Numbers: r})
		l[account][r] = true
	} else {
		err = m.Remove(ctx, account, r)
		if !l[account][r] && errors.Is(err, numberstoplist.ErrNone) {
			return
		}
		delete(l[account], r)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.agree(t, m)
}

const firstNumber, lastNumber = 77010000000, 77010000009

// agree checks that a process answers as the naive list does.
func (l lists) agree(t rapid.TB, m *numberstoplist.Module) {
	for account := range l {
		for n := int64(firstNumber - 1); n <= lastNumber+1; n++ {
			if got, want := m.Stopped(account, phone.Number(strconv.FormatInt(n, 10))), l.stopped(account, n); got != want {
				t.Fatalf("stopped(%d, %d) = %t; on the lists: %v", account, n, got, l)
			}
		}
	}
}

// TestStoppedSaysWhatIsOnTheList in two processes that change it by turns: at once in
// the one that made the change, and in the other once it has looked; and in one that
// begins then.
func TestStoppedSaysWhatIsOnTheList(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		here, there, ctx := w.stops, w.process(), w.t.Context()
		model := lists{numberstoplist.Global: {}, 1: {}, 2: {}}
		changeIn := func(m *numberstoplist.Module) func(*rapid.T) {
			return func(t *rapid.T) { model.change(t, ctx, m) }
		}
		rapid.Check(t, func(t *rapid.T) {
			model.clear(t, ctx, here)
			t.Repeat(map[string]func(*rapid.T){
				"change here":  changeIn(here),
				"change there": changeIn(there),
				"look": func(t *rapid.T) {
					for _, m := range []*numberstoplist.Module{here, there} {
						if err := numberstoplist.CatchUp(m, ctx); err != nil {
							t.Fatal(err)
						}
						model.agree(t, m)
					}
				},
			})
		})
		model.agree(t, w.process())
	})
}

// TestAnotherProcessFollowsBySelf: nobody tells it to look.
func TestAnotherProcessFollowsBySelf(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		other, number := w.process(), phone.Number("77010000001")
		entry := numberstoplist.Entry{AccountID: 1, Numbers: numberstoplist.Range{From: 77010000001, To: 77010000001}}
		becomes := func(stopped bool) {
			t.Helper()
			testkit.Eventually(t, patience, func() error {
				if other.Stopped(1, number) != stopped {
					return fmt.Errorf("stopped: %t", !stopped)
				}
				return nil
			})
		}
		_, err := w.stops.Add(t.Context(), entry)
		w.ok(err)
		becomes(true)
		w.ok(w.stops.Remove(t.Context(), 1, entry.Numbers))
		becomes(false)
	})
}

// TestWhoIsFarBehindReadsTheListAgain: changes go after an hour, and he who did not look
// meanwhile finds them gone.
func TestWhoIsFarBehindReadsTheListAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		d := testkit.Open(t, w.url, w.clock)
		behind := numberstoplist.New(numberstoplist.Config{DB: d, Watcher: db.NewWatcher(d), Logger: testkit.Logger(t)})
		w.put(1, "77010000001", "77010000002", "77020000000-77029999999")
		w.ok(behind.Start(t.Context()))
		defer behind.Stop(t.Context())
		w.put(1, "77010000003")
		w.ok(w.stops.Remove(t.Context(), 1, numberstoplist.Range{From: 77010000002, To: 77010000002}))
		w.ok(numberstoplist.Sweep(w.stops, t.Context()))
		w.changes(5)
		w.clock.Advance(2 * time.Hour)
		w.ok(numberstoplist.Sweep(w.stops, t.Context()))
		w.changes(0)
		w.put(2, "77010000004")
		w.ok(numberstoplist.CatchUp(behind, t.Context()))
		for number, want := range map[phone.Number]bool{"77010000001": true, "77010000002": false, "77010000003": true, "77025555555": true} {
			if behind.Stopped(1, number) != want {
				t.Errorf("%s: stopped %t", number, !want)
			}
		}
		if !behind.Stopped(2, "77010000004") {
			t.Error("what changed last is not known")
		}
	})
}

// changes wants so many rows to be kept.
func (w *world) changes(want int64) {
	w.t.Helper()
	var got int64
	w.ok(w.db.Read(w.t.Context(), func(q *db.Reader) error { return q.One("SELECT count(*) FROM stop_change", nil, &got) }))
	if got != want {
		w.t.Errorf("%d changes are kept, want %d", got, want)
	}
}

// TestWhoAsksWhileTheListChangesNeverMissesANumberThatStays, also while the table in
// memory grows.
func TestWhoAsksWhileTheListChangesNeverMissesANumberThatStays(t *testing.T) {
	w := newWorld(t, testkit.NewDatabase(t, "sqlite"))
	w.put(1, "77010000000", "77020000000-77020000005")
	var over atomic.Bool
	asked := make(chan int)
	go func() {
		missed := 0
		for !over.Load() {
			if !w.stops.Stopped(1, "77010000000") || !w.stops.Stopped(1, "77020000003") || w.stops.Stopped(1, "77030000000") {
				missed++
			}
		}
		asked <- missed
	}()
	var lines bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&lines, "%d\n%d-%d\n", 77040000000+i, 77050000000+10*i, 77050000005+10*i)
	}
	_, _, err := w.stops.Import(t.Context(), 1, &lines)
	over.Store(true)
	w.ok(err)
	if missed := <-asked; missed > 0 {
		t.Errorf("%d answers were wrong", missed)
	}
}

func TestNoNumberIsStoppedThatIsNone(t *testing.T) {
	w := newWorld(t, testkit.NewDatabase(t, "sqlite"))
	w.put(numberstoplist.Global, "1000000-999999999999999")
	for number, want := range map[phone.Number]bool{"1000000": true, "999999999999999": true, "77010000001": true,
		"": false, "0": false, "x": false, "7701x000001": false, "999999": false, "9999999999999990": false} {
		if w.stops.Stopped(7, number) != want {
			t.Errorf("%q: stopped %t", number, !want)
		}
	}
}

const million = 1_000_000

// bulk puts a million numbers into the tables, as an import does but faster.
func (w *world) bulk() {
	w.t.Helper()
	const chunk = 100_000
	for from := int64(0); from < million; from += chunk {
		w.ok(w.db.Write(w.t.Context(), db.Background, func(tx *db.Tx) error {
			_, err := tx.Exec(`WITH RECURSIVE n(i) AS (SELECT CAST($1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
				INSERT INTO stop_number (id, account_id, number_from, number_to, comment, comment_folded, created_by, created_ms)
				SELECT i + 1, 1, 77000000000 + 7 * i, 77000000000 + 7 * i, '', '', 0, i FROM n`, from, from+chunk)
			return err
		}))
	}
}

// TestAMillionNumbersTakeLittleMemory, and to ask takes none. SQLite would take minutes
// under the race detector, since it is in this process.
func TestAMillionNumbersTakeLittleMemory(t *testing.T) {
	const most = 40 * million // bytes
	w := newWorld(t, testkit.NewDatabase(t, "postgres"))
	w.bulk()
	before := heap()
	m := w.process()
	if took := heap() - before; took > most {
		t.Errorf("a million numbers take %d bytes, want at most %d", took, most)
	}
	if !m.Stopped(1, "77000000007") || m.Stopped(1, "77000000008") || m.Stopped(2, "77000000007") || !m.Stopped(1, "77006999993") {
		t.Error("not the numbers that are on the list")
	}
	if n := testing.AllocsPerRun(100, func() { m.Stopped(1, "77000000007"); m.Stopped(1, "77000000008") }); n > 0 {
		t.Errorf("to ask allocates %f times", n)
	}
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkStopped asks a list of a million numbers, half of the time for one on it.
func BenchmarkStopped(b *testing.B) {
	w := newWorld(b, testkit.NewDatabase(b, "sqlite"))
	w.bulk()
	m := w.process()
	numbers := make([]phone.Number, 1<<16)
	for i := range numbers {
		numbers[i] = phone.Number(strconv.Itoa(77000000000 + 7*(i*7919%million) + i%2))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Stopped(1, numbers[i%len(numbers)])
	}
}
