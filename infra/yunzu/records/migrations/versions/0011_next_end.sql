-- The last day on which all that was delivered holds; NULL: nothing of it ends by itself.
ALTER TABLE yunzu.environments ADD COLUMN next_end date;
