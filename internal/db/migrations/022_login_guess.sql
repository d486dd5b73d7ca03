-- Who has to wait before another try at a password.
-- +goose Up

-- owner: internal/modules/user
CREATE TABLE login_guess (
    who      TEXT {bytewise} NOT NULL PRIMARY KEY, -- an address or a login, hashed
    failures BIGINT NOT NULL,
    last_ms  BIGINT NOT NULL,                      -- of them
    until_ms BIGINT NOT NULL                       -- when the next is let through
) {clustered};
CREATE INDEX login_guess_last ON login_guess (last_ms);

-- +goose Down
DROP TABLE login_guess;
