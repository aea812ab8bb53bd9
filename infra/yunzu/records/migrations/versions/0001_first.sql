CREATE TABLE yunzu.centre (
    id text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE yunzu.environments (
    uid text PRIMARY KEY,
    centre text NOT NULL REFERENCES yunzu.centre (id),
    department text NOT NULL,
    name text NOT NULL,
    plan text NOT NULL,
    state text NOT NULL
        CHECK (state IN ('provisioning', 'active', 'suspended', 'failed', 'destroyed', 'erased')),
    lease_from date,
    lease_until date,
    applied_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    applied_at timestamptz,
    destroyed_at timestamptz,
    erased_at timestamptz,
    emptied_at timestamptz,
    suspended_at timestamptz,
    CHECK (state <> 'active' OR suspended_at IS NULL),
    CHECK (state <> 'suspended' OR suspended_at IS NOT NULL),
    CHECK ((state = 'erased') = (erased_at IS NOT NULL)),
    CHECK (emptied_at IS NULL OR erased_at IS NOT NULL)
);
-- An environment keeps its uid for life; only after it was erased may its name be given again.
CREATE UNIQUE INDEX environments_living ON yunzu.environments (department, name)
    WHERE state <> 'erased';

CREATE TABLE yunzu.claims (
    uid text NOT NULL REFERENCES yunzu.environments (uid),
    kind text NOT NULL CHECK (kind IN ('database', 'bucket')),
    claim text NOT NULL,
    external_name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at timestamptz,
    PRIMARY KEY (uid, kind, claim)
);

CREATE TABLE yunzu.operations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid text NOT NULL REFERENCES yunzu.environments (uid),
    kind text NOT NULL,
    actor text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text,
    detail jsonb NOT NULL DEFAULT '{}',
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX operations_by_environment ON yunzu.operations (uid, id);

-- The journal is evidence: an entry is ended once and then stays as it is.
CREATE FUNCTION yunzu.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
        AND (OLD.id, OLD.uid, OLD.kind, OLD.actor, OLD.started_at)
          = (NEW.id, NEW.uid, NEW.kind, NEW.actor, NEW.started_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'journal entry % is not to be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE ON yunzu.operations
    FOR EACH ROW EXECUTE FUNCTION yunzu.journal_is_append_only();

CREATE TABLE yunzu.fences (
    stack text PRIMARY KEY,
    token bigint NOT NULL,
    holder text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    child_machine text,
    child_pid integer,
    child_started bigint
);

CREATE TABLE yunzu.intents (
    stack text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    token bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stack, kind, name)
);

CREATE TABLE yunzu.handouts (
    uid text NOT NULL REFERENCES yunzu.environments (uid),
    binding text NOT NULL,
    slot text NOT NULL,
    fingerprint text NOT NULL,
    account text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT handouts_once UNIQUE (uid, binding, slot, fingerprint)
);

-- Pulumi's own table, as its PostgreSQL backend would make it, made first so that the fence stands
-- before the first write. Its project layout (version 1) is settled here too.
CREATE SCHEMA pulumi;
CREATE TABLE pulumi.pulumi_state (
    key text PRIMARY KEY,
    data json NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    token bigint
);
CREATE INDEX pulumi_state_key_prefix_idx ON pulumi.pulumi_state (key text_pattern_ops);
INSERT INTO pulumi.pulumi_state (key, data)
    VALUES ('.pulumi/meta.yaml', json_build_object('data', encode('version: 1', 'base64')));

-- The stack that a key of the state belongs to; NULL for a key of no stack.
CREATE FUNCTION yunzu.stack_of(key text) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog AS $$
    SELECT COALESCE(
        substring(key FROM '^\.pulumi/stacks/yunzu/([a-z0-9-]+)\.(?:json|json\.bak|pulumi-tags)$'),
        substring(key FROM '^\.pulumi/(?:history|backups)/yunzu/([a-z0-9-]+)/'),
        substring(key FROM '^\.pulumi/locks/organization/yunzu/([a-z0-9-]+)/'))
$$;

-- A write is let through only with the current token of its stack. FOR SHARE makes a taking-over
-- writer wait for a write under way, and a late write see the new token: there is no gap between.
CREATE FUNCTION yunzu.fence_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
DECLARE
    stack_name text := yunzu.stack_of(CASE WHEN TG_OP = 'DELETE' THEN OLD.key ELSE NEW.key END);
    presented bigint := NULLIF(current_setting('yunzu.fence', true), '')::bigint;
    current_token bigint;
BEGIN
    SELECT token INTO current_token FROM yunzu.fences WHERE stack = stack_name FOR SHARE;
    IF current_token IS NULL OR presented IS DISTINCT FROM current_token
        OR (TG_OP = 'UPDATE' AND NEW.key <> OLD.key) THEN
        RAISE EXCEPTION 'fenced: writer % of %, current is %',
            COALESCE(presented::text, 'without a token'), COALESCE(stack_name, 'no stack'),
            COALESCE(current_token::text, 'nobody')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.token := presented;
    RETURN NEW;
END $$;
CREATE TRIGGER fence_state BEFORE INSERT OR UPDATE OR DELETE ON pulumi.pulumi_state
    FOR EACH ROW EXECUTE FUNCTION yunzu.fence_state();
