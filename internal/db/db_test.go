package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

var (
	insertPrice = db.Rows(`INSERT INTO price (currency, country, operator, import_id, price)
		SELECT :currency, :country, :operator, 1, :price {rows}`,
		"currency text", "country text", "operator text", "price bigint")
	updatePrice = db.Rows(`UPDATE price SET price = :price {rows} WHERE price.country = :country RETURNING price.country`,
		"country text", "price bigint")
	deletePrice = db.Rows(`DELETE FROM price {rows} WHERE price.country = :country RETURNING :place`, "country text")
)

func insertCountries(tx *db.Tx, countries ...string) error {
	return tx.Each(insertPrice, len(countries), func(i int, args []any) {
		args[0], args[1], args[2], args[3] = "KZT", countries[i], "", int64(i)
	})
}

func countPrices(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), func(q *db.Reader) error {
		return q.One("SELECT count(*) FROM price", nil, &n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func onBoth(t *testing.T, test func(t *testing.T, d *db.DB)) {
	testkit.OnBoth(t, func(t *testing.T, url string) { test(t, testkit.Open(t, url, nil)) })
}

func TestRowStatementsMeanTheSameOnBothEngines(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		var updated []string
		var deleted []int
		err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			if err := insertCountries(tx, "KZ", "RU", "UA"); err != nil {
				return err
			}
			err := tx.EachReturning(updatePrice, 2, func(i int, args []any) {
				args[0], args[1] = []string{"RU", "XX"}[i], int64(77)
			}, func(rows db.Row) error {
				var country string
				err := rows.Scan(&country)
				updated = append(updated, country)
				return err
			})
			if err != nil {
				return err
			}
			return tx.EachTouched(deletePrice, 3, func(i int, args []any) { args[0] = []string{"XX", "UA", "YY"}[i] },
				func(i int) { deleted = append(deleted, i) })
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(updated) != 1 || updated[0] != "RU" {
			t.Errorf("updated %v, want RU alone", updated)
		}
		if len(deleted) != 1 || deleted[0] != 1 {
			t.Errorf("deleted rows %v, want the second alone", deleted)
		}
		var price int64
		err = d.Read(t.Context(), func(q *db.Reader) error {
			return q.One("SELECT price FROM price WHERE country = $1", []any{"RU"}, &price)
		})
		if err != nil || price != 77 || countPrices(t, d) != 2 {
			t.Errorf("price %d (%v), %d rows; want 77 and 2 rows", price, err, countPrices(t, d))
		}
	})
}

func TestOneBadPieceOfABatchFailsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		op := db.NewOp(d, "prices", 1, func(tx *db.Tx, items []string) error { return insertCountries(tx, items...) })
		var wg sync.WaitGroup
		var failed atomic.Int32
		for i := range 64 {
			country := string(rune('A'+i/8)) + string(rune('A'+i%8))
			if i%16 == 3 {
				country = "AA" // a second one: the key is taken
			}
			wg.Go(func() {
				err := op.Do(context.Background(), country, 1)
				if err != nil {
					failed.Add(1)
					if !errors.Is(err, db.ErrConflict) {
						t.Errorf("%s: %v, want a conflict", country, err)
					}
				}
			})
		}
		wg.Wait()
		if failed.Load() != 4 || countPrices(t, d) != 60 {
			t.Errorf("%d failed and %d stand, want 4 and 60", failed.Load(), countPrices(t, d))
		}
	})
}

func TestDoneIsCalledOnlyAfterTheCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		op := db.NewOp(d, "prices", 1, func(tx *db.Tx, items []string) error { return insertCountries(tx, items...) })
		for i := range 50 {
			country := string(rune('A'+i/8)) + string(rune('A'+i%8))
			if err := op.Do(t.Context(), country, 1); err != nil {
				t.Fatal(err)
			}
			if n := countPrices(t, d); n != i+1 {
				t.Fatalf("a reader sees %d rows after %d answers", n, i+1)
			}
		}
	})
}

