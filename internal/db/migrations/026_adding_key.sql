-- Whose call adds to a campaign, or did last: its copies wait for it, others don't.
-- +goose Up

ALTER TABLE campaign ADD COLUMN adding_key BYTEA; -- idempotency key; null: it had none

-- +goose Down
ALTER TABLE campaign DROP COLUMN adding_key;
