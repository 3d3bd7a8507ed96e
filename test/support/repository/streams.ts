import type { Random } from '#core/ports.ts'
import type { Point, Repository, StreamWriter } from '#repository/index.ts'
import { VM } from './open.ts'
import { seededRandom } from './seeded.ts'

const KiB = 1024

/** Bytes that compress a little, as files do; the same for the same seed. */
export const someBytes = (seed: number, size: number): Buffer => {
  const random = seededRandom(seed)
  const bytes = Buffer.from(random.bytes(size))
  for (let at = 0; at + 4 * KiB <= size; at += 16 * KiB) bytes.fill(seed & 0xff, at, at + 4 * KiB)
  return bytes
}

/** @returns a whole number from 0 up to before `limit` */
export const below = (random: Random, limit: number): number =>
  Buffer.from(random.bytes(4)).readUInt32LE() % limit

/** All of a stream, or a range of it, as one buffer. */
export const readWhole = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(Uint8Array.from(piece))
  return Buffer.concat(parts)
}

/** One point with streams, each written by its own function. */
export const backUpStreams = async (
  repository: Repository,
  {
    jobId,
    vmUuid = VM,
    base,
    streams,
  }: {
    jobId: string
    vmUuid?: string
    base?: Point
    streams: Record<string, Uint8Array | ((stream: StreamWriter) => Promise<unknown>)>
  },
) => {
  const writer = await repository.beginPoint({ jobId, vmUuid, base })
  for (const [streamId, write] of Object.entries(streams)) {
    const kept = base?.streams.some(({ id }) => id === streamId) ? streamId : undefined
    const stream = await writer.stream({ streamId, keep: kept })
    if (write instanceof Uint8Array) await stream.write(write)
    else await write(stream)
    await stream.finish()
  }
  const point = await writer.commit({ name: 'test' })
  return { point, statistics: { ...writer.statistics } }
}