func TestBatchesFormWhileACommitIsUnderWay(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		var batches, items atomic.Int32
		op := db.NewOp(d, "count", 1, func(_ *db.Tx, batch []int) error {
			batches.Add(1)
			items.Add(int32(len(batch)))
			return nil
		})
		release, held := make(chan struct{}), make(chan struct{}, 8)
		var wg sync.WaitGroup
		hold := func() {
			_ = d.Write(context.Background(), db.Answers, func(*db.Tx) error { held <- struct{}{}; <-release; return nil })
		}
		writers := map[string]int{"sqlite": 1, "postgres": 2}[d.Engine]
		for range writers {
			wg.Go(hold)
			<-held
		}
		for i := range 500 {
			wg.Add(1)
			if err := op.Go(db.Answers, i, 1, func(error) { wg.Done() }); err != nil {
				t.Fatal(err)
			}
		}
		close(release)
		wg.Wait()
		if batches.Load() > 2 || items.Load() != 500 {
			t.Errorf("%d items in %d batches, want 500 in at most 2", items.Load(), batches.Load())
		}
	})
}

// On PostgreSQL the first transaction leaves the other connection to other ops.
func TestAnOpThatRunsOneAtATimeGathersMeanwhile(t *testing.T) {
	d := testkit.Open(t, testkit.NewDatabase(t, "postgres"), nil)
	begun, release, batches := make(chan struct{}, 10), make(chan struct{}), make(chan int, 10)
	one := db.NewOp(d, "one", 1, func(_ *db.Tx, batch []int) error {
		begun <- struct{}{}
		<-release
		batches <- len(batch)
		return nil
	}).OneAtATime()
	other := db.NewOp(d, "other", 2, func(*db.Tx, []int) error { return nil })
	var all sync.WaitGroup
	all.Go(func() { _ = one.Do(t.Context(), 0, 1) })
	<-begun
	for i := range 5 {
		all.Add(1)
		if err := one.Go(db.Answers, i, 1, func(error) { all.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Do(t.Context(), 0, 1); err != nil { // while the first still runs
		t.Fatal(err)
	}
	close(release)
	all.Wait()
	if first, second := <-batches, <-batches; first != 1 || second != 5 {
		t.Errorf("batches of %d and %d, want 1 and the 5 that waited", first, second)
	}
}

func TestAnswersGoBeforeTheBackgroundWhichDoesNotStarve(t *testing.T) {
	d := testkit.Open(t, testkit.NewDatabase(t, "sqlite"), nil) // one writer: the order is exact
	var order []string
	note := func(name string) func(*db.Tx) error {
		return func(*db.Tx) error { order = append(order, name); return nil }
	}
	var wg sync.WaitGroup
	release, held := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		_ = d.Write(context.Background(), db.Answers, func(*db.Tx) error { close(held); <-release; return nil })
	})
	<-held
	chunk := db.NewOp(d, "chunk", 1, func(tx *db.Tx, _ []int) error { return note("background")(tx) })
	answer := db.NewOp(d, "answer", 1, func(tx *db.Tx, _ []int) error { return note("answer")(tx) })
	for i := range 3 {
		wg.Add(1)
		if err := chunk.Go(db.Background, i, 1, func(error) { wg.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 { // too many rows to share a batch
		wg.Add(1)
		if err := answer.Go(db.Answers, i, 900, func(error) { wg.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	wg.Wait()
	got := strings.Join(order, " ")
	want := "answer answer answer background answer answer answer answer background answer background"
	if got != want {
		t.Errorf("order %q\nwant  %q", got, want)
	}
}

func TestACallerThatLeavesWhileWaitingWritesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		release, held := make(chan struct{}), make(chan struct{}, 4)
		var wg sync.WaitGroup
		for range map[string]int{"sqlite": 1, "postgres": 2}[d.Engine] {
			wg.Go(func() {
				_ = d.Write(context.Background(), db.Answers, func(*db.Tx) error { held <- struct{}{}; <-release; return nil })
			})
			<-held
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := d.Write(ctx, db.Answers, func(tx *db.Tx) error { return insertCountries(tx, "KZ") })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the caller's cancellation", err)
		}
		close(release)
		wg.Wait()
		if n := countPrices(t, d); n != 0 {
			t.Errorf("%d rows were written for a caller that had gone", n)
		}
	})
}

func TestAPanickingBatchRollsBackAndTheWriterGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error {
			if err := insertCountries(tx, "KZ"); err != nil {
				return err
			}
			panic("a defect")
		})
		if err == nil || !strings.Contains(err.Error(), "a defect") {
			t.Errorf("got %v, want the panic as an error", err)
		}
		if err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return insertCountries(tx, "RU") }); err != nil {
			t.Error(err)
		}
		if n := countPrices(t, d); n != 1 {
			t.Errorf("%d rows, want the second alone", n)
		}
	})
}

