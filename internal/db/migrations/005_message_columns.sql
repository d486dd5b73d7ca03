-- What message/list searches in place of the rows of message, for accounts with very
-- many: blocks of messages, column by column. All of it is derived and can be dropped:
-- it is made again in the background.
-- +goose Up

-- owner: internal/modules/message
CREATE TABLE message_shelf (         -- the accounts that have blocks
    account_id {key},
    generation BIGINT NOT NULL,      -- grows with each change of a block
    last_id    BIGINT NOT NULL       -- blocks hold what has an id up to here
);

-- owner: internal/modules/message
CREATE TABLE message_block (
    account_id BIGINT NOT NULL,
    first_id   BIGINT NOT NULL,      -- one more than the last of the block before
    last_id    BIGINT NOT NULL,
    generation BIGINT NOT NULL,      -- of the shelf when it was written
    unsettled  BIGINT NOT NULL,      -- messages whose status could still change
    check_ms   BIGINT,               -- when to look at them again
    wait_ms    BIGINT NOT NULL,      -- how long that was from the look before
    summary    BYTEA NOT NULL,       -- see column.Summary
    PRIMARY KEY (account_id, first_id)
) {clustered};
CREATE INDEX message_block_check ON message_block (check_ms) WHERE check_ms IS NOT NULL;

-- owner: internal/modules/message
CREATE TABLE message_column (
    account_id BIGINT NOT NULL,
    first_id   BIGINT NOT NULL,      -- of the block
    name       BIGINT NOT NULL,      -- see column.Name
    data       BYTEA NOT NULL,       -- see column.Encode
    PRIMARY KEY (account_id, first_id, name)
) {clustered};

-- owner: internal/modules/message
CREATE TABLE message_horizon (       -- one row
    id      {key} CHECK (id = 1),
    planned BIGINT NOT NULL          -- who accepts a message with an id up to here notes it in message_late
);
INSERT INTO message_horizon (id, planned) VALUES (1, 0);

-- owner: internal/modules/message
CREATE TABLE message_late (          -- messages that may be missing in their block
    account_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
) {clustered};

-- +goose Down
DROP TABLE message_late;
DROP TABLE message_horizon;
DROP TABLE message_column;
DROP TABLE message_block;
DROP TABLE message_shelf;
