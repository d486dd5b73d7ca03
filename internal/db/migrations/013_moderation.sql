-- What moderators are asked, and what they decided. account.moderated is 0 never,
-- 1 always, 2 by rules from now on.
-- +goose Up

-- A text of an account is asked about once, however often it is sent.
-- owner: internal/modules/moderation
CREATE TABLE moderation_text (
    id         {key},                 -- of the case that asked first
    account_id BIGINT NOT NULL,
    hash       TEXT {bytewise} NOT NULL, -- SHA-256 of the text, hex
    text       TEXT {bytewise} NOT NULL,
    sender     TEXT {bytewise} NOT NULL, -- of the first case
    reasons    TEXT NOT NULL,         -- why it is asked about, apart by semicolons
    asked_ms   BIGINT NOT NULL,
    cases      BIGINT NOT NULL,       -- that were ever opened
    recipients BIGINT NOT NULL,       -- of all of them
    state      BIGINT NOT NULL,       -- see moderation.Standing; never 0
    comment    TEXT NOT NULL DEFAULT '', -- the moderator's
    decided_ms BIGINT NOT NULL DEFAULT 0,
    carried    BIGINT NOT NULL DEFAULT 0, -- so many cases were there when the decision was last carried out
    UNIQUE (account_id, hash)
);
CREATE INDEX moderation_text_asked ON moderation_text (asked_ms, id);
CREATE INDEX moderation_text_waiting ON moderation_text (asked_ms, id) WHERE state = 1;
CREATE INDEX moderation_text_approved ON moderation_text (account_id) WHERE state = 3;
CREATE INDEX moderation_text_uncarried ON moderation_text (id) WHERE state <> 1 AND carried < cases;

-- A campaign, or a single message, whose text was asked about.
-- owner: internal/modules/moderation
CREATE TABLE moderation_case (
    id         {key},                 -- the campaign's
    text_id    BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    single     BIGINT NOT NULL,       -- 1: it is a message sent singly
    state      BIGINT NOT NULL,       -- 0 waits, 1 carried out, 2 withdrawn, 3 waited too long
    opened_ms  BIGINT NOT NULL
);
CREATE INDEX moderation_case_waiting ON moderation_case (text_id, id) WHERE state = 0;
CREATE INDEX moderation_case_oldest ON moderation_case (opened_ms) WHERE state = 0 AND single = 1;

-- Words that a text is asked about for.
-- owner: internal/modules/moderation
CREATE TABLE moderation_word (
    word TEXT {bytewise} PRIMARY KEY  -- folded; a star at an end stands for the rest of a word
);

-- What others may know: by campaign, what was decided about its text.
-- owner: internal/modules/moderation
CREATE VIEW v_moderation AS
    SELECT c.id AS campaign_id, t.state, t.comment, t.decided_ms
    FROM moderation_case c JOIN moderation_text t ON t.id = c.text_id;

-- +goose Down
DROP VIEW v_moderation;
DROP TABLE moderation_word;
DROP TABLE moderation_case;
DROP TABLE moderation_text;
