-- Times are Unix milliseconds, money is 1/10000 of a currency unit.
-- +goose Up

-- owner: internal/db
CREATE TABLE id_block (
    name    TEXT PRIMARY KEY,
    next_id BIGINT NOT NULL          -- the first id that nobody has reserved
);

-- owner: internal/db
CREATE TABLE version (               -- what caches look at to learn of changes
    name    TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);

-- owner: internal/db
CREATE TABLE node (                  -- one row per life of a process
    epoch          BIGINT PRIMARY KEY,
    name           TEXT NOT NULL,
    started_ms     BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL   -- 0 = dead
);

-- owner: internal/modules/user
CREATE TABLE cell (                  -- one row: what a key's prefix and code 13 need
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    prefix TEXT NOT NULL,
    domain TEXT NOT NULL
);

-- owner: internal/modules/user
CREATE TABLE account (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    currency   TEXT NOT NULL,        -- ISO 4217
    timezone   TEXT NOT NULL,        -- IANA name
    language   TEXT NOT NULL,
    moderated  BIGINT NOT NULL DEFAULT 0,
    api_access BIGINT NOT NULL DEFAULT 1,
    status     BIGINT NOT NULL DEFAULT 0, -- 0 usable, 1 blocked, 2 deleted
    balance    BIGINT NOT NULL DEFAULT 0,
    ledger_seq BIGINT NOT NULL DEFAULT 0, -- of its last row in the ledger
    created_ms BIGINT NOT NULL
);

-- owner: internal/modules/user
CREATE TABLE api_key (
    id         BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL,
    hash       TEXT NOT NULL UNIQUE, -- SHA-256 of the key, hex
    scopes     TEXT NOT NULL,        -- comma-separated; empty = everything
    ips        TEXT NOT NULL,        -- comma-separated networks; empty = anywhere
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT
);
CREATE INDEX api_key_account ON api_key (account_id, id);

-- owner: internal/modules/user
CREATE TABLE ledger (                -- the sum of an account's amounts is its balance
    account_id BIGINT NOT NULL,
    seq        BIGINT NOT NULL,      -- 1, 2, 3 … without gaps
    created_ms BIGINT NOT NULL,
    kind       TEXT NOT NULL,        -- opening, topup, charge, repay
    amount     BIGINT NOT NULL,      -- negative for a charge
    balance    BIGINT NOT NULL,      -- after it
    messages   BIGINT NOT NULL,      -- how many messages a charge or repayment is for
    message_id BIGINT,               -- the message, where it is one
    PRIMARY KEY (account_id, seq)
);

-- owner: internal/modules/alphaname
CREATE TABLE alphaname (             -- sender IDs
    id         BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL,      -- 0 = shared by all accounts
    name       TEXT NOT NULL,
    is_default BIGINT NOT NULL DEFAULT 0,
    status     BIGINT NOT NULL,      -- 0 waiting, 1 usable, 2 refused
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (account_id, name)
);

-- owner: internal/modules/price
CREATE TABLE price (                 -- of one segment
    currency TEXT NOT NULL,
    country  TEXT NOT NULL,          -- ISO 3166 two letters
    operator TEXT NOT NULL,          -- '' = any operator of the country
    price    BIGINT NOT NULL,
    PRIMARY KEY (currency, country, operator)
);

-- +goose Down
DROP TABLE price;
DROP TABLE alphaname;
DROP TABLE ledger;
DROP TABLE api_key;
DROP TABLE account;
DROP TABLE cell;
DROP TABLE node;
DROP TABLE version;
DROP TABLE id_block;
