package message

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/modules/message/column"
	"github.com/heliograph-sms/heliograph/internal/run"
)

// FillerConfig says when and how rows are put on shelves; see DefaultFiller.
type FillerConfig struct {
	BlockRows int           // messages of a block
	AtLeast   int           // an account with fewer messages has no shelf: its rows are scanned
	Every     time.Duration // between rounds
	Wait      time.Duration // from the plan of a horizon until rows are put on shelves
	CheckAt   time.Duration // when unsettled messages of a block are looked at first
}

// DefaultFiller is the configuration of a server.
func DefaultFiller() FillerConfig {
	return FillerConfig{BlockRows: 8192, AtLeast: 32768, Every: time.Second, Wait: 10 * time.Second, CheckAt: time.Minute}
}

const (
	// checkGrowth: each look at unsettled messages is so many times later than the
	// one before, since what did not settle soon takes long, up to
	checkGrowth  = 4
	checkLatest  = 24 * time.Hour
	discoverEach = 30 // rounds, between two looks for accounts that have grown large
)

// Filler puts messages of accounts with very many on shelves, in the background. It
// is a run.Service. Its cursor is the shelf itself: what was not committed is done
// again. Several nodes may work at once; who comes second drops its block.
type Filler struct {
	FillerConfig
	*horizon
	shelves shelves
	loop    *run.Loop
	tails   map[int64]*tail
	rounds  int
	blocks  atomic.Int64
}

// tail is what an account has beyond its shelf, as far as it was counted.
type tail struct {
	counted int64 // the highest id
	rows    int
	shelved bool
}

func newFiller(c FillerConfig, d *db.DB, s shelves, log *slog.Logger) *Filler {
	f := &Filler{FillerConfig: c, horizon: &horizon{db: d, wait: c.Wait}, shelves: s, tails: map[int64]*tail{}}
	f.loop = run.NewLoop("message shelves", c.Every, log, f.Round)
	return f
}

// Start looks at the horizon, so that no message is accepted in ignorance of it, and
// begins to fill.
func (f *Filler) Start(ctx context.Context) error {
	if _, _, err := f.look(ctx); err != nil {
		return fmt.Errorf("start filling shelves: %w", err)
	}
	return f.loop.Start(ctx)
}

// Stop ends the filling.
func (f *Filler) Stop(ctx context.Context) error { return f.loop.Stop(ctx) }

// Blocks counts the blocks that this process wrote, for metrics.
func (f *Filler) Blocks() int64 { return f.blocks.Load() }

// Round does what there is to do now.
func (f *Filler) Round(ctx context.Context) error {
	err := errors.Join(f.fill(ctx), f.admitLate(ctx), f.settleOpen(ctx))
	if errors.Is(err, errOvertaken) || errors.Is(err, errMoved) {
		return nil // the next round sees what the other node did
	}
	return err
}

// fill makes blocks of what is closed, and plans a horizon if more is there.
func (f *Filler) fill(ctx context.Context) error {
	f.rounds++
	if f.discovers() {
		if err := f.discover(ctx); err != nil {
			return err
		}
	}
	more := false
	for account, t := range f.tails {
		ready, err := f.ready(ctx, account, t)
		if err != nil {
			return err
		}
		if !ready {
			continue
		}
		made, err := f.fillAccount(ctx, account)
		if err != nil {
			return err
		}
		if made {
			f.tails[account] = &tail{}
		}
		more = more || !made
	}
	if _, closed, err := f.look(ctx); err != nil || !more || !closed {
		return err
	}
	return f.plan(ctx)
}

// ready tells whether an account has rows for a block. Those without a shelf, most of
// them, are not asked each round.
func (f *Filler) ready(ctx context.Context, account int64, t *tail) (bool, error) {
	if t.rows < f.due(t) && (t.counted == 0 || t.shelved || f.discovers()) {
		if err := f.count(ctx, account, t); err != nil {
			return false, err
		}
	}
	return t.rows >= f.due(t), nil
}

// due is how many rows beyond its shelf an account must have for a block to be made.
func (f *Filler) due(t *tail) int {
	if t.shelved {
		return f.BlockRows
	}
	return f.AtLeast
}

// discovers tells whether this round looks for accounts that have grown large.
func (f *Filler) discovers() bool { return f.rounds%discoverEach == 1 }

// discover finds the accounts there are.
func (f *Filler) discover(ctx context.Context) error {
	for account, err := f.nextAccount(ctx, 0); ; account, err = f.nextAccount(ctx, account) {
		if err != nil || account == 0 {
			return err
		}
		if f.tails[account] == nil {
			f.tails[account] = &tail{}
		}
	}
}

const (
	selectNextAccount = "SELECT coalesce(min(account_id), 0) FROM message WHERE account_id > $1"
	selectTail        = `SELECT count(*), coalesce(max(id), CAST($2 AS bigint)) FROM
		(SELECT id FROM message WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS tail`
)

// nextAccount is the next account with messages; 0 = none.
func (f *Filler) nextAccount(ctx context.Context, after int64) (account int64, err error) {
	err = f.db.Read(ctx, func(q *db.Reader) error {
		return q.One(selectNextAccount, []any{after}, &account)
	})
	return account, err
}

// count goes on counting an account's tail, as far as it matters.
func (f *Filler) count(ctx context.Context, account int64, t *tail) error {
	return f.db.Read(ctx, func(q *db.Reader) error {
		if t.counted == 0 {
			s, err := f.shelves.read(q, account)
			if err != nil {
				return err
			}
			t.counted, t.shelved = s.last, s.last > 0
		}
		var rows int
		err := q.One(selectTail,
			[]any{account, t.counted, int64(f.AtLeast)}, &rows, &t.counted)
		t.rows += rows
		return err
	})
}

// fillAccount makes blocks of an account as long as they can be filled.
func (f *Filler) fillAccount(ctx context.Context, account int64) (made bool, err error) {
	for {
		horizon, closed, err := f.look(ctx)
		if err != nil || !closed {
			return made, err
		}
		var d *draft
		var s *shelf
		err = f.db.Read(ctx, func(q *db.Reader) (err error) {
			if s, err = f.shelves.read(q, account); err == nil {
				d, err = f.draft(q, account, s.last+1, horizon)
			}
			return err
		})
		if err != nil || d == nil {
			return made, err
		}
		if err := f.put(ctx, d, s); err != nil {
			return made, err
		}
		made = true
	}
}

// draft makes the next block of an account; nil when it can't be filled.
func (f *Filler) draft(q *db.Reader, account, first, horizon int64) (*draft, error) {
	late, err := readLate(q, account) // before the rows, which then have them
	if err != nil {
		return nil, err
	}
	rows, err := readRows(q, account, first, horizon, f.BlockRows)
	if err != nil || len(rows) < f.BlockRows {
		return nil, err
	}
	d := newDraft(account, first, rows[len(rows)-1].Values[column.ID], rows)
	d.late = within(late, d.first, d.last)
	f.checkIn(d, f.CheckAt)
	return d, nil
}

func within(ids []int64, first, last int64) []int64 {
	return slices.DeleteFunc(ids, func(id int64) bool { return id < first || id > last })
}

func (f *Filler) checkIn(d *draft, wait time.Duration) {
	wait = min(wait, checkLatest)
	d.checkMs, d.waitMs = f.db.Now()+wait.Milliseconds(), wait.Milliseconds()
}

// put writes a draft that was made of that shelf.
func (f *Filler) put(ctx context.Context, d *draft, s *shelf) error {
	err := d.put(ctx, f.db, s.generation)
	if err == nil {
		f.blocks.Add(1)
	}
	return err
}
