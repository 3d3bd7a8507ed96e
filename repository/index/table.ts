import { rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { LocalTableError } from '#core/errors/repository.ts'
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
 *
 * A file that breaks while it is open stays broken for this process: what was learned from it cannot be told from what is missing in it, and
 * a table that forgot would turn sound points into damaged ones. Whoever opens it next builds it again.
 * Every method throws `LOCAL_TABLE_FAILED`.
 */
export class IndexTable {
  readonly #db: DatabaseSync
  readonly #insertPack: StatementSync
  readonly #insertRecord: StatementSync
  readonly #packsOf: StatementSync
  readonly #locate: StatementSync
  readonly #pack: StatementSync
  readonly #records: StatementSync
  #broken: LocalTableError | undefined

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

  /** Nothing can be learned from it or told to it any more. */
  get isBroken(): boolean {
    return this.#broken !== undefined
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
    return this.#guard(() => this.#pack.get(ulid) as PackRef | undefined)
  }

  /** @returns how many records the pack has; `undefined` for one that is not known */
  recordsIn(ulid: string): number | undefined {
    return this.#guard(() => this.#records.get(ulid))?.records as number | undefined
  }

  /** @returns ulids of the packs that hold the record */
  packsOf(id: Uint8Array): string[] {
    const rows = this.#guard(() => this.#packsOf.all(id)) as unknown as Pick<Row, 'ulid'>[]
    return rows.map(row => row.ulid)
  }

  locate(id: Uint8Array): Location[] {
    const rows = this.#guard(() => this.#locate.all(id)) as unknown as Row[]
    return rows.map(row => ({
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
    this.removePacks([ulid])
  }

  /** Many at once: records are not indexed by pack, so that each removal walks over all of them. */
  removePacks(ulids: Iterable<string>): void {
    this.#transaction(() => {
      const remove = this.#db.prepare('DELETE FROM packs WHERE ulid = ?')
      let known = 0
      for (const ulid of ulids) known += Number(remove.run(ulid).changes)
      if (known > 0)
        this.#db.exec('DELETE FROM records WHERE pack NOT IN (SELECT number FROM packs)')
    })
  }

  hasSegment(ulid: string): boolean {
    const select = 'SELECT 1 FROM segments WHERE ulid = ?'
    return this.#guard(() => this.#db.prepare(select).get(ulid)) !== undefined
  }

  addSegment(ulid: string): void {
    const insert = 'INSERT OR IGNORE INTO segments VALUES (?)'
    this.#guard(() => this.#db.prepare(insert).run(ulid))
  }

  /** Forgets the segments that are not there any more. */
  keepSegments(there: ReadonlySet<string>): void {
    this.#transaction(() => {
      const known = this.#db.prepare('SELECT ulid FROM segments').all() as { ulid: string }[]
      const forget = this.#db.prepare('DELETE FROM segments WHERE ulid = ?')
      for (const { ulid } of known) if (!there.has(ulid)) forget.run(ulid)
    })
  }

  counts(): { packs: number; records: number } {
    const select =
      'SELECT (SELECT count(*) FROM packs) AS packs, (SELECT count(*) FROM records) AS records'
    return this.#guard(() => this.#db.prepare(select).get()) as { packs: number; records: number }
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
    this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        work()
        this.#db.exec('COMMIT')
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
    })
  }

  #guard<T>(work: () => T): T {
    if (this.#broken) throw this.#broken
    try {
      return work()
    } catch (error) {
      if (!isSqliteError(error)) throw error
      const failure = new LocalTableError(error)
      if (isUseless(error)) this.#broken = failure
      throw failure
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

/** SQLITE_CORRUPT, SQLITE_NOTADB, and SQLITE_IOERR of a file that became too short (sqlite.org/rescode.html). */
const BROKEN = new Set([11, 26])
const SHORT_READ = 522

const errcodeOf = (error: unknown): number => (error as { errcode?: number }).errcode ?? 0
const isSqliteError = (error: unknown): error is Error =>
  (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR'

// The low byte is the kind, the others refine it.
const isUseless = (error: unknown): boolean =>
  error instanceof OtherSchemaError ||
  BROKEN.has(errcodeOf(error) & 0xff) ||
  errcodeOf(error) === SHORT_READ

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
