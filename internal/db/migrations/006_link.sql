-- What an operator looks at: links, what is on hold, why a message was not sent.
-- +goose Up

-- owner: internal/delivery
CREATE TABLE link (                  -- a node's links to a carrier, as it last told
    carrier_id BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,      -- the node
    binds      BIGINT NOT NULL,      -- how many links there are to be
    bound      BIGINT NOT NULL,      -- how many are bound
    slots      BIGINT NOT NULL,      -- the window of those
    problem    TEXT NOT NULL,        -- the last error of one that is not bound
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, epoch)
);

-- owner: internal/delivery
CREATE TABLE refusal (               -- messages that we rejected after they were accepted
    message_id {key},
    reason     TEXT NOT NULL,        -- see delivery.Verdict
    refused_ms BIGINT NOT NULL
);

-- A queued message whose account is blocked is on hold: its epoch is the account's
-- id, negative, and no claim sees it.
CREATE INDEX queue_hold ON queue (epoch, message_id) WHERE epoch < 0;
CREATE INDEX receipt_recipient ON receipt (recipient);

-- +goose Down
DROP INDEX receipt_recipient;
DROP INDEX queue_hold;
DROP TABLE refusal;
DROP TABLE link;
