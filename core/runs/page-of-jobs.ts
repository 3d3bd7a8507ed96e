import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import { isGood, type Job } from './job.ts'

/** Jobs that one call looks at, at most, where only some are asked for: some 6 MB of them. */
const LOOKED_AT = 2_000
/** Jobs that are read at once then. */
const PAGE = 200

const WANTED = {
  open: ({ state }: Job) => state !== 'finished',
  troubled: ({ state, outcome }: Job) => state === 'finished' && !isGood(outcome),
} as const

/**
 * Jobs of a run in the order they were asked for, a page at a time.
 * @param only those that have not ended, or that ended otherwise than well
 * @returns `next` also where fewer were found than asked for
 */
export const pageOfJobs = async (
  catalog: Catalog,
  runId: string,
  { limit, after }: { limit: number; after?: string | undefined },
  only?: keyof typeof WANTED,
): Promise<{ jobs: Job[]; next?: string }> => {
  const { pk } = keys.job(runId, '')
  const jobs: Job[] = []
  let at = after
  for (let looked = 0; looked < LOOKED_AT; ) {
    const size = only ? PAGE : limit
    const page = await catalog.query<Job>(pk, {
      limit: size,
      ...(at !== undefined && { after: at }),
    })
    for (const [index, { sk, value }] of page.items.entries()) {
      at = sk
      if (only && !WANTED[only](value)) continue
      jobs.push(value)
      const isLast = page.next === undefined && index === page.items.length - 1
      if (jobs.length === limit) return isLast ? { jobs } : { jobs, next: sk }
    }
    if (page.next === undefined || at === undefined) return { jobs }
    looked += page.items.length
  }
  return at === undefined ? { jobs } : { jobs, next: at }
}
