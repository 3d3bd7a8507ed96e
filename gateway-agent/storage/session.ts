import type { StorageGrant } from '#core/contracts/gateway-api.ts'
import type { Clock } from '#core/ports.ts'
import type { Log } from '../log.ts'

/** Storage credentials that are renewed before they end. They live in this object and nowhere else: not in a file, a log or an error. */
export interface Session {
  /** @throws what asking for new ones throws, where those at hand have ended */
  current(): Promise<StorageGrant>
  /** The store said that these have ended, whatever our clock says: the next call gets others. */
  expired(accessKeyId: string): void
}

/** Renewed when so little of its quarter of an hour is left, in ms: a control plane that is away for a moment is asked again until then. */
const RENEW_BEFORE_MS = 5 * 60_000
/** Still good for one more request, in ms. */
const GOOD_FOR_MS = 30_000
/** Not renewed more often, in ms, where our clock is so far ahead that every grant looks old. */
const AT_MOST_EVERY_MS = 60_000

/**
 * @param first the grant that the job came with
 * @param ask the control plane for another one
 */
export const createSession = ({
  first,
  ask,
  clock,
  log,
}: {
  first: StorageGrant
  ask: () => Promise<StorageGrant>
  clock: Clock
  log: Log
}): Session => {
  let grant = first
  let renewed = clock.now()
  let hasEnded = false
  let asking: Promise<void> | undefined

  const renew = (): Promise<void> => {
    asking ??= ask()
      .then(next => {
        grant = next
        renewed = clock.now()
        hasEnded = false
      })
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  return {
    async current() {
      const left = grant.expires - clock.now()
      const isFresh = clock.now() - renewed < AT_MOST_EVERY_MS
      if (!hasEnded && (left > RENEW_BEFORE_MS || isFresh)) return grant
      try {
        await renew()
      } catch (error) {
        if (hasEnded || left < GOOD_FOR_MS) throw error
        log.warn('The storage credentials are not renewed yet', error)
      }
      return grant
    },
    expired(accessKeyId) {
      if (accessKeyId === grant.accessKeyId) hasEnded = true
    },
  }
}
