import { queryAll, retryOnConflict, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { nextAttempt, type Run } from '../runs/run.ts'
import { readRun } from '../runs/runs-catalog.ts'

/**
 * Writes an open run and its unfinished jobs once more, as they are, in the region that took over. Between regions the later write of an item
 * wins, item by item: without this, half of a write that the lost region had made and not yet sent could arrive when it is back, and close a
 * run here whose jobs are open, or the other way round.
 *
 * The run goes on with its next attempt. Names of executions are taken for 90 days, so a run that comes back to a region in which it has been before could
 * not be started there again under a former one; and what still executes in the lost region counts no more.
 * @param epoch of the regions; a run that was written under it already is left alone
 * @returns the run as it stands then
 * @throws `RUN_NOT_FOUND`
 */
export const reassertRun = async (catalog: Catalog, runId: string, epoch: number): Promise<Run> => {
  const found = (await readRun(catalog, runId)).value
  if ((found.regionEpoch ?? 0) >= epoch) return found
  await retryOnConflict(async () => {
    const jobs = await Array.fromAsync(queryAll<Job>(catalog, keys.job(runId, '').pk))
    await writeInBatches(
      catalog,
      jobs
        .filter(({ value }) => value.state !== 'finished')
        .map(({ pk, sk, value, version }) => ({
          kind: 'put',
          key: { pk, sk },
          value,
          expect: { version },
        })),
    )
  })
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
