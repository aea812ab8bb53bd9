ALTER TABLE yunzu.requests ADD COLUMN filing_key text UNIQUE;
ALTER TABLE yunzu.requests ADD COLUMN filed_hash text;
