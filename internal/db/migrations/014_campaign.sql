-- Campaigns of many messages. A message sent singly has none: it is one by itself.
-- +goose Up

ALTER TABLE message ADD COLUMN was BIGINT NOT NULL DEFAULT 0; -- the status before this one
ALTER TABLE message ADD COLUMN card_id BIGINT;                -- the contact card that the number came from
ALTER TABLE message ADD COLUMN group_id BIGINT;               -- the contact group that the card came from

-- owner: internal/modules/campaign
CREATE TABLE campaign (
    id            {key},              -- from the series of messages
    account_id    BIGINT NOT NULL,
    type          BIGINT NOT NULL,    -- see campaign.Type
    name          TEXT,
    name_folded   TEXT {bytewise} NOT NULL, -- what the name sorts by
    sender        TEXT {bytewise} NOT NULL, -- as asked for; a message has the one it is sent with
    text          TEXT {bytewise} NOT NULL,
    rate_limit    BIGINT,             -- messages in
    rate_period   BIGINT,             -- seconds
    deferred_ms   BIGINT,
    validity_min  BIGINT NOT NULL,    -- minutes, from a message's release
    mclass        BIGINT NOT NULL,    -- 0 flash, 1 ordinary
    shorten_links BIGINT NOT NULL,
    track_links   BIGINT NOT NULL,
    creation_way  BIGINT NOT NULL,    -- 1 console, 2 API, 5 service
    created_ms    BIGINT NOT NULL,
    -- What it holds:
    messages      BIGINT NOT NULL DEFAULT 0,
    segments      BIGINT NOT NULL DEFAULT 0,
    cost          BIGINT NOT NULL DEFAULT 0,
    rejected      BIGINT NOT NULL DEFAULT 0, -- recipients that were refused
    first_id      BIGINT,             -- the message that was added first
    group_ids     TEXT NOT NULL DEFAULT '', -- contact groups it was added from, ,1,2,
    adding        BIGINT NOT NULL DEFAULT 0, -- who adds to it: an epoch, or a task's id, negative; 0 = nobody
    -- Where it stands:
    state         BIGINT NOT NULL,    -- see campaign.State
    paused        BIGINT NOT NULL DEFAULT 0,
    moderation    BIGINT NOT NULL DEFAULT 0, -- see message.Moderation
    comment       TEXT,               -- the moderator's
    sent_ms       BIGINT,             -- campaign/send
    start_send_ms BIGINT,             -- the first message was released
    end_send_ms   BIGINT,             -- the last one was handed over
    cancelled_ms  BIGINT,
    deleted_ms    BIGINT,
    -- Its release:
    epoch         BIGINT NOT NULL DEFAULT 0, -- the node that releases it; 0 = nobody
    cursor        BIGINT NOT NULL DEFAULT 0, -- messages with an id up to here are released
    due_ms        BIGINT NOT NULL DEFAULT 0, -- of the next step
    valid_ms      BIGINT NOT NULL DEFAULT 0  -- since when validity runs
);
CREATE INDEX campaign_account ON campaign (account_id, id);
CREATE INDEX campaign_active ON campaign (due_ms, id) WHERE state IN (3, 4);
CREATE INDEX campaign_adding ON campaign (adding) WHERE adding <> 0;
CREATE INDEX campaign_stopped ON campaign (id) WHERE paused = 1 OR cancelled_ms IS NOT NULL;

-- What keeps a number once per campaign.
-- owner: internal/modules/campaign
CREATE TABLE campaign_recipient (
    campaign_id BIGINT NOT NULL,
    number      BIGINT NOT NULL,      -- digits
    PRIMARY KEY (campaign_id, number)
) {clustered};

-- What a campaign's messages cost, by where they go.
-- owner: internal/modules/campaign
CREATE TABLE campaign_part (
    campaign_id BIGINT NOT NULL,
    country     TEXT NOT NULL,
    operator    TEXT NOT NULL,        -- '' = not known
    seg_price   BIGINT NOT NULL,
    messages    BIGINT NOT NULL,
    segments    BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, country, operator, seg_price)
) {clustered};

-- How many of a campaign's messages have a status, and what those cost.
-- owner: internal/modules/campaign
CREATE TABLE campaign_counter (
    campaign_id BIGINT NOT NULL,
    status      BIGINT NOT NULL,      -- see message.Status
    messages    BIGINT NOT NULL,
    segments    BIGINT NOT NULL,
    cost        BIGINT NOT NULL,
    updated_ms  BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, status)
) {clustered};

-- Changes of counters that were committed and not added to them yet: so many writers
-- count without waiting for each other.
-- owner: internal/modules/campaign
CREATE TABLE campaign_step (
    epoch       BIGINT NOT NULL,      -- the node's, with
    seq         BIGINT NOT NULL,      -- its number there
    campaign_id BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    messages    BIGINT NOT NULL,      -- to be added, perhaps negative
    segments    BIGINT NOT NULL,
    cost        BIGINT NOT NULL,
    stepped_ms  BIGINT NOT NULL,
    PRIMARY KEY (epoch, seq)
) {clustered};

-- What others may know of campaigns.
-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS
    SELECT id, account_id, type, name, sender, text, state, paused, moderation, group_ids, created_ms, deferred_ms, start_send_ms, deleted_ms
    FROM campaign;

-- +goose Down
DROP VIEW v_campaign;
DROP TABLE campaign_step;
DROP TABLE campaign_counter;
DROP TABLE campaign_part;
DROP TABLE campaign_recipient;
DROP TABLE campaign;
ALTER TABLE message DROP COLUMN group_id;
ALTER TABLE message DROP COLUMN card_id;
ALTER TABLE message DROP COLUMN was;
