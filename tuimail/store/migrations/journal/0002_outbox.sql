-- Letters on their way out; times are microseconds since 1970. The bytes are in `file`, in
-- the folder outgoing/, until the letter is sent and the journal has its copy for Sent.
-- recipients and delivered are JSON lists: all of them, and those that a server accepted.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL,
  queued INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  delivered TEXT NOT NULL DEFAULT '[]',
  refused TEXT NOT NULL DEFAULT '[]',
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  size INTEGER NOT NULL,
  file TEXT NOT NULL,
  answers INTEGER,
  forwards INTEGER,
  filed INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_open ON outbox (not_before) WHERE state = 'queued';
