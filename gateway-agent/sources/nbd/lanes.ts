import { NbdFailedError } from '#core/errors/xenserver.ts'
import { type NbdConnection, type NbdExport, openNbd } from './connection.ts'
import type { HostPlaces, Place } from './places.ts'

/** How often one request is sent before its failure is final. */
const ATTEMPTS = 4

export interface LanesOptions {
  /** Asked anew before each connection. */
  exports(): Promise<NbdExport[]>
  /** bytes */
  size: number
  /** For messages. */
  disk: string
  /** Connections, 1 to 4. A host takes 16 in all. */
  count: number
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

/** A few connections to the same disk; lost ones are replaced, at another address where one fails, and their requests sent again. */
export const openLanes = async (options: LanesOptions): Promise<Lanes> => {
  const { exports, disk, count, inTurn, signal, places, onLost } = options
  const lanes = new Map<NbdConnection, () => void>()
  const badAddresses = new Set<string>()
  let opening: Promise<void> | undefined
  let closed = false

  /**
   * Tries one host after the other, those with the fewest connections first.
   * @param place that was waited for
   * @returns the hosts that have no room; nothing where a connection was opened
   */
  const tryHosts = async (place?: Place): Promise<string[] | undefined> => {
    const offered = await exports()
    const good = offered.filter(({ address }) => !badAddresses.has(address))
    let failure: unknown = new NbdFailedError('the pool', `no host serves the disk "${disk}" now`)
    // When every address has failed once, all get a second chance.
    const candidates = [...(good.length > 0 ? good : offered)]
    let waitedFor = candidates.some(({ address }) => address === place?.address) ? place : undefined
    // Of no use where other hosts offer the disk by now.
    if (!waitedFor) place?.free()
    while (candidates.length > 0) {
      const addresses = candidates.map(({ address }) => address)
      const taken = waitedFor ?? places.takeNow(addresses)
      waitedFor = undefined
      if (!taken) return addresses
      const at = addresses.indexOf(taken.address)
      const [target] = candidates.splice(at, 1) as [NbdExport]
      try {
        signal.throwIfAborted()
        const connection = await openNbd(target, signal)
        assertSize(connection, options)
        if (closed) {
          connection.close()
          taken.free()
          return
        }
        badAddresses.delete(target.address)
        lanes.set(connection, taken.free)
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

  /**
   * Waits for a place where no host has room, but not for an extra connection: two disks that each hold one and want another would wait
   * for each other. Nor does it keep the turn while it waits: those that hold the places may need the turn before they begin to read.
   */
  const openOne = async ({ extra = false } = {}): Promise<void> => {
    let place: Place | undefined
    for (;;)
      try {
        const full = await inTurn(() => tryHosts(place))
        if (!full || extra) return
        place = await places.take(full, signal)
      } catch (error) {
        place?.free()
        throw error
      }
  }

  const close = (): void => {
    closed = true
    for (const [lane, free] of lanes) {
      lane.close()
      free()
    }
    lanes.clear()
  }

  const anyLane = async (): Promise<NbdConnection> => {
    if (lanes.size === 0) {
      opening ??= openOne().finally(() => {
        opening = undefined
      })
      await opening
    }
    const [lane] = [...lanes.keys()].sort((a, b) => a.outstanding - b.outstanding)
    if (!lane) throw new NbdFailedError('the NBD server', 'the connection was lost at once')
    return lane
  }

  const attempt = async (offset: number, target: Uint8Array): Promise<void> => {
    const lane = await anyLane()
    try {
      await lane.read(offset, target)
    } catch (error) {
      const free = lanes.get(lane)
      lanes.delete(lane)
      // Of the reads under way that fail together, the first one tells.
      if (free && !closed && error instanceof NbdFailedError) onLost?.(error)
      free?.()
      throw error
    }
  }

  try {
    await openOne()
    for (let extra = 1; extra < count; extra++)
      await openOne({ extra: true }).catch(() => undefined)
    signal.throwIfAborted()
  } catch (error) {
    close()
    throw error
  }
  return {
    read: async (offset, target) => {
      for (let tried = 1; ; tried++)
        try {
          return await attempt(offset, target)
        } catch (error) {
          signal.throwIfAborted()
          const worthIt = error instanceof NbdFailedError && error.reconnect && tried < ATTEMPTS
          if (closed || !worthIt) throw error
        }
    },
    close,
  }
}
