import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { LockMode, ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { PREFIX, packName } from '../format/names.ts'
import { livingSlots } from '../keys/retirements.ts'
import type { Point } from '../point.ts'
import { inParallel } from '../read/in-parallel.ts'
import { asRetaining } from './point-locks.ts'

/** How far a point is locked, by what the store shows now: no better than the weakest object that it needs. */
export interface PointLock {
  /** milliseconds since 1970, by the store's clock; maybe past. `undefined`: at least one object has no lock at all */
  until: number | undefined
  /** `governance` as soon as one object is locked so */
  mode: LockMode | undefined
  /** The name of an object that decides `until`. */
  weakest: string
  /** When the store was asked, milliseconds since 1970, by the clock of this machine. */
  asked: number
}

/** @returns the keys of all that a point needs now: commit record, packs, bootstrap, living key slots */
export const neededObjects = async (
  engine: Engine,
  of: Point,
  store: ObjectStore,
): Promise<string[]> => {
  await engine.moves.refresh(engine)
  const point = engine.moves.resolvePoint(of)
  const keys = [point.key]
  for (const { kind, ulid } of point.packs.values()) keys.push(packName(kind, ulid))
  for await (const { key } of store.list(PREFIX.repo)) keys.push(key)
  return [...keys, ...(await livingSlots(store, engine.keys))]
}

/**
 * Asks the store for the lock of every object that the point needs: commit record, packs, bootstrap, living key slots.
 * @throws `OBJECT_NOT_FOUND` when one of them is gone
 */
export const readPointLock = async (engine: Engine, of: Point): Promise<PointLock> => {
  const store = asRetaining(engine.store)
  const asked = engine.clock.now()
  const keys = await neededObjects(engine, of, store)

  let weakest: { key: string; until: number } | undefined
  let governance = false
  await inParallel(engine.tuning.requests, keys, async key => {
    if (weakest?.until === 0) return // no object can be weaker than one without a lock
    const found = await store.retention(key).catch(error => {
      // A slot that was retired since we listed is not needed any more.
      if (error instanceof ObjectNotFoundError && key.startsWith(PREFIX.keys))
        return 'gone' as const
      throw error
    })
    if (found === 'gone') return
    const until = found?.until ?? 0
    governance ||= found?.mode === 'governance'
    if (!weakest || until < weakest.until) weakest = { key, until }
  })
  const { key, until } = weakest as unknown as { key: string; until: number }
  if (until === 0) return { until: undefined, mode: undefined, weakest: key, asked }
  return { until, mode: governance ? 'governance' : 'compliance', weakest: key, asked }
}
