import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'
import type { Replica } from '../replication/replica.ts'
import { type StoredComponentRestore, standingOf } from '../restore/component-restore.ts'
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
            : 'siteRestoreId' in value
              ? `The restore ${value.siteRestoreId} of a site goes by it.`
              : await openRestore(catalog, value, pointId, now)
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

/** A restore of a component that failed may be gone on with for so long. ms */
const GOES_ON_WITHIN = 7 * 86_400_000

const openRestore = async (
  catalog: Catalog,
  { guestUuid, componentUuid }: Extract<Use, { componentUuid: string }>,
  pointId: string,
  now: number,
): Promise<string | undefined> => {
  const key = keys.componentRestore(guestUuid, componentUuid)
  const open = await catalog.get<StoredComponentRestore>(key)
  if (open?.value.pointId !== pointId) return undefined
  const standing = await standingOf(catalog, open.value.runId)
  if (standing.state === 'person')
    return `The restore of a component waits for a person, as its run ${standing.run.runId} says, and goes on from it.`
  // Of one that is at work, its job says so.
  if (standing.state !== 'failed') return undefined
  return now - (standing.run.ended ?? now) < GOES_ON_WITHIN
    ? `The restore of a component by the run ${open.value.runId} may be gone on with.`
    : undefined
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
