import { STEERING } from '#core/access/place.ts'
import type { Purpose } from '#core/access/purpose.ts'
import { LOCK_SLACK_DAYS } from '#core/access/session-policy.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { StoreDeniedError } from '#core/errors/store.ts'
import type { Clock, LockMode, MaintenanceStore } from '#core/ports.ts'

/** One store with the rights of one job. */
export interface Slot {
  purpose: Purpose
  lock?: LockPolicy | undefined
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
  const find = async (what: string, may: (slot: Slot) => boolean): Promise<MaintenanceStore> => {
    const slot = slots().findLast(may)
    if (slot) return slot.store
    const { store, isOwn } = await base()
    if (isOwn) return store
    throw new StoreDeniedError(`${what} in ${address} (no job at work may do that)`)
  }
  const reading = async (): Promise<MaintenanceStore> =>
    slots().at(-1)?.store ?? (await base()).store
  const maintaining = (what: string) => find(what, ({ purpose }) => purpose === 'maintenance')

  return {
    address,
    put: async (key, parts, signal) =>
      (await find(`write "${key}"`, slot => mayWrite(slot, key))).put(key, parts, signal),
    get: async (key, range, memory) => (await reading()).get(key, range, memory),
    stat: async key => (await reading()).stat(key),
    async *list(prefix, options) {
      yield* (await reading()).list(prefix, options)
    },
    lockSupport: async () => (await reading()).lockSupport(),
    retention: async (key, version) => (await reading()).retention(key, version),
    retain: async (key, until, mode) =>
      (await find(`lock "${key}"`, slot => mayLock(slot, until, mode, clock.now()))).retain(
        key,
        until,
        mode,
      ),
    async *versions(prefix, options) {
      yield* (await maintaining(`list the versions of "${prefix}"`)).versions(prefix, options)
    },
    getVersion: async (key, version, range) =>
      (await maintaining(`read a version of "${key}"`)).getVersion(key, version, range),
    remove: async (key, version) => (await maintaining(`remove "${key}"`)).remove(key, version),
    supersede: async (key, bytes) => (await maintaining(`replace "${key}"`)).supersede(key, bytes),
  }
}

const mayWrite = ({ purpose }: Slot, key: string): boolean =>
  (purpose === 'backup' && !STEERING.some(prefix => key.startsWith(prefix))) ||
  purpose === 'maintenance' ||
  (purpose === 'proof' && key.startsWith('proofs/'))

/** Whether the session of the job allows this lock (core/access/session-policy.ts). */
const mayLock = ({ purpose, lock }: Slot, until: number, mode: LockMode, now: number): boolean => {
  if (purpose === 'maintenance') return true
  if (purpose !== 'backup' || !lock) return false
  const days = (until - now) / DAY
  return (
    (lock.mode === 'governance' || mode === 'compliance') &&
    days >= lock.days &&
    days <= lock.days + LOCK_SLACK_DAYS
  )
}
