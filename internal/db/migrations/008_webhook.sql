-- +goose Up

-- owner: internal/modules/webhook
CREATE TABLE webhook (
    id         {key},
    account_id BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    url        TEXT NOT NULL,
    format     TEXT NOT NULL,         -- raw, xml, json
    secret     TEXT NOT NULL,         -- '' = none
    status     BIGINT NOT NULL,       -- 0 switched off, 1 on
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    failing_ms BIGINT,                -- since when no attempt has succeeded, after one that failed
    deleted_ms BIGINT
);
CREATE INDEX webhook_account ON webhook (account_id, id);

-- What is told to whom: one row for each event and webhook, written in the
-- transaction that makes the event. An event about a message has the message's id.
-- owner: internal/modules/webhook
CREATE TABLE webhook_delivery (
    account_id   BIGINT NOT NULL,
    event_id     BIGINT NOT NULL,
    webhook_id   BIGINT NOT NULL,
    created_ms   BIGINT NOT NULL,     -- of the event
    state        BIGINT NOT NULL,     -- 0 waiting, 1 delivered, 2 failed
    attempts     BIGINT NOT NULL,     -- made so far
    tries        BIGINT NOT NULL,     -- of those, since it was asked for, at first or by a replay
    due_ms       BIGINT NOT NULL,     -- not before
    epoch        BIGINT NOT NULL,     -- the node that has it in memory; 0 = nobody
    attempted_ms BIGINT,              -- the attempt that succeeded: when,
    http_status  BIGINT,              -- with what answer,
    duration_ms  BIGINT,              -- and how long it took
    PRIMARY KEY (account_id, event_id, webhook_id)
) {clustered};
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, epoch, due_ms, event_id) WHERE state = 0;
CREATE INDEX webhook_delivery_failed ON webhook_delivery (account_id, event_id) WHERE state = 2;

-- owner: internal/modules/webhook
CREATE TABLE webhook_attempt (        -- attempts that failed
    account_id   BIGINT NOT NULL,
    event_id     BIGINT NOT NULL,
    webhook_id   BIGINT NOT NULL,
    attempt      BIGINT NOT NULL,     -- from 1
    attempted_ms BIGINT NOT NULL,
    http_status  BIGINT,              -- null: there was no answer
    duration_ms  BIGINT NOT NULL,
    problem      TEXT NOT NULL,       -- see post.Problem
    PRIMARY KEY (account_id, event_id, webhook_id, attempt)
) {clustered};

-- +goose Down
DROP TABLE webhook_attempt;
DROP TABLE webhook_delivery;
DROP TABLE webhook;
