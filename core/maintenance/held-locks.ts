import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { type ConfirmHeldReply, type HoldLock, OPEN_HOLD_DAYS } from '../contracts/held-locks.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { type Hold, hasEnded, holdOn, readHolds } from './holds.ts'

const HOUR = 3_600_000 // ms
const DAY = 24 * HOUR

/** What came of locking a held point, and when it is looked at again (ms since 1970). */
export interface HeldLock {
  pointId: string
  vmUuid: string
  at: number
  /** As the store showed it last. */
  lock?: NonNullable<PointSummary['lock']>
  /** Why the last attempt failed. */
  because?: string
  /** The store cannot lock. */
  unsupported?: string
  again: number
}

/** A lock is read back once a day; what failed is tried again after a quarter of a day, and a run that could not begin after a quarter of an hour. */
export const AGAIN_MS = { locked: DAY, failed: 6 * HOUR, notBegun: HOUR / 4 } as const

type Held = Pick<PointSummary, 'pointId' | 'vmUuid'>

/** @returns until when the holds on a point, together, want it to be locked now */
export const heldUntil = (point: Held, holds: readonly Hold[], now: number): ConfirmHeldReply => {
  const on = holds.filter(hold => holdOn(point, [hold], now) !== undefined)
  const ends = on.flatMap(({ until }) => until ?? [])
  return {
    held: on.length > 0,
    ...(ends.length > 0 && { until: Math.max(...ends) }),
    ...(ends.length < on.length && { days: OPEN_HOLD_DAYS }),
  }
}

/** @returns the furthest end that this may mean, ms since 1970; to the end of its day (UTC) where a hold has none */
export const furthestOf = ({ until = 0, days = 0 }: ConfirmHeldReply, now: number): number =>
  Math.max(until, (Math.floor(now / DAY) + 1 + days) * DAY)

export const readHeldLocks = async (catalog: Catalog): Promise<Map<string, HeldLock>> => {
  const all = await Array.fromAsync(queryAll<HeldLock>(catalog, keys.heldLock('').pk))
  return new Map(all.map(({ value }) => [value.pointId, value]))
}

/** Newer attempts stand; what is told twice changes nothing. */
export const putHeldLock = async (catalog: Catalog, found: HeldLock): Promise<void> => {
  const before = (await catalog.get<HeldLock>(keys.heldLock(found.pointId)))?.value
  if (before && before.at > found.at) return
  // A lock that was seen once holds until its end, whatever the next attempt came to.
  const lock = found.lock ?? before?.lock
  const value: HeldLock = { ...found, ...(lock && { lock }) }
  await catalog.write([{ kind: 'put', key: keys.heldLock(found.pointId), value, expect: 'any' }])
}

export const forgetHeldLock = (pointId: string): CatalogWrite => ({
  ...{ kind: 'delete', key: keys.heldLock(pointId), expect: 'any' },
})

/** All points that a hold keeps now. */
export const heldPoints = async (
  catalog: Catalog,
  holds: readonly Hold[],
  now: number,
): Promise<PointSummary[]> => {
  const found = new Map<string, PointSummary>()
  for (const hold of holds)
    for (const point of await pointsUnder(catalog, hold))
      if (holdOn(point, [hold], now)) found.set(point.pointId, point)
  return [...found.values()]
}

/** The points that a hold is on, whether or not it has ended. Those that somebody hid cannot be locked, and are told of elsewhere. */
export const pointsUnder = async (
  catalog: Catalog,
  { pointId, vmUuid }: Pick<Hold, 'pointId' | 'vmUuid'>,
): Promise<PointSummary[]> => {
  if (pointId !== undefined) {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    return item && item.value.vanished === undefined ? [item.value] : []
  }
  const ofVm = queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid ?? '', '').pk)
  const points = (await Array.fromAsync(ofVm)).map(({ value }) => value)
  return points.filter(({ vanished }) => vanished === undefined)
}

