import { NbdFailedError } from '#core/errors/xenserver.ts'
import { type NbdConnection, type NbdExport, openNbd } from './connection.ts'
import { createLaneSet, type Extra } from './lane-set.ts'
import type { HostPlaces, Place } from './places.ts'

/** How often one request is sent before its failure is final. */
const ATTEMPTS = 4

export interface LanesOptions {
  /** Asked anew before each connection. @param signal ends with the lanes */
  exports(signal: AbortSignal): Promise<NbdExport[]>
  /** bytes */
  size: number
  /** For messages. */
  disk: string
  /** Connections, 1 to 4. A host takes 16 in all. */
  count: number
  /** Whether what is left to read is worth one connection more; yes unless told. */
  worthMore?: () => boolean
  /** Runs one opening after the other: those of the same moment race inside XAPI. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  signal: AbortSignal
  /** Of all disks that are read. */
  places: HostPlaces
  /** A connection was lost in mid-read. */
  onLost?: (error: NbdFailedError) => void
}

export interface Lanes {
  /** @throws `NBD_FAILED` when no connection could be had or the request failed on each of several */
  read(offset: number, target: Uint8Array): Promise<void>
  close(): void
}

const assertSize = (connection: NbdConnection, { size, disk }: LanesOptions): void => {
  if (connection.size === size) return
  connection.close()
  const why = `it offers ${connection.size} bytes of the disk "${disk}", which has ${size}`
  throw new NbdFailedError('the NBD server', why, { reconnect: false })
}

/**
 * A few connections to the same disk; lost ones are replaced, at another address where one fails, and their requests sent again. Returns
 * with the first one: the others are opened meanwhile, as places come free, and given up where a disk without any waits for a place.
 */
export const openLanes = async (options: LanesOptions): Promise<Lanes> => {
  const { exports, disk, count, worthMore = () => true, inTurn, places, onLost } = options
  const lanes = createLaneSet(() => void openExtra())
  const closing = new AbortController()
  const signal = AbortSignal.any([options.signal, closing.signal])
  const badAddresses = new Set<string>()
  let opening: Promise<void> | undefined

  /**
   * Tries one host after the other, those with the fewest connections first.
   * @param place that was waited for
   * @returns the hosts that have no room; nothing where a connection was opened, or is of no use any more
   */
  const tryHosts = async (place?: Place, extra?: Extra): Promise<string[] | undefined> => {
    signal.throwIfAborted()
    // Somebody asked for it while the turn was waited for.
    if (extra?.wanted) {
      place?.free()
      return
    }
    const offered = await exports(signal)
    const good = offered.filter(({ address }) => !badAddresses.has(address))
    let failure: unknown = new NbdFailedError('the pool', `no host serves the disk "${disk}" now`)
    // When every address has failed once, all get a second chance.
    const candidates = [...(good.length > 0 ? good : offered)]
    let waitedFor = candidates.some(({ address }) => address === place?.address) ? place : undefined
    // Of no use where other hosts offer the disk by now.
    if (!waitedFor) place?.free()
    while (candidates.length > 0) {
      const addresses = candidates.map(({ address }) => address)
      const taken = waitedFor ?? places.takeNow(addresses, extra && (() => lanes.giveUp(extra)))
      waitedFor = undefined
      if (!taken) return addresses
      const at = addresses.indexOf(taken.address)
      const [target] = candidates.splice(at, 1) as [NbdExport]
      try {
        const connection = await openNbd(target, signal)
        assertSize(connection, options)
        badAddresses.delete(target.address)
        if (signal.aborted) connection.close()
        signal.throwIfAborted()
        lanes.enter(connection, taken, extra)
        return
      } catch (error) {
        taken.free()
        signal.throwIfAborted()
        badAddresses.add(target.address)
        failure = error
      }
    }
    throw failure
  }

  /** Waits for a place where no host has room, but without the turn: those that hold the places may need it before they begin to read. */
  const openOne = async (extra?: Extra): Promise<void> => {
    let place: Place | undefined
    for (;;)
      try {
        const full = await inTurn(() => tryHosts(place, extra))
        if (!full) return
        place = await places.take(full, signal, extra && (() => lanes.giveUp(extra)))
        if (!extra || (worthMore() && !extra.wanted)) continue
        place.free()
        return
      } catch (error) {
        place?.free()
        throw error
      }
  }

  /** What keeps it from opening is no failure of the reading. One that was given up before it was open is wanted again, behind those that wait. */
  const openExtra = async (): Promise<void> => {
    if (!worthMore()) return
    const extra: Extra = {}
    await openOne(extra).catch(() => undefined)
    if (extra.wanted && !extra.lane) await openExtra()
  }

  const close = (): void => {
    closing.abort(new Error('the reading has ended'))
    lanes.close()
  }

  const anyLane = async (): Promise<NbdConnection> => {
    if (lanes.size === 0) {
      opening ??= openOne().finally(() => {
        opening = undefined
      })
      await opening
    }
    const lane = lanes.least()
    if (!lane) throw new NbdFailedError('the NBD server', 'the connection was lost at once')
    return lane
  }

  const attempt = async (offset: number, target: Uint8Array): Promise<void> => {
    const lane = await anyLane()
    try {
      await lane.read(offset, target)
    } catch (error) {
      // Of the reads under way that fail together, the first one tells.
      const isFirst = lanes.lost(lane)
      if (isFirst && !signal.aborted && error instanceof NbdFailedError) onLost?.(error)
      throw error
    }
    lanes.answered(lane)
  }

  try {
    await openOne()
    signal.throwIfAborted()
  } catch (error) {
    close()
    throw error
  }
  // One after the other, each behind the first connections of other disks.
  for (let extra = 1; extra < count; extra++) void openExtra()
  return {
    read: async (offset, target) => {
      for (let tried = 1; ; tried++)
        try {
          return await attempt(offset, target)
        } catch (error) {
          options.signal.throwIfAborted()
          const worthIt = error instanceof NbdFailedError && error.reconnect && tried < ATTEMPTS
          if (signal.aborted || !worthIt) throw error
        }
    },
    close,
  }
}
