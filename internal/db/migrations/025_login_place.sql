-- Where logins succeeded: who logs in from there does not wait for those who guess elsewhere.
-- +goose Up

-- owner: internal/modules/user
CREATE TABLE login_place (
    place   TEXT {bytewise} NOT NULL PRIMARY KEY, -- a login and an address, hashed together
    last_ms BIGINT NOT NULL                       -- when it succeeded last
) {clustered};
CREATE INDEX login_place_last ON login_place (last_ms);

-- +goose Down
DROP TABLE login_place;
