import { LockNotKeptError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { RetainingStore, Retention } from '#core/ports.ts'
import { fulfils } from '#core/retention.ts'
import type { Engine } from '../engine.ts'
import { PREFIX } from '../format/names.ts'
import type { Point } from '../point.ts'
import { inParallel } from '../read/in-parallel.ts'
import { lockUntil, requiredUntil } from './generation.ts'
import { neededObjects } from './locked-until.ts'
import { asRetaining, assertLocks } from './point-locks.ts'

/** How long a point has to be locked, at least: the later of the two. */
export interface ProlongRequest {
  /** milliseconds since 1970 */
  until?: number | undefined
  /** whole days from now on, by the store's clock */
  days?: number | undefined
  store: RetainingStore
  /** What the store showed of objects by now, by their keys: points share packs, and each is asked for once. Goes on being filled. */
  known: Map<string, Retention>
  signal?: AbortSignal | undefined
}

/** No better than the weakest of all objects that the point needs. */
export type ProlongedLock = Retention & {
  /** when it was begun, ms since 1970 by the clock of this machine */ asked: number
}

/** @throws as `Repository.prolongLock` */
export const prolongLock = async (
  engine: Engine,
  point: Point,
  { until = 0, days, store: given, known, signal }: ProlongRequest,
): Promise<ProlongedLock> => {
  const store = asRetaining(given)
  const now = (await assertLocks(store)).time ?? engine.clock.now()
  const policy = days === undefined ? undefined : { mode: 'governance' as const, days }
  const required = Math.max(until, policy ? requiredUntil(now, policy) : 0)
  const wanted: Retention = {
    mode: 'governance',
    until: Math.max(until, policy ? lockUntil(now, policy) : 0),
  }
  const asked = engine.clock.now()
  const secured = new Map<string, Retention>()
  const retired = new Set<string>()
  const secure = async (key: string): Promise<void> => {
    signal?.throwIfAborted()
    const before = known.get(key) ?? (await retentionOf(store, key))
    if (before === 'gone') {
      retired.add(key)
      return
    }
    const found = fulfils(before, { ...wanted, until: required })
      ? (before as Retention)
      : await extend(store, key, wanted)
    known.set(key, found)
    secured.set(key, found)
  }
  // Until nothing is left: the collector may have put what the point needs into other objects meanwhile.
  for (;;) {
    const needed = (await neededObjects(engine, point, store)).filter(key => !retired.has(key))
    const left = needed.filter(key => !secured.has(key))
    if (left.length === 0) return weakestOf(needed, secured, asked)
    await inParallel(engine.tuning.requests, left, secure)
  }
}

/** A slot that was retired since it was listed is not needed any more. */
const retentionOf = (store: RetainingStore, key: string): Promise<Retention | 'gone' | undefined> =>
  store.retention(key).catch(error => {
    if (error instanceof ObjectNotFoundError && key.startsWith(PREFIX.keys)) return 'gone' as const
    throw error
  })

/** @returns the lock as the store shows it; that it took one is no proof */
const extend = async (
  store: RetainingStore,
  key: string,
  wanted: Retention,
): Promise<Retention> => {
  await store.retain(key, wanted.until, wanted.mode)
  const found = await store.retention(key)
  if (!found || !fulfils(found, wanted)) throw new LockNotKeptError(key, wanted, found)
  return found
}

const weakestOf = (
  needed: readonly string[],
  secured: ReadonlyMap<string, Retention>,
  asked: number,
): ProlongedLock => {
  const all = needed.flatMap(key => secured.get(key) ?? [])
  return {
    until: Math.min(...all.map(({ until }) => until)),
    mode: all.some(({ mode }) => mode === 'governance') ? 'governance' : 'compliance',
    asked,
  }
}
