-- +goose Up

-- owner: internal/tasks
CREATE TABLE task (                   -- background work
    id          {key},                -- the one on the wire
    account_id  BIGINT NOT NULL,
    kind        TEXT NOT NULL,        -- which worker does it
    args        TEXT NOT NULL,        -- JSON, the worker's own
    step        TEXT NOT NULL,        -- JSON, how far it is; '' = nothing is done yet
    step_no     BIGINT NOT NULL,      -- steps so far
    progress    BIGINT NOT NULL,      -- 0–100, never falls
    status      BIGINT NOT NULL,      -- 0 waiting, 1 running, 2 done, 3 rejected
    epoch       BIGINT NOT NULL,      -- the node that works on it; 0 = nobody
    tries       BIGINT NOT NULL,      -- those that failed
    due_ms      BIGINT NOT NULL,      -- not before
    problem     TEXT NOT NULL,        -- why the last try failed, or it was rejected; for the operator
    created_ms  BIGINT NOT NULL,
    finished_ms BIGINT                -- null: there is work to do
);
CREATE INDEX task_open ON task (epoch, account_id, due_ms, id) WHERE finished_ms IS NULL;
CREATE INDEX task_finished ON task (finished_ms) WHERE finished_ms IS NOT NULL;

-- Files that tasks read, in parts, so that any node can do the work.
-- owner: internal/tasks
CREATE TABLE task_file (
    task_id   BIGINT NOT NULL,        -- there may be no such task yet
    part      BIGINT NOT NULL,        -- from 0
    stored_ms BIGINT NOT NULL,
    content   BYTEA NOT NULL,
    PRIMARY KEY (task_id, part)
);

-- +goose Down
DROP TABLE task_file;
DROP TABLE task;
