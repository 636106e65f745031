-- When the command was recorded that this one belongs to, as a message read because the one
-- before it was archived: 0 for none, NULL for a command of its own.
ALTER TABLE command ADD COLUMN part_of INTEGER;
CREATE INDEX command_part ON command (part_of) WHERE part_of > 0;
