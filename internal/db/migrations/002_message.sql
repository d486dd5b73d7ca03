-- The hot table: primary key and two secondary indexes at most, none with a status
-- in it, and no table refers to it by a foreign key.
-- On PostgreSQL it is partitioned by ranges of id; the partitions are made when ids
-- are reserved.
-- +goose Up

-- owner: internal/modules/message
CREATE TABLE message (
    id               {key},
    account_id       BIGINT NOT NULL,
    campaign_id      BIGINT NOT NULL, -- the message's own id where it was sent singly
    created_ms       BIGINT NOT NULL,
    sender           TEXT {bytewise} NOT NULL,
    recipient        TEXT {bytewise} NOT NULL,   -- digits
    text             TEXT {bytewise},            -- null: the campaign's
    country          TEXT NOT NULL,
    operator         TEXT NOT NULL,   -- '' = not known
    seg_num          BIGINT NOT NULL,
    seg_price        BIGINT NOT NULL,
    repaid           BIGINT NOT NULL DEFAULT 0,
    status           BIGINT NOT NULL, -- see message.Status
    moderation       BIGINT NOT NULL, -- see message.Moderation
    creation_way     BIGINT NOT NULL, -- 1 console, 2 API, 5 service
    mclass           BIGINT NOT NULL, -- 0 flash, 1 ordinary
    validity_min     BIGINT NOT NULL, -- minutes, from release
    expires_ms       BIGINT NOT NULL, -- when validity ends
    deferred_ms      BIGINT,
    start_send_ms    BIGINT,
    status_update_ms BIGINT,
    name             TEXT             -- of a single message's campaign
) {partitioned};
CREATE INDEX message_account ON message (account_id, id);
CREATE INDEX message_campaign ON message (campaign_id, id) WHERE campaign_id <> id;

-- +goose Down
DROP TABLE message;
