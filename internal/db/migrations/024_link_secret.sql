-- What the last letters of short links' codes follow from. Codes from before have none of them,
-- and lead nowhere now: no server was released with those.
-- +goose Up

-- owner: internal/modules/link
CREATE TABLE link_secret (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    secret BYTEA NOT NULL               -- 32 bytes by chance
);

-- +goose Down
DROP TABLE link_secret;
