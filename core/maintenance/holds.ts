import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Held, HoldView } from '../contracts/holds-api.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog, CatalogKey } from '../ports.ts'

/** Somebody forbade that a point, or any point of a VM, is deleted (ms since 1970). */
export type Hold = Omit<HoldView, 'lock'>

const keyOf = (on: Held): CatalogKey =>
  'pointId' in on ? keys.hold('point', on.pointId) : keys.hold('vm', on.vmUuid)

export const placeHold = async (catalog: Catalog, on: Held, hold: Hold): Promise<void> =>
  catalog.write([{ kind: 'put', key: keyOf(on), value: hold, expect: 'any' }])

/** @returns whether there was one */
export const releaseHold = async (catalog: Catalog, on: Held): Promise<boolean> => {
  const key = keyOf(on)
  const item = await catalog.get<Hold>(key)
  if (!item) return false
  await catalog.write([{ kind: 'delete', key, expect: { version: item.version } }])
  return true
}

/** All of them: they are few. */
export const readHolds = async (catalog: Catalog): Promise<Hold[]> =>
  (await Array.fromAsync(queryAll<Hold>(catalog, keys.hold('vm', '').pk))).map(({ value }) => value)

/** Its last day is over: it stays in the list until somebody releases it, and keeps nothing. */
export const hasEnded = ({ until }: Pick<Hold, 'until'>, now: number): boolean =>
  until !== undefined && until <= now

/** @returns the hold that keeps the point now */
export const holdOn = (
  { pointId, vmUuid }: Pick<PointSummary, 'pointId' | 'vmUuid'>,
  holds: readonly Hold[],
  now: number,
): Hold | undefined =>
  holds.find(hold => (hold.pointId === pointId || hold.vmUuid === vmUuid) && !hasEnded(hold, now))

/** @returns the holds on this very point and its VM, ended ones too, without reading the others */
export const readHoldsOn = async (
  catalog: Catalog,
  point: Pick<PointSummary, 'pointId' | 'vmUuid'>,
): Promise<Hold[]> => {
  const found = await Promise.all([
    catalog.get<Hold>(keys.hold('point', point.pointId)),
    catalog.get<Hold>(keys.hold('vm', point.vmUuid)),
  ])
  return found.flatMap(item => (item ? [item.value] : []))
}

export const readHoldOn = async (
  catalog: Catalog,
  point: Pick<PointSummary, 'pointId' | 'vmUuid'>,
  now: number,
): Promise<Hold | undefined> => holdOn(point, await readHoldsOn(catalog, point), now)

/** Why a held point stays, in one sentence. */
export const holdText = ({ reason, by, at, until }: Hold): string =>
  `A legal hold of ${by} of ${day(at)} keeps it${until === undefined ? '' : ` until ${day(until)}`}: ${reason}`.slice(
    0,
    500,
  )

const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10)
