package db

import (
	"context"
	"time"
)

// askAgain is the pause between two questions for a transaction's outcome.
const askAgain = 100 * time.Millisecond

// outcome finds out what became of a transaction whose COMMIT had no answer: the
// connection broke, and the database may have done it or not. Nobody can be told
// anything before that is known, so it asks until the database is back. Meanwhile it
// turns away what waits: the writer's other goroutines may be in the same place.
func (w *Writer) outcome(id string, lost error) (kept bool, err error) {
	w.db.log.Warn("a commit had no answer, asking what became of it", "error", lost)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-w.ending:
			return false, ErrClosed
		case <-pause.C:
		}
		known := false
		err := w.db.Read(context.Background(), func(q *Reader) (err error) {
			kept, known, err = w.db.dialect.kept(q.querier, id)
			return err
		})
		if known && err == nil {
			return kept, nil
		}
		if err != nil {
			w.turnAway(err)
		}
		pause.Reset(askAgain)
	}
}

// turnAway tells all who wait that the database is away.
func (w *Writer) turnAway(err error) {
	for _, j := range w.takeAll() {
		j.done(err)
	}
}

func (w *Writer) takeAll() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all()
}
