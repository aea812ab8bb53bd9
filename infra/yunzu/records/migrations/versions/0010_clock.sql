ALTER TABLE yunzu.messages DROP CONSTRAINT messages_event_check;
ALTER TABLE yunzu.messages ADD CONSTRAINT messages_event_check
    CHECK (event IN ('waiting_for_me', 'due_soon', 'overdue', 'decided', 'delivered',
        'lease_ending', 'lease_ended', 'campaign', 'quota_80', 'quota_90', 'quota_100', 'emergency', 'clock'));
