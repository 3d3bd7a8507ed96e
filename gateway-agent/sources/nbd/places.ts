/**
 * Our connections per host address. A host takes 16 NBD connections of everybody together and drops the next without a word
 * (xapi-nbd), and a disk that several hosts can serve should not be read from the first of them only.
 */
export interface HostPlaces {
  /**
   * Waits for a place at one of the hosts; of those with room, the one with the fewest of our connections in relation to its bound.
   * @param giveUp makes it an extra place, for a disk that has one: those come last, and where a disk without any waits, this is called.
   * Whoever answers `true` frees the place soon
   * @returns the host, and how to give the place back, which may be called twice
   */
  take(addresses: readonly string[], signal: AbortSignal, giveUp?: GiveUp): Promise<Place>
  /** The same without waiting. */
  takeNow(addresses: readonly string[], giveUp?: GiveUp): Place | undefined
}

export interface Place {
  readonly address: string
  free(): void
}

type GiveUp = () => boolean

interface Waiting {
  addresses: readonly string[]
  giveUp: GiveUp | undefined
  resolve(place: Place): void
}

/** @param perHost connections to one address at once */
export const createHostPlaces = (perHost: number): HostPlaces => {
  const used = new Map<string, number>()
  const extras = new Map<Place, GiveUp>()
  const waiting: Waiting[] = []
  const usedAt = (address: string) => used.get(address) ?? 0

  const takeNow = (addresses: readonly string[], giveUp?: GiveUp): Place | undefined => {
    const [address] = addresses
      .filter(one => usedAt(one) < perHost)
      .sort((a, b) => usedAt(a) - usedAt(b))
    if (address === undefined) return undefined
    used.set(address, usedAt(address) + 1)
    let held = true
    const free = () => {
      if (!held) return
      held = false
      extras.delete(place)
      used.set(address, usedAt(address) - 1)
      admit()
    }
    const place = { address, free }
    if (giveUp) extras.set(place, giveUp)
    return place
  }

  const admit = () => {
    const first = waiting.filter(({ giveUp }) => !giveUp)
    const extra = waiting.filter(({ giveUp }) => giveUp)
    for (const next of [...first, ...extra]) {
      const place = takeNow(next.addresses, next.giveUp)
      if (!place) continue
      waiting.splice(waiting.indexOf(next), 1)
      next.resolve(place)
    }
  }

  /** Asks one of those that have an extra place. */
  const askFor = (addresses: readonly string[]): void => {
    for (const [place, giveUp] of extras) {
      if (!addresses.includes(place.address) || !giveUp()) continue
      extras.delete(place) // asked once
      return
    }
  }

  const take = async (
    addresses: readonly string[],
    signal: AbortSignal,
    giveUp?: GiveUp,
  ): Promise<Place> => {
    signal.throwIfAborted()
    const now = takeNow(addresses, giveUp)
    if (now) return now
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    const entry = { addresses, giveUp, resolve }
    const onAbort = () => {
      const at = waiting.indexOf(entry)
      if (at >= 0) waiting.splice(at, 1)
      reject(signal.reason)
    }
    waiting.push(entry)
    signal.addEventListener('abort', onAbort, { once: true })
    if (!giveUp) askFor(addresses)
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
  return { take, takeNow }
}