/** @param collected when the collector was at work last: it may have put what a point needs into other objects, whose locks are their own */
export const isDue = (kept: HeldLock | undefined, now: number, collected: number): boolean =>
  kept === undefined ||
  kept.again <= now ||
  (kept.because === undefined && kept.at < collected && collected <= now)

/** Why a store cannot lock whatever is asked of it; nothing where it may. */
export const unlockable = (address: string): string | undefined =>
  address.startsWith('file:') ? 'The repository is a directory, which cannot lock.' : undefined

/** @returns whether a lock is as long as the hold wants it at this moment; one without end is prolonged as it goes */
const isEnough = (lock: HeldLock['lock'], { until = 0 }: Hold, now: number): boolean =>
  lock !== undefined && lock.until > now && lock.until >= until

/** How the points under one hold are locked. */
export const holdLockOf = (
  points: readonly Held[],
  locks: ReadonlyMap<string, HeldLock>,
  { hold, now, address }: { hold: Hold; now: number; address: string },
): HoldLock => {
  const because = unlockable(address)
  if (because !== undefined)
    return { state: 'impossible', points: points.length, locked: 0, because }
  const found = points.map(({ pointId }) => locks.get(pointId))
  const enough = found.flatMap(one => (isEnough(one?.lock, hold, now) ? (one?.lock ?? []) : []))
  const ends = enough.map(({ until }) => until)
  const unsupported = found.find(one => one?.unsupported !== undefined)?.unsupported
  const failed = found.find(one => one?.because !== undefined)?.because
  const state =
    unsupported !== undefined
      ? 'impossible'
      : failed !== undefined
        ? 'failed'
        : points.length > 0 && enough.length === points.length
          ? 'locked'
          : 'asked'
  const why = unsupported ?? failed
  return {
    ...{ state, points: points.length, locked: enough.length },
    ...(ends.length > 0 && { until: Math.min(...ends) }),
    ...(why !== undefined && { because: why }),
  }
}

/** Holds with how they are locked. One that has ended asks for nothing any more, and nothing is told of it. */
export const withLocks = async (
  catalog: Catalog,
  holds: readonly Hold[],
  at: { now: number; address: string },
): Promise<(Hold & { lock?: HoldLock })[]> => {
  if (holds.length === 0) return []
  const locks = await readHeldLocks(catalog)
  const found: (Hold & { lock?: HoldLock })[] = []
  for (const hold of holds) {
    if (hasEnded(hold, at.now)) {
      found.push(hold)
      continue
    }
    const points = await pointsUnder(catalog, hold)
    found.push({ ...hold, lock: holdLockOf(points, locks, { hold, ...at }) })
  }
  return found
}

/** @returns what is to be told of each of these points that is held, by its id */
export const heldTexts = async (
  catalog: Catalog,
  points: readonly Held[],
  { now, address }: { now: number; address: string },
): Promise<Map<string, string>> => {
  const holds = await readHolds(catalog)
  const texts = new Map<string, string>()
  if (holds.length === 0) return texts
  const locks = await readHeldLocks(catalog)
  for (const point of points) {
    const hold = holdOn(point, holds, now)
    if (!hold) continue
    const lock = holdLockOf([point], locks, { hold, now, address })
    texts.set(point.pointId, `legal hold: ${holdLockText(lock)}`)
  }
  return texts
}

/** In words: for lists of holds and of points. */
export const holdLockText = ({ state, points, locked, until, because }: HoldLock): string => {
  const ends = until === undefined ? '' : ` until ${day(until)}`
  const some = points === 1 ? '' : `${locked} of ${points} points `
  switch (state) {
    case 'impossible':
      return `NOT LOCKED, the store cannot: ${because ?? ''}`
    case 'failed':
      return `FAILED: ${because ?? ''}${locked > 0 ? ` (${some}locked${ends})` : ''}`
    case 'asked':
      return points === 0 ? 'no point yet' : `asked${locked > 0 ? `, ${some}locked${ends}` : ''}`
    case 'locked':
      return `${points === 1 ? '' : `all ${points} points `}locked${ends}`
  }
}

const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10)
