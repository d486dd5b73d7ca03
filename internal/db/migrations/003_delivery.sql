-- What is on its way: small tables whose rows go when a message is final.
-- +goose Up

-- owner: internal/delivery
CREATE TABLE carrier (
    id   {key},
    name TEXT NOT NULL UNIQUE        -- as in the configuration
);

-- owner: internal/delivery
CREATE TABLE queue (                 -- messages that no carrier has been chosen for yet
    message_id {key},
    class      BIGINT NOT NULL,      -- 0 single, 1 bulk
    release_ms BIGINT NOT NULL,      -- not before
    expires_ms BIGINT NOT NULL,      -- when validity ends
    epoch      BIGINT NOT NULL       -- the node that holds it in memory; 0 = nobody
);
CREATE INDEX queue_claim ON queue (class, release_ms, message_id) WHERE epoch = 0;
CREATE INDEX queue_expiry ON queue (expires_ms);

-- A segment's intent is live while status is ENQUEUD and attempt > doubt: it may be
-- with the carrier, and only its answer, or the carrier's policy for doubt, ends that.
-- owner: internal/delivery
CREATE TABLE pending (               -- segments given, or about to be given, to a carrier
    message_id BIGINT NOT NULL,
    seg        BIGINT NOT NULL,      -- from 1
    seg_num    BIGINT NOT NULL,      -- of how many
    carrier_id BIGINT NOT NULL,
    recipient  TEXT NOT NULL,        -- digits
    sender     TEXT NOT NULL,
    status     BIGINT NOT NULL,      -- see message.Status
    attempt    BIGINT NOT NULL,      -- intents that may have reached the carrier
    doubt      BIGINT NOT NULL,      -- how many of them were given up as in doubt
    epoch      BIGINT NOT NULL,      -- the node that submits it; 0 = none has to
    intent_ms  BIGINT NOT NULL,      -- of the first intent that the carrier may have
    expires_ms BIGINT NOT NULL,      -- when validity ends
    ref        TEXT,                 -- the carrier's message id, folded
    PRIMARY KEY (message_id, seg)
) {clustered};
CREATE INDEX pending_ref ON pending (ref) WHERE ref IS NOT NULL;
CREATE INDEX pending_doubt ON pending (recipient) WHERE doubt > 0;

-- owner: internal/delivery
CREATE TABLE receipt (               -- receipts that fit no segment yet
    id          {key},
    carrier_id  BIGINT NOT NULL,
    ref         TEXT NOT NULL,       -- the carrier's message id, as given
    recipient   TEXT NOT NULL,
    sender      TEXT NOT NULL,
    status      BIGINT NOT NULL,
    error_code  TEXT NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE INDEX receipt_received ON receipt (received_ms);

-- +goose Down
DROP TABLE receipt;
DROP TABLE pending;
DROP TABLE queue;
DROP TABLE carrier;
