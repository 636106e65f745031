-- What entries were settled with, until the journal has it too. ids and merged are JSON lists:
-- of key, UIDVALIDITY and UID (null if not told), and of key and the key it is merged with.
-- The journal's counter `outcome` has the token of the last one that it took over.
CREATE TABLE outcome (
  id INTEGER PRIMARY KEY,
  token INTEGER NOT NULL UNIQUE,
  entries TEXT NOT NULL,
  ids TEXT NOT NULL,
  merged TEXT NOT NULL
);
