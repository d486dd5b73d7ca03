-- What campaign/list goes by: an index for each sort and each common criterion, and
-- where a campaign stands in the words of the API.
-- +goose Up

DROP INDEX campaign_account;
CREATE INDEX campaign_account ON campaign (account_id, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_name ON campaign (account_id, name_folded, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_sender ON campaign (account_id, sender, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_messages ON campaign (account_id, messages, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_cost ON campaign (account_id, cost, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_created ON campaign (account_id, created_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_start ON campaign (account_id, coalesce(start_send_ms, 0), id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_end ON campaign (account_id, coalesce(end_send_ms, 0), id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_type ON campaign (account_id, type, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_state ON campaign (account_id, state, id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_text ON campaign (account_id, substr(text, 1, 40), id) WHERE deleted_ms IS NULL;
CREATE INDEX campaign_groups ON campaign (account_id, id) WHERE deleted_ms IS NULL AND group_ids <> '';

DROP VIEW v_campaign;
-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS
    SELECT id, account_id, type, name, sender, text, state, paused, moderation, group_ids, created_ms, deferred_ms, start_send_ms, deleted_ms,
        CASE state WHEN 0 THEN 'NEW' WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 6 THEN 'SENT' WHEN 7 THEN 'DONE'
            WHEN 3 THEN CASE moderation WHEN 1 THEN 'MODERATION' WHEN 2 THEN 'DECLINED' WHEN 3 THEN 'READY_FOR_SEND' ELSE 'AUTO_READY_FOR_SEND' END
            ELSE 'RUNNING' END AS common_status
    FROM campaign;

-- Blocks of messages have two more columns now. They are made again in the background.
DELETE FROM message_column;
DELETE FROM message_block;
DELETE FROM message_shelf;

-- +goose Down
DELETE FROM message_column;
DELETE FROM message_block;
DELETE FROM message_shelf;
DROP VIEW v_campaign;
-- owner: internal/modules/campaign
CREATE VIEW v_campaign AS
    SELECT id, account_id, type, name, sender, text, state, paused, moderation, group_ids, created_ms, deferred_ms, start_send_ms, deleted_ms
    FROM campaign;
DROP INDEX campaign_groups;
DROP INDEX campaign_text;
DROP INDEX campaign_state;
DROP INDEX campaign_type;
DROP INDEX campaign_end;
DROP INDEX campaign_start;
DROP INDEX campaign_created;
DROP INDEX campaign_cost;
DROP INDEX campaign_messages;
DROP INDEX campaign_sender;
DROP INDEX campaign_name;
DROP INDEX campaign_account;
CREATE INDEX campaign_account ON campaign (account_id, id);
