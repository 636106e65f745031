-- Never used twice: key (the last one allotted), stamp (counts settled moves).
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- What a user asked for in one go. Times are microseconds since 1970.
CREATE TABLE command (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recorded INTEGER NOT NULL,
  undoes INTEGER,
  redoes INTEGER,
  undone INTEGER,
  redone INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  command INTEGER NOT NULL,
  kind TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  target TEXT,
  added INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  added_words TEXT NOT NULL DEFAULT '',
  removed_words TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  changed INTEGER NOT NULL,
  not_before INTEGER,
  checkpoint INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  parked_with INTEGER,
  received INTEGER,
  message_id TEXT
);
CREATE INDEX entry_open ON entry (id) WHERE state IN ('recorded', 'claimed', 'parked');
CREATE INDEX entry_command ON entry (command);

CREATE TABLE content (
  entry INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);

-- One message of an entry. added and removed are what really changed, for an exact undo;
-- source is what a copy copies; gone: it was no longer on the server.
CREATE TABLE effect (
  entry INTEGER NOT NULL,
  key INTEGER NOT NULL,
  source INTEGER,
  added INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  added_words TEXT NOT NULL DEFAULT '',
  removed_words TEXT NOT NULL DEFAULT '',
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (entry, key)
) WITHOUT ROWID;
CREATE INDEX effect_key ON effect (key);
CREATE INDEX effect_source ON effect (source) WHERE source IS NOT NULL;

-- The sum of a message's recorded and claimed entries, as the shown list wants it.
-- mailbox is where it is shown, NULL if it is deleted for good.
CREATE TABLE pending (
  key INTEGER PRIMARY KEY,
  mailbox TEXT,
  received INTEGER NOT NULL,
  added INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  added_words TEXT NOT NULL DEFAULT '',
  removed_words TEXT NOT NULL DEFAULT '',
  copy_of INTEGER
);
CREATE INDEX pending_shown ON pending (mailbox, received);

-- Where a message named by an entry was last known to be, to find it again without an
-- index. identity is a hash of its Message-ID; stamp is set while uid is not known.
CREATE TABLE place (
  key INTEGER PRIMARY KEY,
  mailbox TEXT NOT NULL,
  validity INTEGER,
  uid INTEGER,
  identity INTEGER NOT NULL,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,
  stamp INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX place_uid ON place (mailbox, uid);
CREATE INDEX place_identity ON place (identity);

-- Public names that a message had before it was moved.
CREATE TABLE alias (
  name TEXT PRIMARY KEY,
  key INTEGER NOT NULL,
  made INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alias_key ON alias (key);
