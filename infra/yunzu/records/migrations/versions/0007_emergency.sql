-- Why an operator had it granted without the people whose steps it waited for; NULL: nobody had.
ALTER TABLE yunzu.requests ADD COLUMN emergency text CHECK (emergency <> '');

ALTER TABLE yunzu.messages DROP CONSTRAINT messages_event_check;
ALTER TABLE yunzu.messages ADD CONSTRAINT messages_event_check
    CHECK (event IN ('waiting_for_me', 'due_soon', 'overdue', 'decided', 'delivered',
        'lease_ending', 'lease_ended', 'campaign', 'quota_80', 'quota_90', 'quota_100', 'emergency'));

-- A request's content and an ended request are evidence too, and so is an emergency; state and rating move.
CREATE OR REPLACE FUNCTION yunzu.request_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.number <> NEW.number OR OLD.submitted_at <> NEW.submitted_at
        OR OLD.item_hash <> NEW.item_hash OR OLD.item_content <> NEW.item_content
        OR OLD.applicant <> NEW.applicant
        OR OLD.emergency IS NOT NULL AND NEW.emergency IS DISTINCT FROM OLD.emergency
        OR OLD.decided_hash IS NOT NULL AND NEW.decided_hash IS DISTINCT FROM OLD.decided_hash
        OR OLD.done_at IS NOT NULL
            AND (NEW.state, NEW.done_at, NEW.requested) IS DISTINCT FROM (OLD.state, OLD.done_at, OLD.requested)
    THEN
        RAISE EXCEPTION 'request % is not to be changed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
