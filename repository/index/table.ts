import { rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { PackKind } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import type { Session } from '../format/session-entry.ts'
import { decodeTrailer, encodeTrailer, type RecordEntry, type Trailer } from '../format/trailer.ts'
import { SCHEMA, SCHEMA_VERSION } from './schema.ts'

/** A record, and how to open it. */
export interface Location {
  pack: PackRef
  entry: RecordEntry
  session: Session
}

interface Row {
  ulid: string
  kind: PackKind
  size: number
  trailer_header: Uint8Array
  id: Uint8Array
  type: number
  compression: number
  session: number
  sequence: number
  offset: number
  ciphertext_length: number
  plaintext_length: number
}

/**
 * Which pack holds which record: a cache in SQLite, in a file or in memory, that trailers and segments can rebuild. What is in
 * it was acknowledged by the store once.
 */
export class IndexTable {
  readonly #db: DatabaseSync
  readonly #insertPack: StatementSync
  readonly #insertRecord: StatementSync
  readonly #packsOf: StatementSync
  readonly #locate: StatementSync
  readonly #pack: StatementSync
  readonly #records: StatementSync

  /** @param path of the file; without it the table lives in memory */
  constructor(path?: string) {
    this.#db = path === undefined ? open(':memory:') : openFile(path)
    this.#insertPack = this.#db.prepare(
      'INSERT OR IGNORE INTO packs (ulid, kind, size, records, trailer_header) VALUES (?, ?, ?, ?, ?)',
    )
    this.#insertRecord = this.#db.prepare(
      'INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#packsOf = this.#db.prepare(
      'SELECT ulid FROM records JOIN packs ON number = pack WHERE id = ? ORDER BY pack',
    )
    this.#locate = this.#db.prepare(
      'SELECT * FROM records JOIN packs ON number = pack WHERE id = ? ORDER BY pack',
    )
    this.#records = this.#db.prepare('SELECT records FROM packs WHERE ulid = ?')
    this.#pack = this.#db.prepare('SELECT ulid, kind, size FROM packs WHERE ulid = ?')
  }

  addPack({ ulid, size, trailer }: { ulid: string; size: number; trailer: Trailer }): void {
    this.#transaction(() => {
      const header = encodeTrailer({ ...trailer, records: [] })
      const { changes, lastInsertRowid } = this.#insertPack.run(
        ulid,
        trailer.kind,
        size,
        trailer.records.length,
        header,
      )
      if (changes === 0) return
      for (const r of trailer.records)
        this.#insertRecord.run(
          r.id,
          lastInsertRowid,
          r.type,
          r.compression,
          r.session,
          r.sequence,
          r.offset,
          r.ciphertextLength,
          r.plaintextLength,
        )
    })
  }

  pack(ulid: string): PackRef | undefined {
    return this.#pack.get(ulid) as PackRef | undefined
  }

  /** @returns how many records the pack has; `undefined` for one that is not known */
  recordsIn(ulid: string): number | undefined {
    return this.#records.get(ulid)?.records as number | undefined
  }

  /** @returns ulids of the packs that hold the record */
  packsOf(id: Uint8Array): string[] {
    return (this.#packsOf.all(id) as unknown as Pick<Row, 'ulid'>[]).map(row => row.ulid)
  }

  locate(id: Uint8Array): Location[] {
    return (this.#locate.all(id) as unknown as Row[]).map(row => ({
      pack: { ulid: row.ulid, kind: row.kind, size: row.size },
      entry: {
        id: row.id,
        type: row.type,
        compression: row.compression,
        session: row.session,
        sequence: row.sequence,
        offset: row.offset,
        ciphertextLength: row.ciphertext_length,
        plaintextLength: row.plaintext_length,
      },
      session: decodeTrailer(row.trailer_header).sessions[row.session] as Session,
    }))
  }

  /** The store does not have the pack any more. */
  removePack(ulid: string): void {
    this.#transaction(() => {
      this.#db
        .prepare('DELETE FROM records WHERE pack = (SELECT number FROM packs WHERE ulid = ?)')
        .run(ulid)
      this.#db.prepare('DELETE FROM packs WHERE ulid = ?').run(ulid)
    })
  }

  hasSegment(ulid: string): boolean {
    return this.#db.prepare('SELECT 1 FROM segments WHERE ulid = ?').get(ulid) !== undefined
  }

  addSegment(ulid: string): void {
    this.#db.prepare('INSERT OR IGNORE INTO segments VALUES (?)').run(ulid)
  }

  /** Forgets the segments that are not there any more. */
  keepSegments(there: ReadonlySet<string>): void {
    const known = this.#db.prepare('SELECT ulid FROM segments').all() as { ulid: string }[]
    const forget = this.#db.prepare('DELETE FROM segments WHERE ulid = ?')
    this.#transaction(() => {
      for (const { ulid } of known) if (!there.has(ulid)) forget.run(ulid)
    })
  }

  counts(): { packs: number; records: number } {
    return this.#db
      .prepare(
        'SELECT (SELECT count(*) FROM packs) AS packs, (SELECT count(*) FROM records) AS records',
      )
      .get() as { packs: number; records: number }
  }

  clear(): void {
    this.#transaction(() => {
      this.#db.exec('DELETE FROM records; DELETE FROM packs; DELETE FROM segments')
    })
  }

  close(): void {
    this.#db.close()
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

/** ms to wait for another process that writes to the same file */
const PATIENCE = 10_000

class OtherSchemaError extends Error {}

const open = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path, { timeout: PATIENCE })
  try {
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as {
      user_version: number
    }
    if (version !== 0 && version !== SCHEMA_VERSION) throw new OtherSchemaError()
    db.exec(SCHEMA)
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const BROKEN = new Set([11, 26])

const isUseless = (error: unknown): boolean =>
  error instanceof OtherSchemaError || BROKEN.has((error as { errcode?: number }).errcode ?? 0)

/** A cache that is damaged or of another version is thrown away: it is built again. Any other trouble is not its fault. */
const openFile = (path: string): DatabaseSync => {
  try {
    return open(path)
  } catch (error) {
    if (!isUseless(error)) throw error
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    return open(path)
  }
}
