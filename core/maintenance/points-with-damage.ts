import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'
import { readRepositoryState } from './state.ts'

/** Ids of the points that the last verification found damage in. */
export const damagedPoints = async (catalog: Catalog): Promise<ReadonlySet<string>> =>
  new Set((await readRepositoryState(catalog)).verification?.report.affected)

/** All points of a VM, the oldest first; those that are damaged say so: retention counts them differently, and nobody should be told to restore one. */
export const pointsWithDamage = async (
  catalog: Catalog,
  vmUuid: string,
  damaged: ReadonlySet<string>,
): Promise<PointSummary[]> =>
  (await Array.fromAsync(queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk))).map(
    ({ value }) => (damaged.has(value.pointId) ? { ...value, damaged: true } : value),
  )
