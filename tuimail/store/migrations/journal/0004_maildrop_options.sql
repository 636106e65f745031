-- here is 0 while a placeholder stands for a message that was too large to be fetched (its
-- sha256 is empty then, and name the placeholder's); removed: when the user deleted it here
-- for good.
ALTER TABLE maildrop ADD COLUMN here INTEGER NOT NULL DEFAULT 1;
ALTER TABLE maildrop ADD COLUMN removed INTEGER;
