/** Raised with every change below; a table of another version is thrown away and built again. */
export const SCHEMA_VERSION = 2

/**
 * WITHOUT ROWID keeps a record in one tree, about 80 bytes each. The page cache bounds memory, whatever the number of
 * records: 8 MiB. The table can be rebuilt, so a lost last transaction after a power cut is no harm (synchronous = NORMAL).
 */
export const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -8192;
  CREATE TABLE IF NOT EXISTS packs (
    number INTEGER PRIMARY KEY,
    ulid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    records INTEGER NOT NULL,
    trailer_header BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS records (
    id BLOB NOT NULL,
    pack INTEGER NOT NULL,
    type INTEGER NOT NULL,
    compression INTEGER NOT NULL,
    session INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    ciphertext_length INTEGER NOT NULL,
    plaintext_length INTEGER NOT NULL,
    PRIMARY KEY (id, pack)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS segments (ulid TEXT PRIMARY KEY) WITHOUT ROWID;
`
