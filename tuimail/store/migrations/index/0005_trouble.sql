-- What the server does not give out: `key` is a message's, or the negative number of a mailbox.
-- tries counts the times in a row that this is sure, broke: the line was lost at it, bare: not
-- even the header came. It is asked for again at `again`.
CREATE TABLE trouble (
  key INTEGER PRIMARY KEY,
  tries INTEGER NOT NULL,
  broke INTEGER NOT NULL,
  bare INTEGER NOT NULL,
  again INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE TRIGGER trouble_went AFTER DELETE ON message BEGIN
  DELETE FROM trouble WHERE key = OLD.key;
END;
CREATE TRIGGER trouble_ended AFTER UPDATE OF body ON message WHEN NEW.body > 0 BEGIN
  DELETE FROM trouble WHERE key = NEW.key AND NOT bare;
END;
CREATE TRIGGER trouble_removed AFTER DELETE ON mailbox BEGIN
  DELETE FROM trouble WHERE key = -OLD.id;
END;
