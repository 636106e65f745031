-- local: the message is a file of the Maildir, so its bytes are not kept a second time.
ALTER TABLE message ADD COLUMN local INTEGER NOT NULL DEFAULT 0;
