/**
 * Our connections per host address. A host takes 16 NBD connections of everybody together and drops the next without a word
 * (xapi-nbd), and a disk that several hosts can serve should not be read from the first of them only.
 */
export interface HostPlaces {
  /**
   * Waits for a place at one of the hosts; of those with room, the one with the fewest of our connections in relation to its bound.
   * @returns the host, and how to give the place back, which may be called twice
   */
  take(addresses: readonly string[], signal: AbortSignal): Promise<Place>
  /** The same without waiting. */
  takeNow(addresses: readonly string[]): Place | undefined
}

export interface Place {
  readonly address: string
  free(): void
}

/** @param perHost connections to one address at once */
export const createHostPlaces = (perHost: number): HostPlaces => {
  const used = new Map<string, number>()
  const waiting: { addresses: readonly string[]; resolve: (place: Place) => void }[] = []
  const usedAt = (address: string) => used.get(address) ?? 0

  const takeNow = (addresses: readonly string[]): Place | undefined => {
    const [address] = addresses
      .filter(one => usedAt(one) < perHost)
      .sort((a, b) => usedAt(a) - usedAt(b))
    if (address === undefined) return undefined
    used.set(address, usedAt(address) + 1)
    let held = true
    const free = () => {
      if (!held) return
      held = false
      used.set(address, usedAt(address) - 1)
      admit()
    }
    return { address, free }
  }

  const admit = () => {
    for (const next of [...waiting]) {
      const place = takeNow(next.addresses)
      if (!place) continue
      waiting.splice(waiting.indexOf(next), 1)
      next.resolve(place)
    }
  }

  const take = async (addresses: readonly string[], signal: AbortSignal): Promise<Place> => {
    signal.throwIfAborted()
    const now = takeNow(addresses)
    if (now) return now
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    const entry = { addresses, resolve }
    const onAbort = () => {
      const at = waiting.indexOf(entry)
      if (at >= 0) waiting.splice(at, 1)
      reject(signal.reason)
    }
    waiting.push(entry)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
  return { take, takeNow }
}
