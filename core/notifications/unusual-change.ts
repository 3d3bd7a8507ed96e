import type { PointSummary } from '../contracts/points.ts'
import type { CatalogWrite } from '../ports.ts'
import { announcement } from './announce.ts'

/** A point that comes into the catalog later than this, in ms, is none that was just made: a catalog that is filled anew tells nothing of the past. */
const NEWS_MS = 24 * 60 * 60_000

/**
 * What is told of a point that comes into the catalog: that it is unusual by more than one sign. One sign alone is shown with the point and told to nobody, since a
 * large update does as much.
 */
export const unusualChangeWrites = (
  { pointId, vmUuid, vmName, taken, committed, policyId, unusual }: PointSummary,
  { now, nextId }: { now: number; nextId: () => string },
): CatalogWrite[] => {
  if (!unusual || unusual.signs.length < 2 || now - committed > NEWS_MS) return []
  return announcement({
    ...{ kind: 'unusual-change', eventId: nextId(), at: now, vmUuid, name: vmName },
    ...{ pointId, taken, ...(policyId && { policyId }), ...unusual },
  })
}
