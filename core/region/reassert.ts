import { queryAll, retryOnConflict, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import type { Run } from '../runs/run.ts'
import { readRun } from '../runs/runs-catalog.ts'

/**
 * Writes an open run and its unfinished jobs once more, as they are, in the region that took over. Between regions the later write of an item
 * wins, item by item: without this, half of a write that the lost region had made and not yet sent could arrive when it is back, and close a
 * run here whose jobs are open, or the other way round.
 * @param epoch of the regions; a run that was written under it already is left alone
 * @throws `RUN_NOT_FOUND`
 */
export const reassertRun = async (
  catalog: Catalog,
  runId: string,
  epoch: number,
): Promise<void> => {
  if (((await readRun(catalog, runId)).value.regionEpoch ?? 0) >= epoch) return
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
  await retryOnConflict(async () => {
    const { value, version } = await readRun(catalog, runId)
    if (value.state !== 'running') return
    const after: Run = { ...value, regionEpoch: epoch }
    await catalog.write([
      { kind: 'put', key: keys.run(runId), value: after, expect: { version } },
      { kind: 'put', key: keys.openRun(runId), value: {}, expect: 'any' },
    ])
  })
}
