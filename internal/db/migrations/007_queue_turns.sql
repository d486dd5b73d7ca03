-- Accounts take turns in the queue, too, when memory is full. Rows from before have
-- account 0, which takes its turn like any other.
-- +goose Up

ALTER TABLE queue ADD COLUMN account_id BIGINT NOT NULL DEFAULT 0;
DROP INDEX queue_claim;
CREATE INDEX queue_claim ON queue (class, account_id, release_ms, message_id) WHERE epoch = 0;

-- +goose Down
DROP INDEX queue_claim;
ALTER TABLE queue DROP COLUMN account_id;
CREATE INDEX queue_claim ON queue (class, release_ms, message_id) WHERE epoch = 0;
