-- What a POP3 server holds and we have stored. name is the file's unique name in the
-- Maildir; absent: since when no listing has it; deleted: when QUIT said that it is gone;
-- kept: the user wants it to stay there. Times are microseconds since 1970.
CREATE TABLE maildrop (
  uidl TEXT PRIMARY KEY,
  sha256 BLOB NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  absent INTEGER,
  deleted INTEGER,
  kept INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX maildrop_sha256 ON maildrop (sha256);
