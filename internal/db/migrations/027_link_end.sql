-- When a link's last day is over follows from the zone that its account has now.
-- +goose Up

ALTER TABLE short_link DROP COLUMN expires_ms;

-- +goose Down
ALTER TABLE short_link ADD COLUMN expires_ms BIGINT NOT NULL DEFAULT 0;
