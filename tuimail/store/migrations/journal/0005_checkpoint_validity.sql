-- checkpoint is the target's UIDNEXT when the entry was claimed, and this its UIDVALIDITY; 0 if
-- it was not known.
ALTER TABLE entry ADD COLUMN checkpoint_validity INTEGER NOT NULL DEFAULT 0;
