-- A request is why a manifest may change; a manifest here is what was approved, and is what is delivered.
CREATE TABLE yunzu.requests (
    number text PRIMARY KEY,
    item text NOT NULL,
    item_hash text NOT NULL,
    item_content jsonb NOT NULL,          -- as it stood at the submission: no later promise replaces it
    department text,                      -- NULL: the centre's own change
    subject_kind text NOT NULL,
    subject text NOT NULL,
    base_hash text,                       -- the approved content that it was written against
    original jsonb,                       -- that content
    requested jsonb NOT NULL,
    requested_hash text NOT NULL,
    decided_hash text,                    -- what was approved, and nothing else is delivered
    applicant text NOT NULL,
    agent text,                           -- the operator who filed it for the applicant (代办)
    authors text[] NOT NULL DEFAULT '{}',
    bundle text,
    needs text[] NOT NULL DEFAULT '{}',   -- requests of its bundle that have to be done before
    state text NOT NULL,
    step integer,                         -- position of the step that waits
    reason text,
    ruling jsonb,                         -- which rule decided, its version, inputs and sentence
    submitted_at timestamptz NOT NULL,
    accepted_at timestamptz,
    decided_at timestamptz,
    done_at timestamptz,
    rating smallint CHECK (rating BETWEEN 1 AND 5),
    rated_at timestamptz,
    CHECK ((state IN ('done', 'refused', 'denied', 'withdrawn')) = (done_at IS NOT NULL))
);
CREATE INDEX requests_by_subject ON yunzu.requests (subject_kind, subject);
CREATE INDEX requests_open ON yunzu.requests (state) WHERE done_at IS NULL;

CREATE TABLE yunzu.request_days (
    day date PRIMARY KEY,
    last integer NOT NULL
);

CREATE TABLE yunzu.request_steps (
    request text NOT NULL REFERENCES yunzu.requests (number),
    seq integer NOT NULL,                 -- in the order in which they began
    step text NOT NULL,
    by text NOT NULL,                     -- role that takes it
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    ended_at timestamptz,
    action text CHECK (action IN ('pass', 'skip', 'return', 'refuse', 'deny')),
    account text,
    principal text,                       -- whose deputy the account was
    opinion text,
    ruling jsonb,
    PRIMARY KEY (request, seq),
    CHECK ((ended_at IS NULL) = (action IS NULL))
);

CREATE TABLE yunzu.request_pauses (
    request text NOT NULL REFERENCES yunzu.requests (number),
    seq integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('extension', 'other', 'correction')),
    reason text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    approved_by text,
    PRIMARY KEY (request, seq),
    CHECK (kind <> 'extension' OR approved_by IS NOT NULL)
);

-- Every move that was made, by whom and from where.
CREATE TABLE yunzu.request_moves (
    request text NOT NULL REFERENCES yunzu.requests (number),
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    move text NOT NULL,
    state_before text,
    state_after text NOT NULL,
    account text NOT NULL,
    roles text[] NOT NULL,
    authenticated text NOT NULL,
    origin text NOT NULL,
    principal text,
    reason text,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (request, seq)
);

CREATE TABLE yunzu.manifests (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    id text NOT NULL,
    hash text,                            -- NULL with the content: retired
    content jsonb,
    request text REFERENCES yunzu.requests (number),   -- NULL: shipped with the centre
    at timestamptz NOT NULL,
    CHECK ((hash IS NULL) = (content IS NULL))
);
CREATE INDEX manifests_newest ON yunzu.manifests (kind, id, seq DESC);

-- What an environment holds of its department's quota and its pool's room, reserved by the decision.
CREATE TABLE yunzu.grants (
    environment text PRIMARY KEY,
    department text NOT NULL,
    pool text NOT NULL,
    plan_hash text NOT NULL,
    request text NOT NULL REFERENCES yunzu.requests (number),
    amounts jsonb NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX grants_by_department ON yunzu.grants (department);

-- What is evidence is written once.
CREATE FUNCTION yunzu.is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is not to be changed', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER is_append_only BEFORE UPDATE OR DELETE ON yunzu.request_moves
    FOR EACH ROW EXECUTE FUNCTION yunzu.is_append_only();
CREATE TRIGGER is_append_only BEFORE UPDATE OR DELETE ON yunzu.manifests
    FOR EACH ROW EXECUTE FUNCTION yunzu.is_append_only();

-- A request's content and an ended request are evidence too; its state and its rating move.
CREATE FUNCTION yunzu.request_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.number <> NEW.number OR OLD.submitted_at <> NEW.submitted_at
        OR OLD.item_hash <> NEW.item_hash OR OLD.item_content <> NEW.item_content
        OR OLD.applicant <> NEW.applicant
        OR OLD.decided_hash IS NOT NULL AND NEW.decided_hash IS DISTINCT FROM OLD.decided_hash
        OR OLD.done_at IS NOT NULL
            AND (NEW.state, NEW.done_at, NEW.requested) IS DISTINCT FROM (OLD.state, OLD.done_at, OLD.requested)
    THEN
        RAISE EXCEPTION 'request % is not to be changed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_is_kept BEFORE UPDATE OR DELETE ON yunzu.requests
    FOR EACH ROW EXECUTE FUNCTION yunzu.request_is_kept();

-- Of a pause only its end may come: once, or earlier than an extension was to last.
CREATE FUNCTION yunzu.pause_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.ended_at IS NULL OR NEW.ended_at > OLD.ended_at
        OR (NEW.request, NEW.seq, NEW.kind, NEW.reason, NEW.started_at, NEW.approved_by)
            IS DISTINCT FROM (OLD.request, OLD.seq, OLD.kind, OLD.reason, OLD.started_at, OLD.approved_by)
    THEN
        RAISE EXCEPTION 'pause % of % is not to be changed', OLD.seq, OLD.request
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pause_is_kept BEFORE UPDATE OR DELETE ON yunzu.request_pauses
    FOR EACH ROW EXECUTE FUNCTION yunzu.pause_is_kept();

-- Personal tokens: only a hash is kept.
CREATE TABLE yunzu.tokens (
    id text PRIMARY KEY,
    account text NOT NULL,
    hash text NOT NULL UNIQUE,
    label text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('all', 'read')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX tokens_by_account ON yunzu.tokens (account);
