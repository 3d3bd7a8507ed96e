import type { WireCompression } from '#core/contracts/jobs.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import type { Xapi } from '../../xapi/api.ts'
import type { ChunkMemory, DiskExtent, DiskRange, VmExport } from '../api.ts'
import { type StreamItem, vmStream, type Want } from './stream.ts'

type Wants = Map<string, Want>

/** One run through the stream, taken from by several disks in turn. */
const roundOf = (items: AsyncGenerator<StreamItem>, stop: AbortController) => {
  let head = items.next()
  head.catch(() => undefined)
  let moved = Promise.withResolvers<void>()
  return {
    /** What comes next, for whom it may be. */
    head: () => head,
    /** Settles when somebody has taken the head. */
    moved: () => moved.promise,
    take: () => {
      head = items.next()
      head.catch(() => undefined)
      moved.resolve()
      moved = Promise.withResolvers()
    },
    /** @returns when the stream is closed */
    stop: async () => {
      const reason = new DOMException('a disk of the stream is no longer read', 'AbortError')
      stop.abort(reason)
      // Those who wait for their turn behind the one that left must hear of it, too.
      head = Promise.reject(reason)
      head.catch(() => undefined)
      moved.resolve()
      await items.return(undefined).catch(() => undefined)
    },
  }
}

type Round = ReturnType<typeof roundOf>

/** @param vm the snapshot VM; `name`: of the VM, for messages */
export const vmExport = (xapi: Xapi, vm: { ref: string; name: string }): VmExport => {
  /** Disks that share a stream and are not complete yet. */
  const sharing = new Set<string>()
  let gathering: { wants: Wants; begun: PromiseWithResolvers<Round> } = gather()
  let unclaimed = 0
  const onBytes = (count: number) => {
    unclaimed += count
  }
  const notes: string[] = []
  const onNote = (reason: string) => notes.push(reason)

  /** Once every disk that shares has come. */
  const beginIfComplete = (wire: WireCompression | undefined) => {
    const { wants, begun } = gathering
    if (wants.size === 0 || wants.size < sharing.size) return
    gathering = gather()
    const stop = new AbortController()
    begun.resolve(
      roundOf(vmStream(xapi, { vm, wire, wants, signal: stop.signal, onBytes, onNote }), stop),
    )
  }

  return {
    alone: (disk, chunkSize) => {
      const own = vmExport(xapi, vm)
      return own.together(disk, chunkSize, undefined)
    },
    together: (disk, chunkSize, wire) => {
      const vdiUuid = disk.uuid
      let bytesRead = 0
      sharing.add(vdiUuid)

      async function* open(
        wanted: readonly DiskRange[],
        signal: AbortSignal,
        memory: ChunkMemory,
      ): AsyncGenerator<DiskExtent> {
        const { wants, begun } = gathering
        wants.set(vdiUuid, { size: disk.size, wanted, chunkSize, memory })
        beginIfComplete(wire)
        const round = await unlessAborted(begun.promise, signal).catch(error => {
          wants.delete(vdiUuid)
          throw error
        })
        const onAbort = () => void round.stop()
        signal.addEventListener('abort', onAbort, { once: true })
        let complete = false
        try {
          for (;;) {
            // Taken before the head: whose it is may have taken it by the time that we have looked.
            const moved = round.moved()
            const { done, value: item } = await round.head()
            if (done) throw new Error(`The stream of "${vm.name}" ended before all its disks.`)
            if (item.vdiUuid !== vdiUuid) {
              await moved
              continue
            }
            bytesRead += unclaimed
            unclaimed = 0
            round.take()
            if ('extent' in item) yield item.extent
            else {
              complete = true
              sharing.delete(vdiUuid)
              if (sharing.size === 0) await round.head() // the stream is closed then
              return
            }
          }
        } finally {
          signal.removeEventListener('abort', onAbort)
          if (!complete) await round.stop()
        }
      }

      return {
        rung: 'xva',
        get bytesRead() {
          return bytesRead
        },
        reasons: notes,
        open,
        decline: () => {
          sharing.delete(vdiUuid)
          beginIfComplete(wire)
        },
      }
    },
  }
}

const gather = () => ({ wants: new Map() as Wants, begun: Promise.withResolvers<Round>() })
