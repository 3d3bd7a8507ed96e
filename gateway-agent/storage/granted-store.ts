import { PROOFS, STEERING } from '#core/access/place.ts'
import type { Purpose } from '#core/access/purpose.ts'
import { LOCK_SLACK_DAYS } from '#core/access/session-policy.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { StoreDeniedError } from '#core/errors/store.ts'
import type { Clock, LockMode, MaintenanceStore } from '#core/ports.ts'

/** One store with the rights of one job. */
export interface Slot {
  purpose: Purpose
  lock?: LockPolicy | undefined
  /** Of a job that locks held points: the furthest end, ms since 1970. */
  lockUntil?: number | undefined
  store: MaintenanceStore
}

/** What may be done besides jobs: with credentials of the gateway's own everything that they allow, else a look. */
export interface Base {
  store: MaintenanceStore
  isOwn: boolean
}

const DAY = 24 * 60 * 60 * 1000 // ms

/**
 * One store over the rights of all jobs that are at work. The repository is opened once for all of them, so each call goes out with the credentials of a job
 * that may make it; which of several is all the same to the object that is read or written. No call gets rights that no job at work has.
 *
 * @param slots of the jobs at work, the newest last
 * @param base asked only where no job helps
 */
export const grantedStore = ({
  address,
  slots,
  base,
  clock,
}: {
  address: string
  slots: () => readonly Slot[]
  base: () => Promise<Base>
  clock: Clock
}): MaintenanceStore => {
  /** The sessions that may do it, the newest first; else the base, where that may. */
  const candidates = async (
    what: string | undefined,
    may: (slot: Slot) => boolean,
  ): Promise<readonly MaintenanceStore[]> => {
    const found = slots().filter(may).reverse()
    if (found.length > 0) return found.map(slot => slot.store)
    const { store, isOwn } = await base()
    if (isOwn || what === undefined) return [store]
    throw new StoreDeniedError(`${what} in ${address} (no job at work may do that)`)
  }
  /** One job that has lost its session, or whose session was narrowed, does not fail the work of another: the call goes out with the next one that may make it. */
  const withAny = async <T>(
    stores: readonly MaintenanceStore[],
    call: (store: MaintenanceStore) => Promise<T>,
  ): Promise<T> => {
    let first: unknown
    for (const [index, store] of stores.entries())
      try {
        return await call(store)
      } catch (error) {
        if (index === 0) first = error
        if (!isOfSession(error)) throw error
      }
    throw first
  }
  const reading = () => candidates(undefined, () => true)
  const maintaining = (what: string) => candidates(what, ({ purpose }) => purpose === 'maintenance')
  async function* listing<T>(
    stores: readonly MaintenanceStore[],
    list: (store: MaintenanceStore) => AsyncIterable<T>,
  ): AsyncIterable<T> {
    // Until the first item is there another session may be tried; then the list is one session's.
    const [items, head] = await withAny(stores, async store => {
      const begun = list(store)[Symbol.asyncIterator]()
      return [begun, await begun.next()] as const
    })
    try {
      for (let next = head; !next.done; next = await items.next()) yield next.value
    } finally {
      await items.return?.()
    }
  }

  return {
    address,
    put: async (key, parts, signal) =>
      withAny(await candidates(`write "${key}"`, slot => mayWrite(slot, key)), store =>
        store.put(key, parts, signal),
      ),
    get: async (key, range, memory) =>
      withAny(await reading(), store => store.get(key, range, memory)),
    stat: async key => withAny(await reading(), store => store.stat(key)),
    async *list(prefix, options) {
      yield* listing(await reading(), store => store.list(prefix, options))
    },
    lockSupport: async () => withAny(await reading(), store => store.lockSupport()),
    retention: async (key, version) =>
      withAny(await reading(), store => store.retention(key, version)),
    retain: async (key, until, mode) =>
      withAny(
        await candidates(`lock "${key}"`, slot => mayLock(slot, until, mode, clock.now())),
        store => store.retain(key, until, mode),
      ),
    async *versions(prefix, options) {
      yield* listing(await maintaining(`list the versions of "${prefix}"`), store =>
        store.versions(prefix, options),
      )
    },
    getVersion: async (key, version, range) =>
      withAny(await maintaining(`read a version of "${key}"`), store =>
        store.getVersion(key, version, range),
      ),
    remove: async (key, version) =>
      withAny(await maintaining(`remove "${key}"`), store => store.remove(key, version)),
    supersede: async (key, bytes) =>
      withAny(await maintaining(`replace "${key}"`), store => store.supersede(key, bytes)),
  }
}

/** That a job is not the gateway's any more, and its session is not renewed; or that the store refused to this one. */
const OF_SESSION: ReadonlySet<string> = new Set([
  ...['EPOCH_OUTDATED', 'JOB_NOT_FOUND', 'APPROVAL_MISSING', 'GRANT_REFUSED', 'STORE_DENIED'],
])

const isOfSession = (error: unknown): boolean => OF_SESSION.has(asXenkeepError(error).code)

const mayWrite = ({ purpose }: Slot, key: string): boolean =>
  (purpose === 'backup' && ![...STEERING, PROOFS].some(prefix => key.startsWith(prefix))) ||
  purpose === 'maintenance' ||
  (purpose === 'proof' && key.startsWith(PROOFS))

/** Whether the session of the job allows this lock (core/access/session-policy.ts). */
const mayLock = (
  { purpose, lock, lockUntil = 0 }: Slot,
  until: number,
  mode: LockMode,
  now: number,
): boolean => {
  if (purpose === 'hold') return until <= lockUntil + LOCK_SLACK_DAYS * DAY
  if (purpose !== 'backup' || !lock) return false
  const days = (until - now) / DAY
  return (
    (lock.mode === 'governance' || mode === 'compliance') &&
    days >= lock.days &&
    days <= lock.days + LOCK_SLACK_DAYS
  )
}
