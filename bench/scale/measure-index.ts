import { randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { encodeSegment } from '#repository/format/index-segment.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { encodePackTable, type PackRef } from '#repository/format/pack-table.ts'
import { encodeTrailer, type Trailer } from '#repository/format/trailer.ts'
import { newUlid } from '#repository/format/ulid.ts'
import { IndexTable } from '#repository/index/table.ts'
import { CHUNK, PACK } from './estate.ts'

export interface IndexMeasured {
  records: number
  /** bytes of the local table's file for each record */
  tableBytesPerRecord: number
  /** bytes of index segments for each record */
  segmentBytesPerRecord: number
  /** bytes of memory that the process grew by from half of the records to all of them */
  rssGrowth: number
  insertsPerSecond: number
  lookupsPerSecond: number
}

const trailerOf = (records: number): Trailer => ({
  kind: 'data',
  sessions: [{ id: randomBytes(16), salt: randomBytes(32), epoch: 1, kind: 'data' }],
  records: Array.from({ length: records }, (_, i) => ({
    id: randomBytes(32),
    type: TYPE.chunk,
    compression: 1,
    session: 0,
    sequence: i,
    offset: 64 + i * Math.floor(PACK / records),
    ciphertextLength: Math.floor(PACK / records) - 56,
    plaintextLength: CHUNK,
  })),
})

/** Fills the real local table and real segments with made-up packs: what 32 bytes of HMAC cost does not depend on the disk. */
export const measureIndex = (
  folder: string,
  records: number,
  recordsPerPack: number,
): IndexMeasured => {
  const path = join(folder, 'scale.index.sqlite')
  const table = new IndexTable(path)
  const ids: Uint8Array[] = []
  let segmentBytes = 0
  let done = 0
  let rssAtHalf = 0
  const start = performance.now()
  while (done < records) {
    const trailer = trailerOf(recordsPerPack)
    const ulid = newUlid(systemClock, systemRandom)
    table.addPack({ ulid, size: PACK, trailer })
    const bytes = encodeTrailer(trailer)
    segmentBytes += zstdCompressSync(
      encodeSegment({ replaces: [], packs: [{ ulid, size: PACK, trailer: bytes }] }),
    ).length
    if (ids.length < 5_000) ids.push((trailer.records[0] as { id: Uint8Array }).id)
    done += recordsPerPack
    if (done >= records / 2) rssAtHalf ||= process.memoryUsage().rss
  }
  const rssGrowth = process.memoryUsage().rss - rssAtHalf
  const inserting = performance.now() - start
  const lookups = performance.now()
  for (const id of ids) table.packsOf(id)
  const looking = performance.now() - lookups
  table.close()
  const { size } = statSync(path)
  rmSync(path, { force: true })
  return {
    records: done,
    tableBytesPerRecord: size / done,
    segmentBytesPerRecord: segmentBytes / done,
    rssGrowth: Math.max(0, rssGrowth),
    insertsPerSecond: (done / inserting) * 1000,
    lookupsPerSecond: (ids.length / looking) * 1000,
  }
}

/** @returns bytes of the pack table of one point, as it stands in the commit record */
export const packTableBytes = (packs: number): number => {
  const refs = Array.from({ length: packs }, (): PackRef => {
    const ulid = newUlid(systemClock, systemRandom)
    return { ulid, kind: 'data', size: PACK }
  })
  const uses = new Map(refs.map(({ ulid }) => [ulid, 80]))
  const table = encodePackTable({
    packs: new Map(refs.map(ref => [ref.ulid, ref])),
    parts: [uses],
  })
  return zstdCompressSync(Buffer.from(table.toString('base64'))).length
}
