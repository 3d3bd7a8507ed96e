import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CatalogTooNewError, CatalogUnusableError } from '#core/errors/catalog.ts'

const APPLICATION_ID = 0x584b6361 // "XKca", so that file(1) and we recognise the file
const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE item (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`

/** Runs `work` as one transaction that has the write lock from its start. */
export const transaction = <T>(db: DatabaseSync, work: () => T): T => {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk makes SQLite roll back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const readNumber = (db: DatabaseSync, sql: string): number =>
  Number(Object.values(db.prepare(sql).get() ?? {})[0])

const isEmpty = (db: DatabaseSync): boolean =>
  readNumber(db, 'SELECT count(*) FROM sqlite_schema') === 0

const prepareSchema = (db: DatabaseSync, address: string): void => {
  // Several processes may start at once on a new file: whoever gets the lock first makes the table.
  if (isEmpty(db)) {
    transaction(db, () => {
      if (isEmpty(db)) db.exec(SCHEMA)
    })
  }
  const version = readNumber(db, 'PRAGMA user_version')
  const isOurs = readNumber(db, 'PRAGMA application_id') === APPLICATION_ID
  if (!isOurs) throw new CatalogUnusableError(address, 'the file belongs to another program')
  if (version > SCHEMA_VERSION) throw new CatalogTooNewError(address, version, SCHEMA_VERSION)
}

/**
 * Opens or creates the file, readable by its owner alone.
 * @param busyTimeout how long a call waits for another process's lock, in milliseconds
 * @returns a database in WAL mode whose every commit reaches the platter
 */
export const openSqliteFile = (
  path: string,
  address: string,
  busyTimeout: number,
): DatabaseSync => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600)) // SQLite would create it readable by all; its -wal and -shm inherit the mode
  const db = new DatabaseSync(path, { timeout: busyTimeout })
  try {
    db.exec('PRAGMA synchronous = FULL')
    prepareSchema(db, address)
    db.exec('PRAGMA journal_mode = WAL')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
