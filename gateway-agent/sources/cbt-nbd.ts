import type { Xapi } from '../xapi/api.ts'
import type { DiskRange, DiskSource, SnapshotDisk } from './api.ts'
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

/** The wanted ranges of a snapshot's disk over NBD. */
export const nbdSource = (
  xapi: Xapi,
  disk: SnapshotDisk,
  chunkSize: number,
  transport: NbdTransport,
): DiskSource => {
  let bytesRead = 0

  async function* open(wanted: readonly DiskRange[], signal: AbortSignal) {
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
    const window: { offset: number; bytes: Promise<Buffer> }[] = []
    const first = async () => {
      const { offset, bytes } = window[0] as (typeof window)[0]
      const extent = { offset, bytes: await bytes }
      window.shift()
      bytesRead += extent.bytes.length
      return extent
    }
    try {
      for (const { offset, length } of chunksIn(wanted, chunkSize)) {
        signal.throwIfAborted()
        const bytes = lanes.read(offset, length)
        // Looked at when its turn comes; until then a failure is not unhandled.
        bytes.catch(() => undefined)
        window.push({ offset, bytes })
        if (window.length * chunkSize >= IN_FLIGHT) yield await first()
      }
      while (window.length > 0) yield await first()
    } finally {
      signal.removeEventListener('abort', onAbort)
      lanes.close()
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
