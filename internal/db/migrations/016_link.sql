-- Short links, their codes and their clicks.
-- +goose Up

-- owner: internal/modules/link
CREATE TABLE short_link (
    id                {key},
    account_id        BIGINT NOT NULL,
    campaign_id       BIGINT,                   -- whose text it stands in; null: made by itself
    code              TEXT {bytewise} NOT NULL, -- its own one of link_code
    full_link         TEXT NOT NULL,            -- where it leads to
    link_folded       TEXT {bytewise} NOT NULL, -- what it is searched and sorted by
    status            BIGINT NOT NULL,          -- 0 inactive, 1 active
    moderator_status  BIGINT NOT NULL,          -- 0 blocked by the operator, 1 not
    expiration_date   TEXT {bytewise} NOT NULL, -- its last day, YYYY-MM-DD; '' = none
    expires_ms        BIGINT NOT NULL,          -- when that day is over in the account's zone; 0 = never
    comment           TEXT NOT NULL,
    comment_folded    TEXT {bytewise} NOT NULL,
    clicks            BIGINT NOT NULL,
    redirects         BIGINT NOT NULL,          -- of those, the ones of people
    created_ms        BIGINT NOT NULL,
    updated_ms        BIGINT NOT NULL,
    deleted_ms        BIGINT
);
CREATE INDEX short_link_id ON short_link (account_id, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_created ON short_link (account_id, created_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_expiration ON short_link (account_id, expiration_date, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_clicks ON short_link (account_id, clicks, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_code ON short_link (account_id, code, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_target ON short_link (account_id, link_folded, id) WHERE deleted_ms IS NULL;
CREATE INDEX short_link_campaign ON short_link (campaign_id, id) WHERE campaign_id IS NOT NULL;

-- Every code that leads somewhere: a link's own, and one for each recipient of a
-- campaign that tells them apart.
-- owner: internal/modules/link
CREATE TABLE link_code (
    code       TEXT {bytewise} PRIMARY KEY,
    link_id    BIGINT NOT NULL,
    message_id BIGINT,                          -- the recipient's; null: the link's own code
    clicks     BIGINT NOT NULL,                 -- of a recipient's code; those of the link's own are not counted apart
    redirects  BIGINT NOT NULL
) {clustered};
CREATE INDEX link_code_message ON link_code (message_id, link_id) WHERE message_id IS NOT NULL;

-- Clicks by the clock on the account's wall. The time comes first, so that what is
-- counted now lies together.
-- owner: internal/modules/link
CREATE TABLE link_click (
    span      BIGINT NOT NULL,                  -- see link.span
    begins    BIGINT NOT NULL,                  -- minutes since 1970-01-01 00:00 on that wall
    link_id   BIGINT NOT NULL,
    clicks    BIGINT NOT NULL,
    redirects BIGINT NOT NULL,
    PRIMARY KEY (span, begins, link_id)
) {clustered};

-- owner: internal/modules/link
CREATE TABLE link_blocked_domain (
    domain     TEXT {bytewise} PRIMARY KEY      -- with all names below it
);

-- +goose Down
DROP TABLE link_blocked_domain;
DROP TABLE link_click;
DROP TABLE link_code;
DROP TABLE short_link;
