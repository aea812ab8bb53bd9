CREATE TABLE yunzu.jobs (
    id text PRIMARY KEY,
    kind text NOT NULL,
    environment text NOT NULL,
    account text NOT NULL,
    arguments jsonb NOT NULL,
    recipient text,
    asked_at timestamptz NOT NULL,
    state text NOT NULL,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    doing text NOT NULL DEFAULT '',
    found jsonb NOT NULL DEFAULT '[]',
    result jsonb,
    sealed text,
    failure jsonb,
    ended_at timestamptz
);
CREATE INDEX jobs_by_time ON yunzu.jobs (asked_at);

-- Why a delivery failed is a document, as a job's failure is.
ALTER TABLE yunzu.deliveries DROP COLUMN exit_code;
ALTER TABLE yunzu.deliveries ALTER COLUMN failure TYPE jsonb USING NULL;
