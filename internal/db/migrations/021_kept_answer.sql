-- Kept answers whose time is over are found by going through all of them now and then,
-- which takes fewer pages than an index that each answer is put into.
-- +goose Up

DROP INDEX kept_answer_until;

-- +goose Down
CREATE INDEX kept_answer_until ON kept_answer (until_ms);
