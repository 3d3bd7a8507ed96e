import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { findJob, type OpenJob } from '../runs/open-job.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { FILES_QUEUE, guestQueue, REPOSITORY_QUEUE } from '../runs/work-of.ts'
import type { Gateway } from './gateway.ts'

/** Of each queue so many jobs are looked at beside those that it named: taken since it was noted what it holds. */
const LOOKED_AT = 32

/** The jobs that are given to a gateway now, in the order they were asked for. Nothing is written for it when jobs come and go. */
export const jobsInHand = async (
  catalog: Catalog,
  { gatewayId, pools, guest, holding = [] }: Gateway,
): Promise<Job[]> => {
  const queues = guest
    ? [guestQueue(guest.guestUuid)]
    : [...pools.map(({ uuid }) => uuid), REPOSITORY_QUEUE, FILES_QUEUE]
  const pages = await Promise.all(
    queues.map(queue => catalog.query<OpenJob>(keys.openJob(queue, '').pk, { limit: LOOKED_AT })),
  )
  const open = pages.flatMap(({ items }) => items.map(({ sk }) => sk))
  const jobs = await someAtOnce(
    [...new Set([...holding, ...open])],
    async jobId => (await findJob(catalog, jobId))?.value,
  )
  return jobs
    .filter(job => job !== undefined)
    .filter(({ state, lease }) => state === 'leased' && lease?.gatewayId === gatewayId)
    .sort((a, b) => (a.jobId < b.jobId ? -1 : 1))
}
