import type { ChunkMemory, DiskExtent, DiskRange } from '../api.ts'
import { chunksIn } from '../ranges.ts'
import type { Lanes } from './lanes.ts'

/** Bytes on their way from the hosts for one disk; the memory that a reading disk takes. */
const IN_FLIGHT = 8 * 1024 * 1024

/** A chunk that was asked for. */
interface Request {
  offset: number
  /** what is wanted of `buffer` */
  bytes: Uint8Array
  buffer: Uint8Array
  answered: Promise<void>
}

/** @returns whether `wanted` settled first; that `other` failed is not of interest here */
const isFirst = (wanted: Promise<unknown>, other: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    wanted.then(
      () => true,
      () => true,
    ),
    other.then(
      () => false,
      () => false,
    ),
  ])

/** Every byte of the wanted ranges, in order, with as many requests on the way as memory and the window allow. */
export async function* readOver(
  lanes: Lanes,
  wanted: readonly DiskRange[],
  {
    chunkSize,
    memory,
    signal,
    onBytes,
  }: {
    chunkSize: number
    memory: ChunkMemory
    signal: AbortSignal
    onBytes: (count: number) => void
  },
): AsyncGenerator<DiskExtent & { bytes: Uint8Array }> {
  const window: Request[] = []
  const first = async () => {
    const { offset, bytes, answered } = window[0] as Request
    await answered
    window.shift()
    onBytes(bytes.length)
    return { offset, bytes }
  }
  let lent: Promise<Uint8Array> | undefined
  try {
    for (const { offset, length } of chunksIn(wanted, chunkSize)) {
      signal.throwIfAborted()
      lent = memory.buffer()
      // Where there is no room, what has arrived makes some: whoever takes it gives its memory back.
      while (window[0] && !(await isFirst(lent, window[0].answered))) yield await first()
      const buffer = await lent
      lent = undefined
      const bytes = buffer.subarray(0, length)
      const answered = lanes.read(offset, bytes)
      // Looked at when its turn comes; until then a failure is not unhandled.
      answered.catch(() => undefined)
      window.push({ offset, bytes, buffer, answered })
      if (window.length * chunkSize >= IN_FLIGHT) yield await first()
    }
    while (window.length > 0) yield await first()
  } finally {
    lanes.close()
    void lent?.then(buffer => memory.giveBack(buffer)).catch(() => undefined)
    // Not before the last connection has let go of it.
    for (const { buffer, answered } of window)
      void answered.catch(() => undefined).then(() => memory.giveBack(buffer))
  }
}
