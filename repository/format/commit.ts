import { z } from 'zod'
import type { PointStatistics } from '../point-statistics.ts'
import { ensure } from './bytes.ts'
import { isChunkSize } from './map-root.ts'
import { ULID } from './ulid.ts'

const ulid = z.string().regex(ULID)
const recordId = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)

/** characters */
export const MAX_STREAM_ID = 512

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** docs/repository-format.md, section 8. */
export const CommitRecord = z.strictObject({
  version: z.literal(1),
  point: ulid,
  vmUuid: z.string().regex(UUID),
  created: z.iso.datetime(),
  base: ulid.optional(),
  // Not in commit records of the first versions.
  intent: ulid.optional(),
  disks: z.array(
    z.strictObject({
      id: z.string().min(1).max(128),
      size: z.int().min(1),
      chunkSize: z.int().refine(isChunkSize),
      root: recordId,
    }),
  ),
  // Only where there are some: older versions know no such member.
  streams: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(MAX_STREAM_ID),
        size: count,
        chunks: count,
        root: recordId,
      }),
    )
    .min(1)
    .optional(),
  packTable: z.union([
    z.strictObject({ inline: z.base64() }),
    z.strictObject({
      records: z.array(z.strictObject({ id: recordId, pack: ulid, size: count })).min(1),
    }),
  ]),
  statistics: z.object({
    chunks: count,
    changedBytes: count,
    newBytes: count,
    // Not in commit records of the first versions.
    level3Chunks: count.default(0),
    storedBytes: count,
    zeroBytes: count,
    packs: count,
    puts: count,
    resumedBytes: count.optional(),
    lock: z
      .object({
        mode: z.enum(['governance', 'compliance']),
        days: count,
        objects: count,
        extensions: count,
      })
      .optional(),
  }) satisfies z.ZodType<PointStatistics>,
  subject: z.json(),
})
export type CommitRecord = z.infer<typeof CommitRecord>

export const MAX_COMMIT_SIZE = 1024 * 1024 // bytes of the sealed object

/** @throws FormatError */
export const decodeCommit = (plaintext: Uint8Array): CommitRecord => {
  const parsed = CommitRecord.safeParse(parseJson(plaintext))
  ensure(parsed.success, 'the commit record has missing or wrong members')
  return parsed.data
}

/** @throws FormatError */
export const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    ensure(false, 'it is not JSON')
  }
}
