import { setTimeout as delay } from 'node:timers/promises'
import { ObjectLockedError } from '#core/errors/store.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'

export const DAY = 24 * 60 * 60 * 1000 // ms
const SECOND = 1000 // ms; S3 ends locks at whole seconds

export interface ShortDays {
  /** Begins now, and goes fast. */
  readonly clock: Clock
  /** Waits until so many days have gone by. */
  pass(days: number): Promise<void>
  /** The store as somebody sees it who lives in short days. */
  store(real: MaintenanceStore): MaintenanceStore
}

/**
 * Time for tests in which locks of a real store have to end: the engine's days last `realMs`. Only times are translated, to and fro; the
 * store locks, refuses and forgets by itself, by its own clock, so its locks last seconds. The ends of locks are rounded up to whole
 * seconds, as the store does.
 */
export const shortDays = (realMs: number): ShortDays => {
  const begun = Date.now()
  const factor = DAY / realMs
  const toShort = (real: number) => Math.round(begun + (real - begun) * factor)
  const toReal = (short: number) => begun + (short - begun) / factor
  const clock = { now: () => toShort(Date.now()) }

  const store = (real: MaintenanceStore): MaintenanceStore => ({
    ...real,
    async *list(prefix, options) {
      for await (const found of real.list(prefix, options))
        yield { ...found, modified: toShort(found.modified) }
    },
    async stat(key) {
      const found = await real.stat(key)
      return found && { ...found, modified: toShort(found.modified) }
    },
    async *versions(prefix, options) {
      for await (const found of real.versions(prefix, options))
        yield { ...found, modified: toShort(found.modified) }
    },
    async lockSupport() {
      // S3 tells its time in whole seconds, which are days here.
      return { ...(await real.lockSupport()), time: clock.now() }
    },
    retain: (key, until, mode) =>
      real.retain(key, Math.ceil(toReal(until) / SECOND) * SECOND, mode),
    async retention(key, version) {
      const found = await real.retention(key, version)
      return found && { ...found, until: toShort(found.until) }
    },
    remove: (key, version) =>
      real.remove(key, version).catch(error => {
        if (!(error instanceof ObjectLockedError) || error.until === undefined) throw error
        throw new ObjectLockedError(key, toShort(error.until), error)
      }),
  })
  return { clock, store, pass: days => delay(Math.max(0, days * realMs)) }
}
