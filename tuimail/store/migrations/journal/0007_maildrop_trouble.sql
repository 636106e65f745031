-- uid is the number of name (NULL: to be filled in), so that a message is found by it. core is a
-- hash of the message without the notes that mbox servers write into its header, head one of its
-- header likewise; empty if not known. unsteady: how often its size or notes were others than
-- before. seen_at is how much time the account's visits had seen pass at its first sight, in
-- microseconds; NULL: it is counted by first_seen.
ALTER TABLE maildrop ADD COLUMN uid INTEGER;
ALTER TABLE maildrop ADD COLUMN core BLOB NOT NULL DEFAULT x'';
ALTER TABLE maildrop ADD COLUMN head BLOB NOT NULL DEFAULT x'';
ALTER TABLE maildrop ADD COLUMN unsteady INTEGER NOT NULL DEFAULT 0;
ALTER TABLE maildrop ADD COLUMN seen_at INTEGER;
CREATE INDEX maildrop_uid ON maildrop (uid);

-- What a POP3 server lists and could not be had. name is its UIDL, else its number and size;
-- broke: 1 if the line ended in it, 0 if it was refused. Times are microseconds since 1970.
CREATE TABLE maildrop_trouble (
  name TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  since INTEGER NOT NULL,
  last INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  broke INTEGER NOT NULL,
  reason TEXT NOT NULL,
  next_try INTEGER NOT NULL
) WITHOUT ROWID;

-- What the visits remember: of the line breaks (sessions that broke, one after the other),
-- head_breaks and heads_asked (the same for TOP, and when); of the clock passed, peak and sure
-- (see engine/aging.py).
CREATE TABLE maildrop_memory (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
