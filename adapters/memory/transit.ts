import { TransitUrlError } from '#core/errors/guest-files.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { Clock, Transit } from '#core/ports.ts'
import { isTransitKey, TRANSIT_URL_SECONDS } from '#core/ports.ts'

export interface MemoryTransit extends Transit {
  /** As a gateway does with a URL. @throws `TRANSIT_URL_REFUSED` */
  put(url: string, bytes: Uint8Array): Promise<void>
  /** As a browser does. @throws `TRANSIT_URL_REFUSED`, `OBJECT_NOT_FOUND` */
  get(url: string): Promise<Uint8Array>
  /** All that lies there. */
  keys(): string[]
}

/** For tests: URLs that nobody can guess, and nothing behind them but this. */
export const memoryTransit = ({ clock }: { clock: Clock }): MemoryTransit => {
  const objects = new Map<string, Uint8Array>()
  const urls = new Map<string, { method: string; key: string; bytes?: number; until: number }>()
  const made = async (method: string, key: string, bytes?: number): Promise<string> => {
    if (!isTransitKey(key)) throw new TransitUrlError('its key is none')
    const url = `/memory/${crypto.randomUUID()}`
    const until = clock.now() + TRANSIT_URL_SECONDS * 1_000
    urls.set(url, { method, key, until, ...(bytes !== undefined && { bytes }) })
    return url
  }
  const used = (method: string, url: string) => {
    const found = urls.get(url)
    if (found?.method !== method) throw new TransitUrlError('nobody gave it out')
    if (found.until <= clock.now()) throw new TransitUrlError('it is too old')
    return found
  }
  return {
    putUrl: (key, bytes) => made('PUT', key, bytes),
    getUrl: key => made('GET', key),
    async put(url, bytes) {
      const { key, bytes: due } = used('PUT', url)
      if (bytes.length !== due) throw new TransitUrlError('it is for another number of bytes')
      objects.set(key, bytes.slice())
    },
    async get(url) {
      const { key } = used('GET', url)
      const found = objects.get(key)
      if (!found) throw new ObjectNotFoundError(key)
      return found.slice()
    },
    keys: () => [...objects.keys()],
  }
}
