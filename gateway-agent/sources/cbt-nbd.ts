import type { Xapi } from '../xapi/api.ts'
import type { ChunkMemory, DiskExtent, DiskRange, DiskSource, SnapshotDisk } from './api.ts'
import { openLanes } from './nbd/lanes.ts'
import { type NbdTransport, nbdExports } from './nbd/offer.ts'
import { chunksIn, lengthOf } from './ranges.ts'

/** Bytes on their way from the hosts for one disk; the memory that a reading disk takes. */
const IN_FLIGHT = 8 * 1024 * 1024
/** A second connection costs seconds (a plug in dom0), so little reading does without. */
const WORTH_TWO = 64 * 1024 * 1024

const turns = new WeakMap<Xapi, Promise<unknown>>()

/** One opening at a time in the whole pool. */
const inTurn =
  (xapi: Xapi) =>
  <T>(work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(xapi) ?? Promise.resolve()).then(work)
    turns.set(
      xapi,
      turn.catch(() => undefined),
    )
    return turn
  }

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

/** The wanted ranges of a snapshot's disk over NBD. */
export const nbdSource = (
  xapi: Xapi,
  disk: SnapshotDisk,
  chunkSize: number,
  transport: NbdTransport,
): DiskSource => {
  let bytesRead = 0

  async function* open(
    wanted: readonly DiskRange[],
    signal: AbortSignal,
    memory: ChunkMemory,
  ): AsyncGenerator<DiskExtent> {
    if (wanted.length === 0) return
    const lanes = await openLanes({
      exports: () => nbdExports(xapi, disk.ref, transport),
      size: disk.size,
      disk: disk.name,
      count: lengthOf(wanted) > WORTH_TWO ? 2 : 1,
      inTurn: inTurn(xapi),
      signal,
    })
    const onAbort = () => lanes.close()
    signal.addEventListener('abort', onAbort, { once: true })
    const window: Request[] = []
    const first = async (): Promise<DiskExtent> => {
      const { offset, bytes, answered } = window[0] as Request
      await answered
      window.shift()
      bytesRead += bytes.length
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
      signal.removeEventListener('abort', onAbort)
      lanes.close()
      void lent?.then(buffer => memory.giveBack(buffer)).catch(() => undefined)
      // Not before the last connection has let go of it.
      for (const { buffer, answered } of window)
        void answered.catch(() => undefined).then(() => memory.giveBack(buffer))
    }
  }

  return {
    rung: 'cbt-nbd',
    get bytesRead() {
      return bytesRead
    },
    open,
  }
}
