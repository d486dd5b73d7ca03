-- The stop list: numbers that no messages go to.
-- +goose Up

-- owner: internal/modules/numberstoplist
CREATE TABLE stop_number (
    id             {key},
    account_id     BIGINT NOT NULL,         -- whose messages do not go there; 0 = nobody's do
    number_from    BIGINT NOT NULL,
    number_to      BIGINT NOT NULL,         -- included; of a single number, number_from
    comment        TEXT NOT NULL,           -- '' = none
    comment_folded TEXT {bytewise} NOT NULL, -- what it is searched by
    created_by     BIGINT NOT NULL,         -- the account; 0 = the operator
    created_ms     BIGINT NOT NULL
);
CREATE INDEX stop_number_id ON stop_number (account_id, id);
CREATE UNIQUE INDEX stop_number_number ON stop_number (account_id, number_from, number_to);
CREATE INDEX stop_number_created ON stop_number (account_id, created_ms, id);
CREATE INDEX stop_number_comment ON stop_number (account_id, comment_folded, id) WHERE comment_folded <> '';

-- owner: internal/modules/numberstoplist
CREATE TABLE stop_total (
    account_id {key},
    entries    BIGINT NOT NULL,
    seq        BIGINT NOT NULL              -- of the last change
);

-- What was changed, by which servers keep up. Old rows go.
-- owner: internal/modules/numberstoplist
CREATE TABLE stop_change (
    seq         {key},                      -- without gaps, in the order of the commits
    account_id  BIGINT NOT NULL,
    number_from BIGINT NOT NULL,
    number_to   BIGINT NOT NULL,
    stopped     BIGINT NOT NULL,            -- 1: it came on the list, 0: it went
    changed_ms  BIGINT NOT NULL
);

-- owner: internal/modules/numberstoplist
CREATE TABLE stop_last (
    id  {key},
    seq BIGINT NOT NULL                     -- of the last change of all
);
INSERT INTO stop_last (id, seq) VALUES (1, 0);

-- +goose Down
DROP TABLE stop_last;
DROP TABLE stop_change;
DROP TABLE stop_total;
DROP TABLE stop_number;
