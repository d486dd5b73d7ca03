package moderation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/heliograph-sms/heliograph/internal/db"
	"github.com/heliograph-sms/heliograph/internal/run"
)

const (
	// clerkEvery is how often the clerk looks without being told; a decision, by any
	// process, wakes it.
	clerkEvery = 2 * time.Second
	// atOnce bounds what one look reads.
	atOnce = 100
	// Patience is how long a single message waits for a moderator. A campaign waits
	// until it is decided on, or its account ends it.
	Patience = 14 * 24 * time.Hour
)

// Ended is a case that comes to its end: Ready or Declined, or still WaitingModerator
// where nobody decided in time.
type Ended struct {
	CampaignID int64
	Single     bool
	Standing   Standing
	Comment    string // the moderator's
}

// Errand is what the end of a case means for its messages, on its way.
type Errand interface {
	// Write does it, in the transaction that ends the case. It is called again where
	// that is tried anew.
	Write(tx *db.Tx) error
	// Over is called once, when it is known whether what Write did was committed.
	Over(committed bool)
}

// Carrier is package message, for single messages, and package campaign for others.
type Carrier interface {
	// Errand makes ready for a case's end; nothing is written yet.
	Errand(ctx context.Context, e Ended) (Errand, error)
}

// Clerk carries out what moderators decide. It is a run.Service. Each case is carried
// out once, whatever the number of clerks.
type Clerk struct {
	*run.Loop
	db      *db.DB
	carrier Carrier
}

// NewClerk makes a clerk, who hears of decisions from w.
func NewClerk(d *db.DB, w *db.Watcher, carrier Carrier, log *slog.Logger) *Clerk {
	k := &Clerk{db: d, carrier: carrier}
	k.Loop = run.NewLoop("carry out moderators' decisions", clerkEvery, log, k.work)
	w.On(Topic, k.Wake)
	return k
}

// work looks until there is nothing to do, or something failed: that waits for the
// next time.
func (k *Clerk) work(ctx context.Context) error {
	for {
		texts, err := k.uncarried(ctx)
		if err != nil {
			return err
		}
		overdue, err := k.overdue(ctx)
		if err != nil || len(texts)+len(overdue) == 0 {
			return err
		}
		var errs []error
		for _, t := range texts {
			errs = append(errs, k.carryText(ctx, t))
		}
		for _, e := range overdue {
			errs = append(errs, k.end(ctx, e, waitedTooLong))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
}

// decided is a text whose decision is to be carried out.
type decided struct {
	id      int64
	cases   int64 // opened when it was read
	carried int64
	state   Standing
	comment string
}

func (k *Clerk) uncarried(ctx context.Context) (all []decided, err error) {
	err = k.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(`SELECT id, cases, carried, state, comment FROM moderation_text WHERE state <> 1 AND carried < cases ORDER BY id LIMIT $1`,
			func(row db.Row) error {
				var t decided
				err := row.Scan(&t.id, &t.cases, &t.carried, &t.state, &t.comment)
				all = append(all, t)
				return err
			}, atOnce)
	})
	if err != nil {
		return nil, fmt.Errorf("read what moderators decided: %w", err)
	}
	return all, nil
}

// carryText carries a decision out for all cases that wait. Those that failed, and one
// that was opened meanwhile, are left for the next look.
func (k *Clerk) carryText(ctx context.Context, t decided) error {
	var errs []error
	for after := int64(0); ; {
		cases, err := k.cases(ctx, `SELECT id, single FROM moderation_case WHERE text_id = $1 AND state = 0 AND id > $2 ORDER BY id LIMIT $3`, t.id, after, atOnce)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		for _, e := range cases {
			e.Standing, e.Comment = t.state, t.comment
			errs = append(errs, k.end(ctx, e, carriedOut))
		}
		after = cases[len(cases)-1].CampaignID
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return k.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE moderation_text SET carried = $2 WHERE id = $1 AND carried = $3`, t.id, t.cases, t.carried)
		return err
	})
}

// overdue are single messages that nobody decided on in time.
func (k *Clerk) overdue(ctx context.Context) ([]Ended, error) {
	return k.cases(ctx, `SELECT id, single FROM moderation_case WHERE state = 0 AND single = 1 AND opened_ms <= $1 ORDER BY opened_ms LIMIT $2`,
		k.db.Now()-Patience.Milliseconds(), atOnce)
}

func (k *Clerk) cases(ctx context.Context, text string, args ...any) (all []Ended, err error) {
	err = k.db.Read(ctx, func(q *db.Reader) error {
		return q.Query(text, func(row db.Row) error {
			e := Ended{Standing: WaitingModerator}
			err := row.Scan(&e.CampaignID, &e.Single)
			all = append(all, e)
			return err
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("read the cases that wait: %w", err)
	}
	return all, nil
}

// errEnded: another clerk, or the case's account, was first.
var errEnded = errors.New("the case has ended already")

// end ends a case that waits, and carries out what that means.
func (k *Clerk) end(ctx context.Context, e Ended, as caseState) error {
	errand, err := k.carrier.Errand(ctx, e)
	if err != nil {
		return fmt.Errorf("case %d: %w", e.CampaignID, err)
	}
	err = k.db.Write(ctx, db.Background, func(tx *db.Tx) error {
		ended, err := tx.Exec(`UPDATE moderation_case SET state = $2 WHERE id = $1 AND state = 0`, e.CampaignID, int64(as))
		if err != nil {
			return err
		}
		if ended == 0 {
			return errEnded
		}
		return errand.Write(tx)
	})
	errand.Over(err == nil)
	if err != nil && !errors.Is(err, errEnded) {
		return fmt.Errorf("case %d: %w", e.CampaignID, err)
	}
	return nil
}
