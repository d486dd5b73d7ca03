-- Short links in the texts of campaigns.
-- +goose Up

ALTER TABLE campaign ADD COLUMN given_text TEXT;          -- as it was before its links were shortened; null: they were not
ALTER TABLE campaign ADD COLUMN own_part TEXT {bytewise}; -- the piece of text that each message has one of its own for; null: none has

-- What keeps an address to one link per campaign.
-- owner: internal/modules/campaign
CREATE TABLE campaign_link (
    campaign_id BIGINT NOT NULL,
    address     BYTEA NOT NULL,       -- the first 16 bytes of its SHA-256
    link_id     BIGINT NOT NULL,
    code        TEXT NOT NULL,
    PRIMARY KEY (campaign_id, address)
) {clustered};

DROP VIEW v_campaign;
-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS
    SELECT id, account_id, type, name, sender, text, own_part, state, paused, moderation, group_ids, created_ms, deferred_ms, start_send_ms, deleted_ms,
        CASE state WHEN 0 THEN 'NEW' WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 6 THEN 'SENT' WHEN 7 THEN 'DONE'
            WHEN 3 THEN CASE moderation WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 3 THEN 'READY_FOR_SEND' ELSE 'AUTO_READY_FOR_SEND' END
            ELSE 'RUNNING' END AS common_status
    FROM campaign;

-- +goose Down
DROP VIEW v_campaign;
-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS
    SELECT id, account_id, type, name, sender, text, state, paused, moderation, group_ids, created_ms, deferred_ms, start_send_ms, deleted_ms,
        CASE state WHEN 0 THEN 'NEW' WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 6 THEN 'SENT' WHEN 7 THEN 'DONE'
            WHEN 3 THEN CASE moderation WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 3 THEN 'READY_FOR_SEND' ELSE 'AUTO_READY_FOR_SEND' END
            ELSE 'RUNNING' END AS common_status
    FROM campaign;
DROP TABLE campaign_link;
ALTER TABLE campaign DROP COLUMN own_part;
ALTER TABLE campaign DROP COLUMN given_text;
