-- Contacts: cards, the groups they are in, and their photos.
-- +goose Up

-- owner: internal/modules/contactgroup
CREATE TABLE contact_group (
    id          {key},
    account_id  BIGINT NOT NULL,
    name        TEXT NOT NULL,
    name_folded TEXT {bytewise} NOT NULL, -- what it is searched and sorted by, and unique by
    cards       BIGINT NOT NULL DEFAULT 0, -- how many are in it; of a deleted one, how many have not been taken out yet
    created_ms  BIGINT NOT NULL,
    deleted_ms  BIGINT
);
CREATE UNIQUE INDEX contact_group_name ON contact_group (account_id, name_folded) WHERE deleted_ms IS NULL;
CREATE INDEX contact_group_leaving ON contact_group (id) WHERE deleted_ms IS NOT NULL AND cards > 0;

-- The groups that there are, as others may know them.
-- owner: internal/modules/contactgroup
CREATE VIEW v_contact_group AS
    SELECT id, account_id, name, cards FROM contact_group WHERE deleted_ms IS NULL;

-- What a card shows is in fields. The columns below it are what cards are searched and
-- sorted by: the same values, folded to lower case; '' = unset.
-- owner: internal/modules/contactcard
CREATE TABLE contact_card (
    id                 {key},
    account_id         BIGINT NOT NULL,
    created_ms         BIGINT NOT NULL,
    in_groups          BIGINT NOT NULL, -- how many it is in
    fields             TEXT NOT NULL,   -- JSON: the set values by their names
    name               TEXT {bytewise} NOT NULL,
    surname            TEXT {bytewise} NOT NULL,
    title              TEXT {bytewise} NOT NULL,
    birth_date         TEXT {bytewise} NOT NULL,
    gender             TEXT {bytewise} NOT NULL,
    company_name       TEXT {bytewise} NOT NULL,
    company_url        TEXT {bytewise} NOT NULL,
    info               TEXT {bytewise} NOT NULL,
    mobile             TEXT {bytewise} NOT NULL,
    mobile_type        TEXT {bytewise} NOT NULL,
    email              TEXT {bytewise} NOT NULL,
    email_type         TEXT {bytewise} NOT NULL,
    viber              TEXT {bytewise} NOT NULL,
    viber_type         TEXT {bytewise} NOT NULL,
    whatsapp           TEXT {bytewise} NOT NULL,
    whatsapp_type      TEXT {bytewise} NOT NULL,
    landline           TEXT {bytewise} NOT NULL,
    landline_type      TEXT {bytewise} NOT NULL,
    skype              TEXT {bytewise} NOT NULL,
    skype_type         TEXT {bytewise} NOT NULL,
    telegram           TEXT {bytewise} NOT NULL,
    telegram_type      TEXT {bytewise} NOT NULL,
    address_countrya2  TEXT {bytewise} NOT NULL,
    address_country    TEXT {bytewise} NOT NULL,
    address_regionid   TEXT {bytewise} NOT NULL,
    address_region     TEXT {bytewise} NOT NULL,
    address_cityid     TEXT {bytewise} NOT NULL,
    address_city       TEXT {bytewise} NOT NULL,
    address_postalcode TEXT {bytewise} NOT NULL,
    address_street     TEXT {bytewise} NOT NULL,
    address_building   TEXT {bytewise} NOT NULL,
    address_other      TEXT {bytewise} NOT NULL
);
CREATE INDEX contact_card_id ON contact_card (account_id, id);
CREATE INDEX contact_card_created ON contact_card (account_id, created_ms, id);
CREATE INDEX contact_card_name ON contact_card (account_id, name, surname, id);
CREATE INDEX contact_card_surname ON contact_card (account_id, surname, id);
CREATE INDEX contact_card_mobile ON contact_card (account_id, mobile, id);
CREATE INDEX contact_card_alone ON contact_card (account_id, id) WHERE in_groups = 0;
-- Each field has its index; one that is not set costs nothing.
CREATE INDEX contact_card_title ON contact_card (account_id, title, id) WHERE title <> '';
CREATE INDEX contact_card_birth_date ON contact_card (account_id, birth_date, id) WHERE birth_date <> '';
CREATE INDEX contact_card_gender ON contact_card (account_id, gender, id) WHERE gender <> '';
CREATE INDEX contact_card_company_name ON contact_card (account_id, company_name, id) WHERE company_name <> '';
CREATE INDEX contact_card_company_url ON contact_card (account_id, company_url, id) WHERE company_url <> '';
CREATE INDEX contact_card_info ON contact_card (account_id, info, id) WHERE info <> '';
CREATE INDEX contact_card_mobile_type ON contact_card (account_id, mobile_type, id) WHERE mobile_type <> '';
CREATE INDEX contact_card_email ON contact_card (account_id, email, id) WHERE email <> '';
CREATE INDEX contact_card_email_type ON contact_card (account_id, email_type, id) WHERE email_type <> '';
CREATE INDEX contact_card_viber ON contact_card (account_id, viber, id) WHERE viber <> '';
CREATE INDEX contact_card_viber_type ON contact_card (account_id, viber_type, id) WHERE viber_type <> '';
CREATE INDEX contact_card_whatsapp ON contact_card (account_id, whatsapp, id) WHERE whatsapp <> '';
CREATE INDEX contact_card_whatsapp_type ON contact_card (account_id, whatsapp_type, id) WHERE whatsapp_type <> '';
CREATE INDEX contact_card_landline ON contact_card (account_id, landline, id) WHERE landline <> '';
CREATE INDEX contact_card_landline_type ON contact_card (account_id, landline_type, id) WHERE landline_type <> '';
CREATE INDEX contact_card_skype ON contact_card (account_id, skype, id) WHERE skype <> '';
CREATE INDEX contact_card_skype_type ON contact_card (account_id, skype_type, id) WHERE skype_type <> '';
CREATE INDEX contact_card_telegram ON contact_card (account_id, telegram, id) WHERE telegram <> '';
CREATE INDEX contact_card_telegram_type ON contact_card (account_id, telegram_type, id) WHERE telegram_type <> '';
CREATE INDEX contact_card_address_countrya2 ON contact_card (account_id, address_countrya2, id) WHERE address_countrya2 <> '';
CREATE INDEX contact_card_address_country ON contact_card (account_id, address_country, id) WHERE address_country <> '';
CREATE INDEX contact_card_address_regionid ON contact_card (account_id, address_regionid, id) WHERE address_regionid <> '';
CREATE INDEX contact_card_address_region ON contact_card (account_id, address_region, id) WHERE address_region <> '';
CREATE INDEX contact_card_address_cityid ON contact_card (account_id, address_cityid, id) WHERE address_cityid <> '';
CREATE INDEX contact_card_address_city ON contact_card (account_id, address_city, id) WHERE address_city <> '';
CREATE INDEX contact_card_address_postalcode ON contact_card (account_id, address_postalcode, id) WHERE address_postalcode <> '';
CREATE INDEX contact_card_address_street ON contact_card (account_id, address_street, id) WHERE address_street <> '';
CREATE INDEX contact_card_address_building ON contact_card (account_id, address_building, id) WHERE address_building <> '';
CREATE INDEX contact_card_address_other ON contact_card (account_id, address_other, id) WHERE address_other <> '';

