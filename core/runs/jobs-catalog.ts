import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { JobNotFoundError } from '../errors/control.ts'
import { endOfUse, useWrites } from '../maintenance/uses.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import type { Job } from './job.ts'
import { findJob, type OpenJob, openJob } from './open-job.ts'
import { tallyWrites } from './tally.ts'
import { queueOf } from './work-of.ts'

/** @throws `JOB_NOT_FOUND` */
export const readJob = async (catalog: Catalog, jobId: string): Promise<CatalogItem<Job>> => {
  const item = await findJob(catalog, jobId)
  if (!item) throw new JobNotFoundError(jobId)
  return item
}

/** All jobs of a run in the order they were asked for. */
export const readJobs = async (catalog: Catalog, runId: string): Promise<Job[]> =>
  (await Array.fromAsync(queryAll<Job>(catalog, keys.job(runId, '').pk))).map(item => item.value)

/**
 * Applies a transition to the job as it stands. The job is the authority; the index entry of its queue and the tally of its run follow in the same write.
 * @param transition pure; may be called again when somebody else wrote in between
 * @returns the job after the transition
 * @throws `JOB_NOT_FOUND`, and what the transition throws
 */
export const changeJob = (
  catalog: Catalog,
  jobId: string,
  transition: (job: Job) => Job,
): Promise<Job> =>
  retryOnConflict(async () => {
    const item = await readJob(catalog, jobId)
    const after = transition(item.value)
    if (after === item.value) return after
    const ends = after.state === 'finished' && item.value.state !== 'finished'
    await catalog.write([
      ...jobWrites(item, after),
      ...(ends ? await tallyWrites(catalog, after) : []),
    ])
    return after
  })

/** Puts the job where gateways look for work, and remembers who waits for it, if anybody does. */
export const dispatchJob = (catalog: Catalog, jobId: string, taskToken?: string): Promise<Job> =>
  retryOnConflict(async () => {
    const item = await readJob(catalog, jobId)
    if (item.value.state === 'finished') return item.value
    const after: Job = { ...item.value, ...(taskToken !== undefined && { taskToken }) }
    await catalog.write([
      ...jobWrites(item, after),
      ...useWrites(after), // jobs that an older version made have none
      {
        kind: 'put',
        key: keys.openJob(queueOf(after.spec), jobId),
        value: openJob(after),
        expect: 'any',
      },
    ])
    return after
  })

/**
 * All jobs of a run, those that ended well cut down to what a verdict needs: 10,000 of them take some 10 MB.
 * @returns in the order they were asked for
 */
export const readBriefs = (catalog: Catalog, runId: string): Promise<Job[]> =>
  Array.fromAsync(queryAll<Job>(catalog, keys.job(runId, '').pk, { page: 200 }), item =>
    brief(item.value),
  )

const brief = (job: Job): Job => {
  if (job.outcome?.status !== 'backed-up') return job
  const { progress: _, pace: _pace, ...rest } = job
  return { ...rest, outcome: { ...job.outcome, point: { ...job.outcome.point, disks: [] } } }
}

/** Ids of the jobs of a run that were dispatched to some queues and have not ended. */
export const dispatchedJobs = async (
  catalog: Catalog,
  runId: string,
  queues: readonly string[],
): Promise<string[]> => {
  const found: string[] = []
  for (const queue of queues)
    for await (const open of queryAll<OpenJob>(catalog, keys.openJob(queue, '').pk))
      if (open.value.runId === runId) found.push(open.sk)
  return found
}

/** Job ids of a pool that were dispatched and have not ended. */
export const openJobs = async (catalog: Catalog, poolUuid: string): Promise<string[]> =>
  (await Array.fromAsync(queryAll<OpenJob>(catalog, keys.openJob(poolUuid, '').pk))).map(
    item => item.sk,
  )

/** @returns those of the jobs that are there and have not ended */
export const openAmong = async (catalog: Catalog, jobIds: readonly string[]): Promise<Job[]> => {
  const open: Job[] = []
  for (const jobId of new Set(jobIds)) {
    const item = await findJob(catalog, jobId)
    if (item && item.value.state !== 'finished') open.push(item.value)
  }
  return open
}

const jobWrites = (item: CatalogItem<Job>, after: Job): CatalogWrite[] => [
  {
    kind: 'put',
    key: { pk: item.pk, sk: item.sk },
    value: after,
    expect: { version: item.version },
  },
  ...(after.state === 'finished'
    ? [
        {
          kind: 'delete' as const,
          key: keys.openJob(queueOf(after.spec), after.jobId),
          expect: 'any' as const,
        },
        ...endOfUse(after),
      ]
    : begins(item.value, after)
      ? [
          {
            kind: 'put' as const,
            key: keys.openJob(queueOf(after.spec), after.jobId),
            value: openJob(after),
            expect: 'any' as const,
          },
        ]
      : []),
]

/** Jobs without a limit cost no write more. */
const begins = (before: Job, after: Job): boolean =>
  after.jobsAtOnce !== undefined && after.state === 'leased' && before.state !== 'leased'
