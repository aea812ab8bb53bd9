-- One row for each request that was ever delivered: how far the present or last try has come, for whoever
-- waits for it, and what stopped it. It is no evidence; that stands in the moves.
CREATE TABLE yunzu.deliveries (
    request text PRIMARY KEY REFERENCES yunzu.requests (number),
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    doing text NOT NULL DEFAULT '',
    failure text,
    exit_code integer
);
