CREATE TABLE fact (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- validity is set by every pull, next_uid and what follows only by a finished one; stamp is
-- the journal's when the pull began, negative while there is none.
-- total, unread and size are kept by the triggers below.
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL DEFAULT '',
  delimiter TEXT,
  selectable INTEGER NOT NULL DEFAULT 1,
  subscribed INTEGER NOT NULL DEFAULT 1,
  on_server INTEGER,
  validity INTEGER,
  next_uid INTEGER,
  modseq INTEGER,
  pulled_total INTEGER,
  pulled_unseen INTEGER,
  stamp INTEGER NOT NULL DEFAULT -1,
  unreadable INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0
);

-- mailbox is negative while the row is set aside after a change of UIDVALIDITY; uid is NULL
-- after a move whose new UID the server did not tell; guessed until a pull is finished, if
-- the row got its key by identity. body: 0 not here, 1 bytes, 2 text too.
CREATE TABLE message (
  key INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  validity INTEGER NOT NULL,
  uid INTEGER,
  name TEXT NOT NULL,
  flags INTEGER NOT NULL,
  words TEXT NOT NULL,
  received INTEGER NOT NULL,
  size INTEGER NOT NULL,
  identity INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  attached INTEGER NOT NULL,
  body INTEGER NOT NULL DEFAULT 0,
  guessed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX message_date ON message (mailbox, received);
CREATE INDEX message_unread ON message (mailbox, received) WHERE flags & 1 = 0;
CREATE UNIQUE INDEX message_uid ON message (mailbox, validity, uid);
CREATE INDEX message_name ON message (name);
CREATE INDEX message_identity ON message (identity);
CREATE INDEX message_thread ON message (thread);
CREATE INDEX message_guessed ON message (mailbox) WHERE guessed;
CREATE INDEX message_unknown ON message (mailbox) WHERE uid IS NULL;
CREATE INDEX message_bare ON message (mailbox, received) WHERE body = 0;
CREATE INDEX message_unparsed ON message (received) WHERE body = 1;

CREATE TRIGGER message_came AFTER INSERT ON message BEGIN
  UPDATE mailbox SET total = total + 1, unread = unread + (NEW.flags & 1 = 0),
    size = size + NEW.size WHERE id = NEW.mailbox;
END;
CREATE TRIGGER message_went AFTER DELETE ON message BEGIN
  UPDATE mailbox SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
    size = size - OLD.size WHERE id = OLD.mailbox;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF mailbox, flags, size ON message BEGIN
  UPDATE mailbox SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
    size = size - OLD.size WHERE id = OLD.mailbox;
  UPDATE mailbox SET total = total + 1, unread = unread + (NEW.flags & 1 = 0),
    size = size + NEW.size WHERE id = NEW.mailbox;
END;

CREATE TABLE letter (
  key INTEGER PRIMARY KEY,
  envelope TEXT NOT NULL,
  attachments TEXT NOT NULL,
  snippet TEXT NOT NULL DEFAULT '',
  by_subject TEXT NOT NULL,
  by_sender TEXT NOT NULL
);

-- Every Message-ID that is mentioned, by its hash, and the thread it belongs to.
CREATE TABLE link (
  identity INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL
);
CREATE INDEX link_thread ON link (thread);

CREATE VIRTUAL TABLE head USING fts5 (
  subject, sender, recipients, copied, list,
  content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
CREATE VIRTUAL TABLE part USING fts5 (
  subject, sender, recipients, copied, list, names,
  content = '', contentless_delete = 1,
  tokenize = "trigram remove_diacritics 1"
);
CREATE VIRTUAL TABLE text USING fts5 (
  body, names,
  content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