-- owner: internal/modules/contactcard
CREATE TABLE contact_member (          -- who is in which group
    group_id BIGINT NOT NULL,
    card_id  BIGINT NOT NULL,
    PRIMARY KEY (group_id, card_id)
) {clustered};
CREATE INDEX contact_member_card ON contact_member (card_id, group_id);

-- owner: internal/modules/contactcard
CREATE TABLE contact_photo (
    card_id {key},
    format  TEXT NOT NULL,             -- jpeg, png, gif
    data    BYTEA NOT NULL
);

-- How many cards an account has. Whoever changes its cards or who is in which group
-- locks the row first.
-- owner: internal/modules/contactcard
CREATE TABLE contact_total (
    account_id {key},
    cards      BIGINT NOT NULL,
    alone      BIGINT NOT NULL,        -- of those, in no group
    changes    BIGINT NOT NULL         -- grows with each change of a card or of its groups
);

-- owner: internal/modules/contactcard
CREATE VIEW v_contact_total AS
    SELECT account_id, cards, alone FROM contact_total;

-- +goose Down
DROP VIEW v_contact_total;
DROP TABLE contact_total;
DROP TABLE contact_photo;
DROP TABLE contact_member;
DROP TABLE contact_card;
DROP VIEW v_contact_group;
DROP TABLE contact_group;
