-- Senders on request and their rules, barred countries, prices that change all at once.
-- +goose Up

ALTER TABLE alphaname ADD COLUMN description TEXT;           -- what its account says of it
ALTER TABLE alphaname ADD COLUMN comment TEXT;               -- why it was refused
ALTER TABLE alphaname ADD COLUMN registered TEXT NOT NULL DEFAULT ''; -- countries, comma-separated
ALTER TABLE alphaname ADD COLUMN expires_ms BIGINT;          -- when its approval ends
CREATE INDEX alphaname_account ON alphaname (account_id, id);

-- What a sender may look like in a country; without a row it may be any.
-- owner: internal/modules/alphaname
CREATE TABLE alphaname_rule (
    country      TEXT PRIMARY KEY,    -- ISO 3166 two letters
    alphanumeric BIGINT NOT NULL,     -- 1: may have letters
    digits       BIGINT NOT NULL,     -- 1: may be of digits alone
    min_length   BIGINT NOT NULL,
    max_length   BIGINT NOT NULL,
    registered   BIGINT NOT NULL      -- 1: must be registered there
);

ALTER TABLE account ADD COLUMN barred TEXT NOT NULL DEFAULT ''; -- countries it may not send to, comma-separated

-- Each import of prices; the latest that is complete decides a price.
-- owner: internal/modules/price
CREATE TABLE price_import (
    id         {key},
    state      BIGINT NOT NULL,       -- see price.state
    written_ms BIGINT NOT NULL        -- its last sign of life
);
INSERT INTO price_import (id, state, written_ms) VALUES (1, 1, 0);

ALTER TABLE price RENAME TO price_before;
-- owner: internal/modules/price
CREATE TABLE price (                  -- of one segment
    currency  TEXT {bytewise} NOT NULL,
    country   TEXT {bytewise} NOT NULL, -- ISO 3166 two letters
    operator  TEXT {bytewise} NOT NULL, -- '' = any operator of the country
    import_id BIGINT NOT NULL,
    price     BIGINT NOT NULL,
    PRIMARY KEY (currency, country, operator, import_id)
) {clustered};
INSERT INTO price (currency, country, operator, import_id, price) SELECT currency, country, operator, 1, price FROM price_before;
DROP TABLE price_before;

-- +goose Down
ALTER TABLE price RENAME TO price_now;
-- owner: internal/modules/price
CREATE TABLE price (
    currency TEXT NOT NULL,
    country  TEXT NOT NULL,
    operator TEXT NOT NULL,
    price    BIGINT NOT NULL,
    PRIMARY KEY (currency, country, operator)
);
INSERT INTO price (currency, country, operator, price)
    SELECT currency, country, operator, price FROM price_now WHERE import_id = (
        SELECT max(p.import_id) FROM price_now p JOIN price_import i ON i.id = p.import_id AND i.state = 1
        WHERE p.currency = price_now.currency AND p.country = price_now.country AND p.operator = price_now.operator);
DROP TABLE price_now;
DROP TABLE price_import;
ALTER TABLE account DROP COLUMN barred;
DROP TABLE alphaname_rule;
DROP INDEX alphaname_account;
ALTER TABLE alphaname DROP COLUMN expires_ms;
ALTER TABLE alphaname DROP COLUMN registered;
ALTER TABLE alphaname DROP COLUMN comment;
ALTER TABLE alphaname DROP COLUMN description;
