import { unlessAborted } from '../unless-aborted.ts'
import type { Xapi } from '../xapi/api.ts'
import type { ChunkMemory, DiskExtent, DiskRange, DiskSource, SnapshotDisk } from './api.ts'
import { type BlockMap, contradiction } from './block-map.ts'
import { type Lanes, openLanes } from './nbd/lanes.ts'
import { type NbdTransport, nbdExports } from './nbd/offer.ts'
import { createHostPlaces, type HostPlaces } from './nbd/places.ts'
import { readOver } from './nbd/read.ts'
import { intersection, lengthOf, without } from './ranges.ts'

/** A second connection costs seconds (a plug in dom0), so little reading does without, and what is left of much goes on with what it has. */
const WORTH_TWO = 64 * 1024 * 1024
const WORTH_ONE_MORE = 32 * 1024 * 1024

const turns = new WeakMap<Xapi, Promise<void>>()

/** One opening at a time in the whole pool. */
const inTurn =
  (xapi: Xapi, signal: AbortSignal) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    const before = turns.get(xapi) ?? Promise.resolve()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    // Who gives up waiting ends before the one it waited for, and the next must still wait for that one.
    turns.set(
      xapi,
      before.then(() => ended),
    )
    try {
      await unlessAborted(before, signal)
      return await work()
    } finally {
      end()
    }
  }

const places = new WeakMap<Xapi, HostPlaces>()

const placesOf = (xapi: Xapi): HostPlaces => {
  const known = places.get(xapi) ?? createHostPlaces(xapi.connectionsPerHost)
  places.set(xapi, known)
  return known
}

export interface NbdSourceOptions {
  disk: SnapshotDisk
  /** bytes */
  chunkSize: number
  transport: NbdTransport
  /** Which blocks hold data; without it every wanted byte is read. */
  map?: BlockMap
  /** `cbt-nbd` where what is wanted are changed blocks. */
  rung: 'cbt-nbd' | 'nbd'
}

/** The wanted ranges of a snapshot's disk over NBD. Where a block map vouches for it, what was never written is known to be zero and not read. */
export const nbdSource = (
  xapi: Xapi,
  { disk, chunkSize, transport, map, rung }: NbdSourceOptions,
): DiskSource => {
  let bytesRead = 0
  let mapped = map !== undefined
  const reasons: string[] = []
  const lost = new Set<string>()

  /** @returns the ranges that hold data, where they are known and hold what they promise */
  const trustedMap = async (
    ranges: DiskRange[],
    lanes: Lanes,
  ): Promise<DiskRange[] | undefined> => {
    const why = await contradiction(ranges, {
      disk,
      ...(map?.changed && { changed: map.changed }),
      random: xapi.waiting.random,
      read: lanes.read,
    })
    if (why === undefined) return ranges
    reasons.push(`every block read over NBD, because ${why}`)
    return undefined
  }

  async function* open(
    wanted: readonly DiskRange[],
    signal: AbortSignal,
    memory: ChunkMemory,
  ): AsyncGenerator<DiskExtent> {
    if (wanted.length === 0) return
    // The map comes first: a connection that waits for it would hold one of the sixteen places of its host.
    const told = await map?.read(signal).catch((error: unknown) => {
      signal.throwIfAborted()
      const why = error instanceof Error ? error.message : String(error)
      reasons.push(
        `every block read over NBD, because the map of its blocks could not be had: ${why}`,
      )
      return undefined
    })
    mapped = told !== undefined
    const reading = told ? intersection(wanted, told) : wanted
    let left = lengthOf(reading)
    const lanes = await openLanes({
      exports: whileOpen => nbdExports(xapi, disk.ref, transport, whileOpen),
      size: disk.size,
      disk: disk.name,
      count: left > WORTH_TWO ? 2 : 1,
      worthMore: () => left > WORTH_ONE_MORE,
      inTurn: inTurn(xapi, signal),
      signal,
      places: placesOf(xapi),
      onLost: error => lost.add(`a connection was lost and replaced: ${error.message}`),
    })
    const onAbort = () => lanes.close()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const known = told && (await trustedMap(told, lanes))
      mapped = known !== undefined
      const present = known ? intersection(wanted, known) : wanted
      const zeros = without(wanted, present)
      const options = {
        chunkSize,
        memory,
        signal,
        onBytes: (count: number) => {
          bytesRead += count
          left -= count
        },
      }
      for await (const extent of readOver(lanes, present, options)) {
        for (let zero = zeros[0]; zero && zero.offset < extent.offset; zero = zeros[0]) {
          zeros.shift()
          yield { ...zero, zero: true }
        }
        yield extent
      }
      for (const zero of zeros) yield { ...zero, zero: true }
    } finally {
      signal.removeEventListener('abort', onAbort)
      lanes.close()
    }
  }

  return {
    get rung() {
      return mapped ? 'map-nbd' : rung
    },
    get bytesRead() {
      return bytesRead
    },
    get reasons() {
      return [...reasons, ...lost]
    },
    open,
  }
}
