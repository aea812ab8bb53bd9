CREATE TABLE yunzu.message_preferences (
    account text PRIMARY KEY,
    mail text,
    language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
    channels jsonb NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- A message is entered once, however often whoever files it is run again. It is under way while
-- `next_attempt_at` is set; then it was sent, or given up with the reason in `last_error`.
CREATE TABLE yunzu.messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    event text NOT NULL CHECK (event IN ('waiting_for_me', 'due_soon', 'overdue', 'decided', 'delivered',
        'lease_ending', 'quota_80', 'quota_90', 'quota_100')),
    subject text NOT NULL,
    recipient text NOT NULL,
    channel text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    failed_at timestamptz,
    last_error text,
    CONSTRAINT messages_once UNIQUE (event, subject, recipient, channel),
    CHECK (num_nonnulls(next_attempt_at, sent_at, failed_at) = 1)
);
CREATE INDEX messages_due ON yunzu.messages (channel, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX messages_by_recipient ON yunzu.messages (recipient, channel, id);
