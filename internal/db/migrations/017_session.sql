-- Logins of accounts and the sessions they open.
-- +goose Up

-- owner: internal/modules/user
CREATE TABLE account_login (
    account_id    {key},
    login         TEXT {bytewise} NOT NULL UNIQUE, -- folded
    password_hash TEXT NOT NULL                    -- argon2id; '' = none yet
);

-- owner: internal/modules/user
CREATE TABLE user_session (
    id         {key},
    account_id BIGINT NOT NULL,
    hash       TEXT {bytewise} NOT NULL UNIQUE,    -- SHA-256 of the token
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    closed_ms  BIGINT,
    closed_by  BIGINT                              -- 1 its user, 2 the operator
);
CREATE INDEX user_session_account ON user_session (account_id, id);

-- +goose Down
DROP TABLE user_session;
DROP TABLE account_login;
