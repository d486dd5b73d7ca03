-- The clock of `heliograph dev --clock`. Any other server goes by the machine's.
-- +goose Up

-- owner: internal/db
CREATE TABLE test_clock (            -- one row, if the server goes by it
    id        {key} CHECK (id = 1),
    offset_ms BIGINT NOT NULL        -- how far it is ahead of the machine's
);

-- +goose Down
DROP TABLE test_clock;
