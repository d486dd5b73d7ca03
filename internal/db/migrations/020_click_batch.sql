-- Clicks on many links at once, before they are counted link by link.
-- +goose Up

-- owner: internal/modules/link
CREATE TABLE link_click_batch (
    id   BIGINT NOT NULL,
    part BIGINT NOT NULL,  -- 0: as it was counted; else one of the parts that batches were sorted into
    body BYTEA NOT NULL,   -- see link.clickTally
    PRIMARY KEY (id, part)
) {clustered};

-- +goose Down
DROP TABLE link_click_batch;
