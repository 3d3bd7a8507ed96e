import { InvalidWriteError } from '#core/errors/repository.ts'
import {
  LockModeFixedError,
  LockNotKeptError,
  LockUnsupportedError,
  ObjectNotFoundError,
} from '#core/errors/store.ts'
import type { Clock, LockSupport, ObjectStore, RetainingStore } from '#core/ports.ts'
import { fulfils } from '#core/retention.ts'
import { PREFIX, packName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { livingSlots, type MacKeys } from '../keys/retirements.ts'
import { inParallel } from '../read/in-parallel.ts'
import { type LockPolicy, lockUntil, requiredUntil } from './generation.ts'
import type { LockStatistics } from './statistics.ts'
import { StoreTime } from './store-time.ts'

/** What a point needs to be read; what else a job writes (intents, checkpoints) ends by itself. */
const NEEDED = [PREFIX.repo, PREFIX.keys, PREFIX.data, PREFIX.meta, PREFIX.index, PREFIX.points]

/** Asked of the store at once. */
const REQUESTS = 16

/** @throws `LOCK_UNSUPPORTED` for a store that was opened without the role that locks */
export const asRetaining = (store: ObjectStore): RetainingStore => {
  const { retain, retention, lockSupport } = store as Partial<RetainingStore>
  if (!retain || !retention || !lockSupport)
    throw new LockUnsupportedError(store.address, 'it was opened without the right to lock')
  return store as RetainingStore
}

/** @throws `LOCK_UNSUPPORTED` where the place behind the store keeps no locks */
export const assertLocks = async (store: RetainingStore): Promise<LockSupport> => {
  const support = await store.lockSupport()
  if (!support.objectLock)
    throw new LockUnsupportedError(store.address, 'Object Lock is not enabled')
  if (!support.versioning)
    throw new LockUnsupportedError(store.address, 'versioning is not enabled')
  return support
}

/** Sees to it that every object of one point is locked; docs/repository-format.md, section 10. */
export class PointLocks {
  readonly #store: RetainingStore
  readonly #policy: LockPolicy
  readonly #time: StoreTime
  readonly #keys: MacKeys
  /** What the store showed of objects that this point created: the end of the lock by name. */
  readonly #own = new Map<string, number>()
  readonly statistics: LockStatistics

  constructor(store: ObjectStore, policy: LockPolicy, clock: Clock, keys: MacKeys) {
    const { mode, days } = policy
    if (!Number.isSafeInteger(days) || days < 1)
      throw new InvalidWriteError(`a lock of ${days} days: whole days, at least 1`)
    this.#store = asRetaining(store)
    this.#policy = { mode, days }
    this.#time = new StoreTime(clock)
    this.#keys = keys
    this.statistics = { mode, days, objects: 0, extensions: 0 }
  }

  /** The store, through which everything that is created gets locked before the put returns. */
  get store(): ObjectStore {
    const store = this.#store
    return {
      address: store.address,
      get: (key, range, memory) => store.get(key, range, memory),
      stat: key => store.stat(key),
      list: (prefix, options) => store.list(prefix, options),
      put: async (key, parts, signal) => {
        const outcome = store.put(key, parts, signal)
        // Also what "exists": it is the echo of a lost reply, or the same point by another attempt. Locks only grow.
        await outcome.catch(error => {
          if (error.code !== 'OBJECT_EXISTS') throw error
        })
        if (NEEDED.some(prefix => key.startsWith(prefix))) await this.#lockNew(key)
        await outcome
      },
    }
  }

  /**
   * Before anything is sent: what the store says of itself, and the keys, without which no point can be read.
   * @throws `LOCK_UNSUPPORTED`, `LOCK_NOT_KEPT`, `LOCK_MODE_FIXED`
   */
  async begin(): Promise<void> {
    const { defaultRetention } = await this.#askSupport()
    if (defaultRetention?.mode === 'governance' && this.#policy.mode === 'compliance')
      throw new LockModeFixedError(`Every new object of ${this.#store.address}`)
    await this.#secureKeys()
  }

  /**
   * Step 4 of the write order: after this every object that the commit record is going to rely on is locked for as long as the
   * policy says, as the store itself shows.
   * @param packs all that the point needs, its own and reused ones
   */
  async settle(packs: Iterable<Pick<PackRef, 'ulid' | 'kind'>>): Promise<void> {
    await this.#askSupport() // its time again: a job may take days
    await this.#secureKeys()
    await inParallel(REQUESTS, packs, ({ kind, ulid }) => this.#secure(packName(kind, ulid)))
  }

  /** For a point that is there already: another attempt may have ended between its commit record and the lock on it. */
  async settlePoint(point: { key: string; packs: ReadonlyMap<string, PackRef> }): Promise<void> {
    await this.settle(point.packs.values())
    await this.#secure(point.key)
  }

  async #askSupport() {
    const support = await assertLocks(this.#store)
    this.#time.learn(support.time)
    return support
  }

  async #secureKeys(): Promise<void> {
    for await (const { key } of this.#store.list(PREFIX.repo)) await this.#secure(key)
    // The lock of a retired slot has to end some day.
    for (const key of await livingSlots(this.#store, this.#keys))
      await this.#secure(key).catch(error => {
        // Retired since we listed: no reason for a backup to fail.
        if (!(error instanceof ObjectNotFoundError)) throw error
      })
  }

  async #secure(key: string): Promise<void> {
    const { mode } = this.#policy
    const required = requiredUntil(this.#time.now(), this.#policy)
    if ((this.#own.get(key) ?? 0) >= required) return
    if (fulfils(await this.#store.retention(key), { mode, until: required })) return
    await this.#lock(key)
    this.statistics.extensions++
  }

  async #lockNew(key: string): Promise<void> {
    this.#own.set(key, await this.#lock(key))
    this.statistics.objects++
  }

  /** @returns until when, as the store shows it */
  async #lock(key: string): Promise<number> {
    const wanted = { mode: this.#policy.mode, until: lockUntil(this.#time.now(), this.#policy) }
    await this.#store.retain(key, wanted.until, wanted.mode)
    const found = await this.#store.retention(key)
    if (!found || !fulfils(found, wanted)) throw new LockNotKeptError(key, wanted, found)
    return found.until
  }
}
