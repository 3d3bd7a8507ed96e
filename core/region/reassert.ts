import { isConflict, queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { nextAttempt, type Run } from '../runs/run.ts'
import { readRun } from '../runs/runs-catalog.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { isRepeatable } from './repeatable.ts'

/**
 * Writes an open run and its unfinished jobs once more, as they are, in the region that took over. Between regions the later write of an item
 * wins, item by item: without this, half of a write that the lost region had made and not yet sent could arrive when it is back, and close a
 * run here whose jobs are open, or the other way round.
 *
 * The run goes on with its next attempt. Names of executions are taken for 90 days, so a run that comes back to a region in which it has been before could
 * not be started there again under a former one; and what still executes in the lost region counts no more.
 *
 * A job that must not be done twice is kept from gateways: what the lost region knew of it may not have come over, its end least of all.
 * @param epoch of the regions; a run that was written under it already is left alone
 * @param isLate asked now and then: whether there is no time to go on
 * @returns the run as it stands then; `undefined` where it was late, and all is to be done again
 * @throws `RUN_NOT_FOUND`
 */
export const reassertRun = async (
  catalog: Catalog,
  runId: string,
  { epoch, now, isLate = () => false }: { epoch: number; now: number; isLate?: () => boolean },
): Promise<Run | undefined> => {
  const found = (await readRun(catalog, runId)).value
  if ((found.regionEpoch ?? 0) >= epoch) return found
  if (!(await reassertJobs(catalog, runId, { until: now + HEARD_WITHIN, isLate }))) return undefined
  return retryOnConflict(async () => {
    const { value, version } = await readRun(catalog, runId)
    if (value.state !== 'running' || (value.regionEpoch ?? 0) >= epoch) return value
    const after: Run = { ...nextAttempt(value), regionEpoch: epoch }
    await catalog.write([
      { kind: 'put', key: keys.run(runId), value: after, expect: { version } },
      { kind: 'put', key: keys.openRun(runId), value: {}, expect: 'any' },
    ])
    return after
  })
}

/**
 * So long a gateway has to come with a job that it has under way, in ms: it looks for another region after a minute, unless its settings say more, and tells of its
 * jobs each half minute.
 */
const HEARD_WITHIN = 10 * 60_000

/** A job and the way to it are two of the 100 items of a write. */
const JOBS_AT_ONCE = 50

/** @returns whether it came to the end */
const reassertJobs = async (
  catalog: Catalog,
  runId: string,
  { until, isLate }: { until: number; isLate: () => boolean },
): Promise<boolean> => {
  let open: CatalogItem<Job>[] = []
  for await (const item of queryAll<Job>(catalog, keys.job(runId, '').pk, { page: 200 })) {
    if (item.value.state === 'finished') continue
    open.push(item)
    if (open.length < JOBS_AT_ONCE) continue
    if (isLate()) return false
    await writeAgain(catalog, open, until)
    open = []
  }
  if (open.length > 0) await writeAgain(catalog, open, until)
  return true
}

/** Gateways report on jobs meanwhile: what meets one of them is written job by job, and not the whole run again. */
const writeAgain = async (
  catalog: Catalog,
  items: readonly CatalogItem<Job>[],
  until: number,
): Promise<void> => {
  try {
    await catalog.write(items.flatMap(item => asItIs(item, until)))
  } catch (error) {
    if (!isConflict(error)) throw error
    await someAtOnce(items, ({ pk, sk }) =>
      retryOnConflict(async () => {
        const item = await catalog.get<Job>({ pk, sk })
        if (item && item.value.state !== 'finished') await catalog.write(asItIs(item, until))
      }),
    )
  }
}

/** With the way to the job, which may not have come over with it. */
const asItIs = (
  { pk, sk, value: job, version }: CatalogItem<Job>,
  until: number,
): CatalogWrite[] => {
  const value: Job = isRepeatable(job.spec) ? job : { ...job, perhapsDoneUntil: until }
  return [
    { kind: 'put', key: { pk, sk }, value, expect: { version } },
    { kind: 'put', key: keys.jobOwner(job.jobId), value: { runId: job.runId }, expect: 'any' },
  ]
}
