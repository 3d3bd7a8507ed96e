import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'
import type { Replica } from '../replication/replica.ts'
import { quoted } from '../runs/explain.ts'
import type { Job } from '../runs/job.ts'
import type { Run } from '../runs/run.ts'
import { neededBy, type Use } from './uses.ts'

/** Jobs are stored before their run; those that are without one for longer belong to none. ms */
const RUN_FOLLOWS_WITHIN = 60 * 60_000

/**
 * Whether anything reads the point, or will: a restore, a boot check, work on a standby, those that wait for approval among them, or the standby itself.
 * @returns the sentence that says what needs the point
 */
export const inUse = async (
  catalog: Catalog,
  { pointId, vmUuid }: Pick<PointSummary, 'pointId' | 'vmUuid'>,
  now: number,
): Promise<string | undefined> => {
  for (const id of [pointId, vmUuid])
    for await (const { value } of queryAll<Use>(catalog, keys.use(id, '').pk)) {
      const because =
        'jobId' in value
          ? await readByJob(catalog, value, now)
          : 'replicaId' in value
            ? await neededByReplica(catalog, value.replicaId, pointId)
            : `The restore ${value.siteRestoreId} of a site goes by it.`
      if (because !== undefined) return because
    }
  return undefined
}

const readByJob = async (
  catalog: Catalog,
  { runId, jobId }: Extract<Use, { jobId: string }>,
  now: number,
): Promise<string | undefined> => {
  const job = (await catalog.get<Job>(keys.job(runId, jobId)))?.value
  if (!job || job.state === 'finished') return undefined
  const run = (await catalog.get<Run>(keys.run(runId)))?.value
  if (run?.state === 'waiting') return `The run ${runId} waits for approval, and would read it.`
  const isOpen = run ? run.state === 'running' : now - job.created < RUN_FOLLOWS_WITHIN
  return isOpen ? `The run ${runId} is reading it.` : undefined
}

const neededByReplica = async (
  catalog: Catalog,
  replicaId: string,
  pointId: string,
): Promise<string | undefined> => {
  const replica = (await catalog.get<Replica>(keys.replica(replicaId)))?.value
  if (!replica || !neededBy(replica).includes(pointId)) return undefined
  return `The standby of ${quoted(replica.vmName)} in ${quoted(replica.poolName)} goes on from it.`
}
