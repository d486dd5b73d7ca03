-- Kept answers by the keys themselves, which often count up or begin with the time: then
-- those of calls made together lie together, on few pages, where hashes are a page each.
-- Those whose time is over are found by going through all of them now and then, which
-- takes fewer pages than an index that each answer is put into. Answers that were kept
-- before are not taken over.
-- +goose Up

DROP TABLE kept_answer;

-- owner: internal/once
CREATE TABLE kept_answer (
    account_id BIGINT NOT NULL,
    call_key   BYTEA NOT NULL,           -- see api.Repeat.Key
    call_hash  TEXT {bytewise} NOT NULL, -- of method and parameters: half of its SHA-256, base64
    code       BIGINT NOT NULL,
    data       TEXT NOT NULL,            -- JSON
    message    TEXT NOT NULL,
    made_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    claim      BIGINT NOT NULL,          -- tells the rows of one statement apart
    PRIMARY KEY (account_id, call_key)
) {clustered};

-- +goose Down
DROP TABLE kept_answer;

-- owner: internal/once
CREATE TABLE kept_answer (
    account_id BIGINT NOT NULL,
    key_hash   TEXT {bytewise} NOT NULL,
    call_hash  TEXT {bytewise} NOT NULL,
    code       BIGINT NOT NULL,
    data       TEXT NOT NULL,
    message    TEXT NOT NULL,
    made_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    claim      BIGINT NOT NULL,
    PRIMARY KEY (account_id, key_hash)
) {clustered};
CREATE INDEX kept_answer_until ON kept_answer (until_ms);
