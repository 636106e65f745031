-- birth: of the index that the keys belong to.
CREATE TABLE fact (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE raw (
  key INTEGER PRIMARY KEY,
  content BLOB NOT NULL
);

CREATE TABLE text (
  key INTEGER PRIMARY KEY,
  content TEXT NOT NULL
);
