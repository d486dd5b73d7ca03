package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Restore puts a backup in the place of url, where no database may stand: copied,
// checked from end to end, brought up to this program's schema, and made ready by
// prepare. It appears at its place only when all of that is done and synced.
func Restore(ctx context.Context, backup, url string, o Options, prepare func(d *DB) error) error {
	dia, err := dialectFor(url)
	if err != nil {
		return err
	}
	s, ours := dia.(*sqlite)
	if !ours {
		return ErrNotOurs
	}
	if err := mayWrite(s.path, false); err != nil {
		return fmt.Errorf("a database stands there; move it away with all its files: %w", err)
	}
	temp := &sqlite{path: s.path + ".restoring"}
	if err := temp.remove(); err != nil { // what an interrupted restore left behind
		return err
	}
	if err := temp.prepare(ctx, backup, o, prepare); err != nil {
		return errors.Join(err, temp.remove())
	}
	return moveDurably(temp.path, s.path)
}

func (s *sqlite) prepare(ctx context.Context, backup string, o Options, prepare func(d *DB) error) error {
	if err := copyFile(backup, s.path); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	if err := checkFile(ctx, s.path, "integrity_check"); err != nil {
		return err
	}
	d, err := Open(ctx, s.String(), o)
	if err != nil {
		return err
	}
	if _, err = d.Migrate(ctx); err == nil {
		err = prepare(d)
	}
	// The last connection to close copies the log into the file and removes it.
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	return mayWrite(s.path, true)
}

func (s *sqlite) remove() error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// copyFile copies a backup, which is a file of its own: no log belongs to it.
func copyFile(from, to string) error {
	if err := mayWrite(from, true); err != nil {
		return fmt.Errorf("%s is no backup but a database that is, or was, in use: %w", from, err)
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// SkipIDs leaves out the next n ids of every series: those that were given out after
// a backup was made are unknown to it, but not to those who hold them.
func (d *DB) SkipIDs(ctx context.Context, n int64) error {
	return d.Write(ctx, Answers, func(tx *Tx) error {
		_, err := tx.Exec("UPDATE id_block SET next_id = next_id + CAST($1 AS bigint)", n)
		return err
	})
}
