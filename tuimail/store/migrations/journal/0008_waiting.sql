-- tries: how often in a row the server had trouble with the entry, or the line broke at it; then
-- it waits until try_at. split_from: the entry whose place in the order it has, of which some
-- messages went another way. here, here_words: the flags of it that its server does not keep.
ALTER TABLE entry ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN try_at INTEGER;
ALTER TABLE entry ADD COLUMN split_from INTEGER;
ALTER TABLE entry ADD COLUMN here INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN here_words TEXT NOT NULL DEFAULT '';

-- Flags that no server keeps: how a message differs from what its server says.
CREATE TABLE own_flags (
  key INTEGER PRIMARY KEY,
  added INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  added_words TEXT NOT NULL DEFAULT '',
  removed_words TEXT NOT NULL DEFAULT ''
);
