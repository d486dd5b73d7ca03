package db

import "context"

func (s *session) begin(ctx context.Context) error {
	if s.pipe != nil {
		s.pipe.begin(s.db.dialect.begin())
		return nil
	}
	return s.exec(ctx, s.db.dialect.begin())
}

// commit gives, along with an error after which the transaction may have been committed
// all the same, its name; that is "" where the answer to COMMIT can't be lost, or where
// nothing was written.
func (s *session) commit(ctx context.Context) (id string, err error) {
	if s.pipe != nil {
		return s.pipe.commit(ctx)
	}
	return "", s.exec(ctx, "COMMIT")
}

func (s *session) rollback(ctx context.Context) error {
	if s.pipe != nil {
		return s.pipe.rollback(ctx)
	}
	return s.exec(ctx, "ROLLBACK")
}

func (s *session) exec(ctx context.Context, text string) error {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx)
	return err
}
