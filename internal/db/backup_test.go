package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/testkit"
)

var insertBulk = db.Rows(`INSERT INTO queue (message_id, class, release_ms, expires_ms, epoch)
	SELECT :message_id, 0, 0, 0, 0 {rows}`, "message_id bigint")

// fill writes n rows in one transaction, from id on.
func fill(d *db.DB, from, n int) error {
	return d.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
		return tx.Each(insertBulk, n, func(i int, args []any) { args[0] = int64(from + i) })
	})
}

// queued is how many rows fill has written, or a copy of them has.
func queued(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), func(q *db.Reader) error {
		return q.One("SELECT count(*) FROM queue", nil, &n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// rowsOfSource are those that queued counts.
const rowsOfSource = 1000

// source is a database with about so many MiB to copy.
func source(t *testing.T, mebibytes int) *db.DB {
	t.Helper()
	d := testkit.Open(t, testkit.NewDatabase(t, "sqlite"), nil)
	if err := errors.Join(fill(d, 0, rowsOfSource), weigh(d, mebibytes)); err != nil {
		t.Fatal(err)
	}
	return d
}

// weigh writes so many rows of a MiB each.
func weigh(d *db.DB, mebibytes int) error {
	heavy := strings.Repeat("x", 1<<20)
	return d.Write(context.Background(), db.Answers, func(tx *db.Tx) error {
		for range mebibytes {
			if _, err := tx.Exec(`INSERT INTO receipt (id, carrier_id, ref, recipient, sender, status, error_code, received_ms)
				SELECT count(*), 1, '', '', '', 1, $1, 0 FROM receipt`, heavy); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestABackupIsOneMomentOfADatabaseInUse(t *testing.T) {
	d, dir := source(t, 16), t.TempDir() // many steps, with commits between all of them
	const pair = 2                       // rows of a transaction: no copy may have half of one
	var writer sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	writer.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := fill(d, 1_000_000+pair*i, pair); err != nil {
				t.Error(err)
			}
			if i == 10 {
				close(begun)
			}
		}
	})
	<-begun
	before := queued(t, d)
	copied := filepath.Join(dir, "copy.db")
	inTime, late := context.WithTimeout(t.Context(), time.Minute)
	defer late()
	size, err := d.Backup(inTime, copied, false, 0)
	cancel()
	writer.Wait()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(copied)
	if err != nil || info.Size() != size || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v; %d bytes were told", info, err, size)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("beside the copy lie %v, %v", files, err)
	}
	c := testkit.Open(t, "sqlite:"+copied, nil)
	if n := queued(t, c); n < before || n%pair != 0 || n >= queued(t, d) {
		t.Errorf("the copy has %d rows; %d were there when it began, %d at the end", n, before, queued(t, d))
	}
	if err := c.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestABackupReplacesOnlyWhatItIsToldTo(t *testing.T) {
	d, dir := source(t, 2), t.TempDir()
	path := filepath.Join(dir, "copy.db")
	backup := func(overwrite bool, keepFree int64) error {
		_, err := d.Backup(t.Context(), path, overwrite, keepFree)
		return err
	}
	if err := backup(false, math.MaxInt64/2); !errors.Is(err, db.ErrDiskLow) {
		t.Errorf("without room for it: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Backup(canceled, path, false, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("failed backups leave %v, %v", files, err)
	}
	if err := errors.Join(backup(false, 0), backup(true, 0)); err != nil {
		t.Fatal(err)
	}
	if err := backup(false, 0); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second backup to the same file: %v", err)
	}
	if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup(true, 0); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a database in use: %v", err)
	}
}

func TestPostgresIsLeftToItsOwnTools(t *testing.T) {
	url, dir := testkit.NewDatabase(t, "postgres"), t.TempDir()
	d := testkit.Open(t, url, nil)
	_, err := d.Backup(t.Context(), filepath.Join(dir, "x"), false, 0)
	restored := db.Restore(t.Context(), filepath.Join(dir, "x"), url, db.Options{}, nil)
	for _, err := range []error{err, restored} {
		if !errors.Is(err, db.ErrNotOurs) || !strings.Contains(err.Error(), "pg_dump") {
			t.Error(err)
		}
	}
}

// restore puts a backup in a new place and opens it.
func restore(t *testing.T, backup string, prepare func(*db.DB) error) (*db.DB, error) {
	t.Helper()
	url := testkit.NewDatabase(t, "sqlite")
	if err := db.Restore(t.Context(), backup, url, db.Options{Logger: testkit.Logger(t)}, prepare); err != nil {
		if files, _ := filepath.Glob(strings.TrimPrefix(url, "sqlite:") + "*"); len(files) > 0 {
			t.Errorf("%v, and left %v", err, files)
		}
		return nil, err
	}
	return testkit.Open(t, url, nil), nil
}

func nothing(*db.DB) error { return nil }

func TestARestoredDatabaseGoesOnWithIDsThatNobodyHolds(t *testing.T) {
	d, path := source(t, 2), filepath.Join(t.TempDir(), "copy.db")
	if _, err := d.NextID(t.Context(), "message"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Backup(t.Context(), path, false, 0); err != nil {
		t.Fatal(err)
	}
	later := int64(0) // given out after the backup: the copy does not know
	for range 25_000 {
		var err error
		if later, err = d.NextID(t.Context(), "message"); err != nil {
			t.Fatal(err)
		}
	}
	again, err := restore(t, path, func(d *db.DB) error { return d.SkipIDs(t.Context(), 100_000) })
	if err != nil {
		t.Fatal(err)
	}
	if id, err := again.NextID(t.Context(), "message"); err != nil || id <= later {
		t.Errorf("id %d was given out before, %d was the last (%v)", id, later, err)
	}
	if n := queued(t, again); n != rowsOfSource {
		t.Errorf("%d rows came back", n)
	}
}

func TestARestoreThatFailsLeavesNothing(t *testing.T) {
	d, path := source(t, 2), filepath.Join(t.TempDir(), "copy.db")
	if _, err := d.Backup(t.Context(), path, false, 0); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(name string, text []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	hole := append([]byte{}, text...)
	copy(hole[len(hole)/2:], make([]byte, 8192))
	errPrepare := errors.New("prepare")
	for name, c := range map[string]struct {
		backup  string
		prepare func(*db.DB) error
	}{
		"no file":          {path + ".none", nothing},
		"an empty prepare": {path, func(*db.DB) error { return errPrepare }},
		"cut off":          {damaged("cut", text[:len(text)/2]), nothing},
		"a hole":           {damaged("hole", hole), nothing},
		"something else":   {damaged("else", []byte(strings.Repeat("no database", 1000))), nothing},
		"a live database":  {strings.TrimPrefix(d.String(), "sqlite:"), nothing},
	} {
		if _, err := restore(t, c.backup, c.prepare); err == nil {
			t.Errorf("%s was restored", name)
		}
	}
	if err := db.Restore(t.Context(), path, d.String(), db.Options{}, nothing); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a live database: %v", err)
	}
	if n := queued(t, d); n != rowsOfSource {
		t.Errorf("the live database has %d rows now", n)
	}
}

// TestCommitsDoNotWaitForALongReader: a backup reads for minutes, and the log can't
// begin anew meanwhile. Housekeeping must not have the writer wait for that.
func TestCommitsDoNotWaitForALongReader(t *testing.T) {
	d := source(t, 2)
	path := strings.TrimPrefix(d.String(), "sqlite:")
	reader, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM queue").Scan(&n); err != nil {
		t.Fatal(err)
	}
	logSize := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if err := weigh(d, 17); err != nil {
		t.Fatal(err)
	}
	if logSize() < 17<<20 {
		t.Fatal("the log is too short to be looked after")
	}
	next := 100_000
	housekeeping := d.Maintenance()
	if err := housekeeping.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer housekeeping.Stop(context.Background())
	longest := time.Duration(0)
	for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); next++ {
		begun := time.Now()
		if err := fill(d, next, 1); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(begun))
	}
	if longest > time.Second {
		t.Errorf("a commit took %s beside a reader", longest)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, 5*time.Second, func() error {
		next++
		if err := fill(d, next, 1); err != nil {
			return err
		}
		if size := logSize(); size > 9<<20 {
			return fmt.Errorf("the log still has %d bytes", size)
		}
		return nil
	})
}
