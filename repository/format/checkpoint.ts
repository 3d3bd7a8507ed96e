import { z } from 'zod'
import { ensure, view } from './bytes.ts'
import { parseJson, UUID } from './commit.ts'
import { ID_SIZE } from './kinds.ts'
import { isChunkSize } from './map-root.ts'
import { ULID } from './ulid.ts'

/** Of what was read of one disk: which chunk holds what. */
export interface DiskFacts {
  id: string
  /** what was read, as the caller names it; equal names promise equal bytes */
  source: string
  /** bytes */
  size: number
  /** bytes */
  chunkSize: number
  /** stretches of zeros: first chunk and how many, one after the other */
  zeros: Uint32Array
  /** numbers of chunks that hold something… */
  chunks: Uint32Array
  /** …and their ids, 32 bytes each, in the same order */
  ids: Uint8Array
}

export interface Checkpoint {
  job: string
  vmUuid: string
  /** ulids of the data packs that hold the chunks */
  packs: string[]
  disks: DiskFacts[]
}

/** bytes of the sealed object; more is no checkpoint, and is not even read */
export const MAX_CHECKPOINT_SIZE = 8 * 1024 * 1024

const ulid = z.string().regex(ULID)

const Json = z.strictObject({
  version: z.literal(1),
  job: ulid,
  vmUuid: z.string().regex(UUID),
  packs: z.array(ulid),
  disks: z.array(
    z.strictObject({
      id: z.string().min(1).max(128),
      source: z.string().min(1).max(200),
      size: z.int().min(1),
      chunkSize: z.int().refine(isChunkSize),
      zeros: z.base64(),
      chunks: z.base64(),
      ids: z.base64(),
    }),
  ),
})

/** docs/repository-format.md, section 8. @returns a value for canonical JSON */
export const checkpointJson = ({
  job,
  vmUuid,
  packs,
  disks,
}: Checkpoint): z.infer<typeof Json> => ({
  version: 1,
  job,
  vmUuid,
  packs,
  disks: disks.map(({ zeros, chunks, ids, ...disk }) => ({
    ...disk,
    zeros: littleEndian(zeros).toString('base64'),
    chunks: littleEndian(chunks).toString('base64'),
    ids: view(ids).toString('base64'),
  })),
})

/** @throws FormatError */
export const decodeCheckpoint = (plaintext: Uint8Array): Checkpoint => {
  const parsed = Json.safeParse(parseJson(plaintext))
  ensure(parsed.success, 'the checkpoint has missing or wrong members')
  const { job, vmUuid, packs, disks } = parsed.data
  return { job, vmUuid, packs, disks: disks.map(decodeDisk) }
}

const decodeDisk = (disk: z.infer<typeof Json>['disks'][number]): DiskFacts => {
  const zeros = numbers(disk.zeros)
  const chunks = numbers(disk.chunks)
  const ids = Buffer.from(disk.ids, 'base64')
  ensure(zeros.length % 2 === 0, 'a stretch of zeros has no end')
  ensure(ids.length === chunks.length * ID_SIZE, 'there is not one id for each chunk')
  const end = Math.ceil(disk.size / disk.chunkSize)
  for (const chunk of chunks) ensure(chunk < end, 'a chunk lies beyond the end of its disk')
  for (let i = 0; i < zeros.length; i += 2)
    ensure(
      (zeros[i] as number) + (zeros[i + 1] as number) <= end,
      'zeros lie beyond the end of their disk',
    )
  return { ...disk, zeros, chunks, ids }
}

const littleEndian = (values: Uint32Array): Buffer => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    out.writeUInt32LE(value, i * 4)
  })
  return out
}

const numbers = (base64: string): Uint32Array => {
  const bytes = Buffer.from(base64, 'base64')
  ensure(bytes.length % 4 === 0, 'a list of chunks ends within a number')
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4))
}
