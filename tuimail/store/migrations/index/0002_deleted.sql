-- Messages marked \Deleted (flag bit 8) are held but not shown (RFC 8621 4.1.1): total,
-- unread and size count the others, deleted counts these.
ALTER TABLE mailbox ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER message_came;
DROP TRIGGER message_went;
DROP TRIGGER message_changed;

UPDATE mailbox SET (total, unread, size, deleted) = (
  SELECT coalesce(sum(flags & 8 = 0), 0), coalesce(sum(flags & 9 = 0), 0),
    coalesce(sum(iif(flags & 8, 0, size)), 0), coalesce(sum(flags & 8 <> 0), 0)
  FROM message m WHERE m.mailbox = mailbox.id
);

CREATE TRIGGER message_came AFTER INSERT ON message BEGIN
  UPDATE mailbox SET total = total + (NEW.flags & 8 = 0), unread = unread + (NEW.flags & 9 = 0),
    size = size + iif(NEW.flags & 8, 0, NEW.size), deleted = deleted + (NEW.flags & 8 <> 0)
    WHERE id = NEW.mailbox;
END;
CREATE TRIGGER message_went AFTER DELETE ON message BEGIN
  UPDATE mailbox SET total = total - (OLD.flags & 8 = 0), unread = unread - (OLD.flags & 9 = 0),
    size = size - iif(OLD.flags & 8, 0, OLD.size), deleted = deleted - (OLD.flags & 8 <> 0)
    WHERE id = OLD.mailbox;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF mailbox, flags, size ON message BEGIN
  UPDATE mailbox SET total = total - (OLD.flags & 8 = 0), unread = unread - (OLD.flags & 9 = 0),
    size = size - iif(OLD.flags & 8, 0, OLD.size), deleted = deleted - (OLD.flags & 8 <> 0)
    WHERE id = OLD.mailbox;
  UPDATE mailbox SET total = total + (NEW.flags & 8 = 0), unread = unread + (NEW.flags & 9 = 0),
    size = size + iif(NEW.flags & 8, 0, NEW.size), deleted = deleted + (NEW.flags & 8 <> 0)
    WHERE id = NEW.mailbox;
END;

DROP INDEX message_date;
CREATE INDEX message_date ON message (mailbox, received) WHERE flags & 8 = 0;
DROP INDEX message_unread;
CREATE INDEX message_unread ON message (mailbox, received)
  WHERE flags & 1 = 0 AND flags & 8 = 0;