func TestIDsAreUniqueOverNodesAndRestarts(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		seen := sync.Map{}
		take := func(d *db.DB, n int) {
			for range n {
				id, err := d.NextID(t.Context(), "message")
				if err != nil {
					t.Error(err)
					return
				}
				if _, twice := seen.LoadOrStore(id, true); twice || id < 1 {
					t.Errorf("id %d given out twice, or below 1", id)
					return
				}
			}
		}
		var wg sync.WaitGroup
		for range 2 {
			d := testkit.Open(t, url, nil)
			d.Partitioned("message")
			for range 4 {
				wg.Go(func() { take(d, 9000) })
			}
		}
		wg.Wait()
		take(testkit.Open(t, url, nil), 10)
	})
}

func TestWatcherTellsOfChangesByAnotherProcess(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		here, there := testkit.Open(t, url, nil), testkit.Open(t, url, nil)
		w := db.NewWatcher(here)
		changed := make(chan struct{}, 8)
		w.On("account", func() { changed <- struct{}{} })
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer w.Stop(context.Background())
		if err := there.Write(t.Context(), db.Answers, func(tx *db.Tx) error { return tx.Touch("account") }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
			t.Error("not told within a second")
		}
	})
}

func TestADeadNodesEpochIsBuriedAndNeverUsedAgain(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		clock := testkit.NewClock()
		d := testkit.Open(t, url, clock)
		first, second := db.NewNode(d, "first", testkit.Logger(t)), db.NewNode(d, "second", testkit.Logger(t))
		for _, n := range []*db.Node{first, second} {
			if err := n.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer n.Stop(context.Background())
		}
		if dead, err := second.Bury(t.Context()); err != nil || len(dead) != 0 {
			t.Fatalf("buried %v (%v) while its lease runs", dead, err)
		}
		if err := first.Stop(t.Context()); err != nil || first.Alive() {
			t.Fatalf("a node that left still counts itself alive (%v)", err)
		}
		dead, err := second.Bury(t.Context())
		if err != nil || len(dead) != 1 || dead[0] != first.Epoch() {
			t.Fatalf("buried %v (%v), want %d", dead, err, first.Epoch())
		}
		if err := second.Forget(t.Context(), first.Epoch()); err != nil {
			t.Fatal(err)
		}
		third := db.NewNode(d, "third", testkit.Logger(t))
		if err := third.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer third.Stop(context.Background())
		if third.Epoch() <= second.Epoch() {
			t.Errorf("epoch %d after %d", third.Epoch(), second.Epoch())
		}
	})
}

// TestANodeIsJudgedByWhatIsSeenOfIt: neither a jump of a clock nor a time without the
// database makes others dead; silence does.
func TestANodeIsJudgedByWhatIsSeenOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		here, there := startNode(t, d)
		renew := func(by time.Duration) {
			exec(t, d, `UPDATE node SET lease_until_ms = lease_until_ms + $1 WHERE epoch = $2`, by.Milliseconds(), there)
		}
		look := func(when string, wantDead int) {
			t.Helper()
			dead, err := here.Bury(t.Context())
			if err != nil || len(dead) != wantDead {
				t.Fatalf("%s: %v are dead (%v), want %d", when, dead, err, wantDead)
			}
		}
		renew(-time.Hour)
		look("its clock is an hour behind", 0)
		for range 20 {
			here.Passes(2 * time.Second)
			renew(time.Second)
			look("it goes on renewing", 0)
		}
		here.Passes(time.Minute)
		look("nobody looked for a minute", 0)
		here.Passes(2 * time.Second)
		look("it has had no time yet", 0)
		here.Passes(2 * time.Second)
		look("it was silent", 1)
	})
}

// Whose clock is ahead looks alive for longer, and not for ever.
func TestADeadNodesLeaseEndsHoweverFarItsClockWasAhead(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		here, there := startNode(t, d)
		exec(t, d, `UPDATE node SET lease_until_ms = $1 WHERE epoch = $2`, d.Now()+time.Hour.Milliseconds(), there)
		for range 5 {
			if dead, err := here.Bury(t.Context()); err != nil || len(dead) != 0 {
				t.Fatalf("%v are dead (%v) within their lease", dead, err)
			}
			here.Passes(2 * time.Second)
		}
		if dead, err := here.Bury(t.Context()); err != nil || len(dead) != 1 {
			t.Fatalf("%v are dead (%v), want the silent one", dead, err)
		}
	})
}

