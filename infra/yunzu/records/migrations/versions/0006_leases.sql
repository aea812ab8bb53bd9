-- About a lease that has ended, named by its last day: a renewed one is another, and nothing is decided of it.
CREATE TABLE yunzu.lease_decisions (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text NOT NULL,
    until date NOT NULL,
    decision text NOT NULL CHECK (decision IN ('confirmed', 'tolerated')),
    tolerated_until date,
    reason text,
    account text NOT NULL,
    at timestamptz NOT NULL,
    CHECK (decision <> 'tolerated' OR (tolerated_until > until AND reason <> ''))
);
CREATE INDEX lease_decisions_newest ON yunzu.lease_decisions (environment, until, seq DESC);
CREATE TRIGGER is_append_only BEFORE UPDATE OR DELETE ON yunzu.lease_decisions
    FOR EACH ROW EXECUTE FUNCTION yunzu.is_append_only();

-- Another event that people are told of.
ALTER TABLE yunzu.messages DROP CONSTRAINT messages_event_check;
ALTER TABLE yunzu.messages ADD CONSTRAINT messages_event_check CHECK (event IN (
    'waiting_for_me', 'due_soon', 'overdue', 'decided', 'delivered', 'lease_ending', 'lease_ended',
    'campaign', 'quota_80', 'quota_90', 'quota_100'));

-- Which of its environments a department keeps. One campaign for each last day: opened again, it takes in
-- what has come since. The newest request that says what becomes of an environment answers for it.
CREATE TABLE yunzu.campaigns (
    id text PRIMARY KEY,
    until date NOT NULL,
    answer_by date NOT NULL,
    account text NOT NULL,
    at timestamptz NOT NULL
);
CREATE TABLE yunzu.campaign_lines (
    campaign text NOT NULL REFERENCES yunzu.campaigns (id),
    environment text NOT NULL,
    department text NOT NULL,
    PRIMARY KEY (campaign, environment)
);

-- Granted, and given up before it was delivered: another state in which a request has ended.
ALTER TABLE yunzu.requests DROP CONSTRAINT requests_check;
ALTER TABLE yunzu.requests ADD CONSTRAINT requests_check CHECK (
    (state IN ('done', 'refused', 'denied', 'withdrawn', 'abandoned')) = (done_at IS NOT NULL));

-- How full a department's quota or the centre's capacity was when people were last told: they are told once
-- a crossing, and `crossing` counts these.
CREATE TABLE yunzu.quota_levels (
    owner text NOT NULL,
    meter text NOT NULL,
    level integer NOT NULL CHECK (level IN (0, 80, 90, 100)),
    crossing integer NOT NULL,
    PRIMARY KEY (owner, meter)
);
