-- One-time codes. Only a hash is kept; one account has at most one that is good.
CREATE TABLE yunzu.account_codes (
    hash text PRIMARY KEY,
    account text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_as text CHECK (ended_as IN ('used', 'replaced', 'withdrawn')),
    CHECK (num_nonnulls(ended_at, ended_as) <> 1)
);
CREATE UNIQUE INDEX account_codes_one ON yunzu.account_codes (account) WHERE ended_at IS NULL;

-- The second factor of an account: its secret is sealed with a key of the centre's home. `sealed` counts
-- once it is confirmed; `offered` is what somebody with a one-time code is about to enrol.
CREATE TABLE yunzu.second_factors (
    account text PRIMARY KEY,
    sealed bytea,
    enrolled_at timestamptz,
    offered bytea,
    last_step bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    CHECK (num_nonnulls(sealed, enrolled_at) <> 1)
);

CREATE TABLE yunzu.disabled_accounts (
    account text PRIMARY KEY,
    disabled_at timestamptz NOT NULL,
    disabled_by text NOT NULL,
    reason text NOT NULL CHECK (reason <> '')
);

-- 代理: `by` acts for `of` from `start` to `until`, both inclusive.
CREATE TABLE yunzu.deputies (
    id text PRIMARY KEY,
    "of" text NOT NULL,
    "by" text NOT NULL,
    start date NOT NULL,
    until date NOT NULL,
    named_by text NOT NULL,
    named_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    CHECK ("of" <> "by" AND start <= until),
    CHECK (num_nonnulls(revoked_at, revoked_by) <> 1)
);
CREATE INDEX deputies_by ON yunzu.deputies ("by");
CREATE INDEX deputies_of ON yunzu.deputies ("of");

-- What was done about accounts, by whom. It holds no secret, and nothing of it is changed.
CREATE TABLE yunzu.account_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account text NOT NULL,
    event text NOT NULL,
    "by" text NOT NULL,
    authenticated text NOT NULL,
    origin text NOT NULL,
    reason text,
    detail jsonb NOT NULL
);
CREATE INDEX account_events_by_account ON yunzu.account_events (account, id);
CREATE TRIGGER is_append_only BEFORE UPDATE OR DELETE ON yunzu.account_events
    FOR EACH ROW EXECUTE FUNCTION yunzu.is_append_only();

-- Until when whoever holds the token has proved a second factor.
ALTER TABLE yunzu.tokens ADD COLUMN confirmed_until timestamptz;
