-- Answers of calls that came with an idempotency key. account.duplicate_guard is for how
-- many seconds the same message is taken for the same call; 0 = it is not.
-- +goose Up

-- owner: internal/once
CREATE TABLE kept_answer (
    account_id BIGINT NOT NULL,
    key_hash   TEXT {bytewise} NOT NULL, -- of the key: half of its SHA-256, base64
    call_hash  TEXT {bytewise} NOT NULL, -- of method and parameters, likewise
    code       BIGINT NOT NULL,
    data       TEXT NOT NULL,            -- JSON
    message    TEXT NOT NULL,
    made_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    claim      BIGINT NOT NULL,          -- tells the rows of one statement apart
    PRIMARY KEY (account_id, key_hash)
) {clustered};
CREATE INDEX kept_answer_until ON kept_answer (until_ms);

ALTER TABLE account ADD COLUMN duplicate_guard BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE account DROP COLUMN duplicate_guard;
DROP TABLE kept_answer;
