import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'
import { readJob } from '../runs/jobs-catalog.ts'

/** That a job may be deleting a point just now. */
export interface Removal {
  jobId: string
  at: number
}

/** Whether the job that left a mark goes on; one that is over has left it by accident. */
export const isAtWork = (catalog: Catalog, { jobId }: Removal): Promise<boolean> =>
  readJob(catalog, jobId).then(
    ({ value }) => value.state !== 'finished',
    () => false,
  )

/**
 * Whether the VM would have no other point when this one is gone, and those that may be going just now, by whichever job. To be asked when the point
 * bears its own mark: of two jobs that remove the last two points at least one sees the other.
 */
export const wouldBeLast = async (
  catalog: Catalog,
  { pointId, vmUuid }: Pick<PointSummary, 'pointId' | 'vmUuid'>,
): Promise<boolean> => {
  for await (const { value } of queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk)) {
    if (value.pointId === pointId || value.vanished !== undefined) continue
    const mark = (await catalog.get<Removal>(keys.removal(value.pointId)))?.value
    if (!mark || !(await isAtWork(catalog, mark))) return false
  }
  return true
}
