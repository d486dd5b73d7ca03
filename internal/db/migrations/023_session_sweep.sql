-- Finds the sessions that are not remembered any more.
-- +goose Up

CREATE INDEX user_session_expires ON user_session (expires_ms);

-- +goose Down
DROP INDEX user_session_expires;
