import type { RemovePointsSpec } from '../contracts/maintenance.ts'
import type { Catalog } from '../ports.ts'
import { holdText, readHoldOn } from './holds.ts'
import { inUse } from './in-use.ts'
import { markRemoval, unmarkRemoval, wouldBeLast } from './removals.ts'
import { keptByPolicy } from './retention-plan.ts'

const LAST =
  'It is the last recovery point of its VM, beside those that are being removed just now.'

/**
 * Decides, at the last moment, whether a job may remove a point. Who removes writes its mark first and then looks for holds; who places a hold
 * writes it first and then looks for marks (place-hold.ts). So one of the two always sees the other, however close they come.
 * @returns why the point stays, one sentence; nothing where it may go
 */
export const confirmRemoval = async (
  catalog: Catalog,
  { jobId, evenLast = false }: { jobId: string; evenLast?: boolean | undefined },
  point: RemovePointsSpec['points'][number],
  now: number,
): Promise<string | undefined> => {
  await markRemoval(catalog, point.pointId, { jobId, at: now })
  const hold = await readHoldOn(catalog, point, now)
  const because = hold
    ? holdText(hold)
    : ((await inUse(catalog, point, now)) ??
      (await keptByPolicy(catalog, point, now)) ??
      (!evenLast && (await wouldBeLast(catalog, point, now)) ? LAST : undefined))
  if (because !== undefined) await unmarkRemoval(catalog, point.pointId, jobId)
  return because
}
