package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	driver "modernc.org/sqlite"
)

// A backup is a copy page by page inside one reading transaction, so that it is the
// database as of one moment. It goes in small steps, and what it wrote is synced as
// it goes: copied in one piece, or by VACUUM INTO, the pages that the kernel then
// writes all at once stand in the way of the commits' own syncs. While it lasts the
// write-ahead log can't begin anew and grows.
const (
	backupStep = 64                   // pages, of 4 KiB
	backupPace = 2 * time.Millisecond // a step at most every so often
	backupSync = 32                   // steps
)

// ErrNotOurs: the engine has tools of its own for what was asked.
var ErrNotOurs = errors.New("PostgreSQL is backed up with its own tools: pg_dump, or base backups and archived logs (pg_basebackup); see docs/operations.md")

// Backup copies the live database, as of one moment after the call, into a new file,
// beside whoever writes to it. The file appears at path whole, checked and synced,
// or not at all; one that stands there is replaced only with overwrite. When the
// copy would leave less than keepFree bytes on its disk, nothing is copied. It
// returns the copy's size in bytes.
func (d *DB) Backup(ctx context.Context, path string, overwrite bool, keepFree int64) (size int64, err error) {
	if _, ours := d.dialect.(*sqlite); !ours {
		return 0, ErrNotOurs
	}
	if err := mayWrite(path, overwrite); err != nil {
		return 0, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return 0, err
	}
	defer os.Remove(temp.Name()) // gone already, if all went well
	defer temp.Close()
	if err := d.copyPages(ctx, temp, keepFree); err != nil {
		return 0, fmt.Errorf("copy the database: %w", err)
	}
	if err := checkFile(ctx, temp.Name(), "quick_check"); err != nil {
		return 0, fmt.Errorf("the copy: %w", err)
	}
	info, err := temp.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), moveDurably(temp.Name(), path)
}

// mayWrite refuses a path that holds a database in use, or anything at all. A log
// beside the file would be taken for the new file's own.
func mayWrite(path string, overwrite bool) error {
	files := []string{path, path + "-wal", path + "-shm"}
	if overwrite {
		files = files[1:]
	}
	for _, file := range files {
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s: %w", file, fs.ErrExist)
		}
	}
	return nil
}

func (d *DB) copyPages(ctx context.Context, to *os.File, keepFree int64) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return d.dialect.wrap(err)
	}
	defer conn.Close()
	// From its first read to its end the transaction sees one moment.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return d.dialect.wrap(err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // it wrote nothing
	var pages, pageSize int64
	for pragma, value := range map[string]*int64{"page_count": &pages, "page_size": &pageSize} {
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(value); err != nil {
			return d.dialect.wrap(err)
		}
	}
	if err := hasRoom(to.Name(), pages*pageSize, keepFree); err != nil {
		return err
	}
	return conn.Raw(func(c any) error { return d.dialect.wrap(copySteps(ctx, c, to)) })
}

// backuper is what the driver's connections can do besides database/sql.
type backuper interface {
	NewBackup(to string) (*driver.Backup, error)
}

func copySteps(ctx context.Context, conn any, to *os.File) (err error) {
	backup, err := conn.(backuper).NewBackup(sqliteURI(to.Name(), "_pragma=synchronous(off)&_pragma=journal_mode(off)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backup.Finish()) }()
	pace := time.NewTicker(backupPace)
	defer pace.Stop()
	for n := 1; ; n++ {
		more, err := backup.Step(backupStep)
		if err != nil {
			return err
		}
		if !more || n%backupSync == 0 {
			if err := to.Sync(); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkFile has SQLite look for damage in a file that nobody writes to: quick_check
// reads all pages, integrity_check compares indexes with tables too.
func checkFile(ctx context.Context, path, pragma string) error {
	file, err := sql.Open("sqlite", sqliteURI(path, "immutable=1"))
	if err != nil {
		return err
	}
	defer file.Close()
	var found []string
	rows, err := file.QueryContext(ctx, "PRAGMA "+pragma)
	if err == nil {
		err = scanAll(rows, func(rows Row) error {
			found = append(found, "")
			return rows.Scan(&found[len(found)-1])
		})
	}
	if err != nil {
		return (&sqlite{path: path}).wrap(err)
	}
	if report := strings.Join(found, "; "); report != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, report)
	}
	return nil
}

func sqliteURI(path, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}).String()
}

// moveDurably gives a file its final name, such that after a crash it stands there
// whole or not at all.
func moveDurably(from, to string) error {
	if err := syncPath(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