// TestANodeCountsThoseItSharesTheDatabaseWith: who joins or leaves at the next renewal, who
// dies once it is buried, whatever its clock said.
func TestANodeCountsThoseItSharesTheDatabaseWith(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		here, there := startNode(t, d)
		counts := func(when string, want int) {
			t.Helper()
			if err := here.Renew(t.Context()); err != nil || here.Nodes() != want {
				t.Fatalf("%s: %d nodes (%v), want %d", when, here.Nodes(), err, want)
			}
		}
		counts("another has joined", 2)
		third := db.NewNode(d, "third", testkit.Logger(t))
		if err := third.Start(t.Context()); err != nil || third.Nodes() != 3 {
			t.Fatalf("who joins counts %d nodes (%v), want 3", third.Nodes(), err)
		}
		counts("a third has joined", 3)
		if err := third.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		counts("the third has left", 2)
		exec(t, d, `UPDATE node SET lease_until_ms = 1 WHERE epoch = $1`, there)
		counts("the other's clock is far behind", 2)
		for range 3 {
			here.Passes(2 * time.Second)
			if _, err := here.Bury(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		counts("the other is buried", 1)
	})
}

// startNode starts a node, and notes another with a lease of ten seconds.
func startNode(t *testing.T, d *db.DB) (here *db.Node, there int64) {
	t.Helper()
	here = db.NewNode(d, "here", testkit.Logger(t))
	if err := here.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Stop(context.Background()) })
	there = here.Epoch() + 1
	exec(t, d, `INSERT INTO node (epoch, name, started_ms, lease_until_ms) VALUES ($1, 'there', 0, $2)`, there, d.Now()+10_000)
	return here, there
}

func exec(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), db.Answers, func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err })
	if err != nil {
		t.Fatal(err)
	}
}

func TestServingProcessesExcludeEachOtherOnOneSQLiteFile(t *testing.T) {
	url := testkit.NewDatabase(t, "sqlite")
	first, err := db.Open(t.Context(), url, db.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), url, db.Options{Exclusive: true}); err == nil || !strings.Contains(err.Error(), "another heliograph serves") {
		t.Errorf("a second serving process got %v", err)
	}
	if beside, err := db.Open(t.Context(), url, db.Options{}); err != nil {
		t.Errorf("administration beside it: %v", err)
	} else if err := beside.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := db.Open(t.Context(), url, db.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, words := range map[string]string{
		"mysql://x":                            "must begin with sqlite: or postgres://",
		"sqlite:":                              "names no file",
		"sqlite:/nowhere/at/all/x.db":          "the folder of the database",
		"sqlite:" + garbage:                    "not a usable SQLite database",
		"postgres://u:secret@127.0.0.1:1/x":    "not available",
		"postgres://u:secret@127.0.0.1:port/x": "database url",
	} {
		d, err := db.Open(t.Context(), url, db.Options{})
		if err == nil {
			d.Close()
			t.Errorf("%s was opened", url)
			continue
		}
		if !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, want words %q and no password", url, err, words)
		}
	}
}

func TestServingRefusesAnOldSchema(t *testing.T) {
	for _, engine := range testkit.Engines {
		d, err := db.Open(t.Context(), testkit.NewDatabase(t, engine), db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.CheckSchema(t.Context()); !errors.Is(err, db.ErrOldSchema) {
			t.Errorf("an empty database gave %v", err)
		}
		applied, err := d.Migrate(t.Context())
		if err != nil || len(applied) < 3 {
			t.Fatalf("applied %v: %v", applied, err)
		}
		if err := d.CheckSchema(t.Context()); err != nil {
			t.Error(err)
		}
		if again, err := d.Migrate(t.Context()); err != nil || len(again) != 0 {
			t.Errorf("migrating twice applied %v (%v)", again, err)
		}
	}
}

func TestAReaderThatTakesTooLongIsEnded(t *testing.T) {
	testkit.OnBoth(t, func(t *testing.T, url string) {
		d, err := db.Open(t.Context(), url, db.Options{ReadDeadline: 500 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		err = d.Read(t.Context(), func(q *db.Reader) error {
			var n int64
			return q.One(`WITH RECURSIVE c(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000) SELECT count(*) FROM c`, nil, &n)
		})
		if !errors.Is(err, db.ErrTooSlow) || !db.Retryable(err) {
			t.Errorf("got %v, want ErrTooSlow", err)
		}
		if err := d.Ping(t.Context()); err != nil {
			t.Errorf("the next reader is not served: %v", err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(q *db.Reader) error {
			return q.Query("DELETE FROM price", func(db.Row) error { return nil })
		})
		if err == nil {
			t.Error("a reader wrote")
		}
	})
}

func TestWritesAfterCloseAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), db.Answers, func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	})
}
