import { keys } from '../catalog/keys.ts'
import type { JobSpec } from '../contracts/jobs.ts'
import type { CatalogKey, CatalogWrite } from '../ports.ts'
import type { Replica } from '../replication/replica.ts'
import type { Job } from '../runs/job.ts'

/**
 * That something reads a point, or any point of a VM, or will. Found by what is read, so that a removal looks at few items however much is under way. It is
 * only the way to whoever reads, who is asked before it counts (in-use.ts).
 */
export type Use =
  | { runId: string; jobId: string }
  | { replicaId: string }
  | { siteRestoreId: string }
  | { componentUuid: string; guestUuid: string }

/** What a job reads: ids of points; UUIDs of VMs, where any of their points may be meant. */
const readBy = (spec: JobSpec): string[] => {
  switch (spec.kind) {
    case 'restore-vm':
    case 'restore-new-disks':
    case 'rehearse-pool-restore':
    case 'boot-check':
    case 'read-files':
    case 'read-site-plan':
    case 'restore-component':
      return [spec.pointId]
    // A round reads the newest point that can be read when it begins, and the one that the standby holds.
    case 'replicate':
    // The VM may be lost: none of its points goes while somebody is bringing it up elsewhere.
    case 'failover':
    case 'test-failover':
      return [spec.vmUuid]
    case 'fail-back':
      return [spec.pointId, ...(spec.heldPointId === undefined ? [] : [spec.heldPointId])]
    case 'rejoin':
      return [spec.point.pointId]
    default:
      return []
  }
}

/** What a standby needs: by the point that it holds its next round, or the way back, copies only what differs. One that was stopped may have to be written anew. */
export const neededBy = ({ phase, standby, failback }: Replica): string[] =>
  phase === 'stopped'
    ? []
    : [standby?.pointId, failback?.pointId].filter(pointId => pointId !== undefined)

const jobKeys = ({ jobId, spec }: Pick<Job, 'jobId' | 'spec'>): CatalogKey[] =>
  readBy(spec).map(id => keys.use(id, `job#${jobId}`))

/** To be written no later than the job. */
export const useWrites = (job: Pick<Job, 'jobId' | 'runId' | 'spec'>): CatalogWrite[] => {
  const value: Use = { runId: job.runId, jobId: job.jobId }
  return jobKeys(job).map(key => ({ kind: 'put', key, value, expect: 'any' }))
}

/** To be written with the end of the job. */
export const endOfUse = (job: Pick<Job, 'jobId' | 'spec'>): CatalogWrite[] =>
  jobKeys(job).map(key => ({ kind: 'delete', key, expect: 'any' }))

/** To be written with a change of a replica. */
export const replicaUseWrites = (before: Replica | undefined, after: Replica): CatalogWrite[] => {
  const { replicaId } = after
  const needed = new Set(neededBy(after))
  const value: Use = { replicaId }
  const keyOf = (pointId: string) => keys.use(pointId, `replica#${replicaId}`)
  const gone = new Set(before ? neededBy(before).filter(id => !needed.has(id)) : [])
  return [
    ...[...needed].map(id => ({
      ...{ kind: 'put' as const, key: keyOf(id), value, expect: 'any' as const },
    })),
    ...[...gone].map(id => ({ kind: 'delete' as const, key: keyOf(id), expect: 'any' as const })),
  ]
}
