import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { ulidMaker } from '#core/ids.ts'
import type { Catalog } from '#core/ports.ts'
import { reassertRun } from '#core/region/reassert.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import { changeJob } from '#core/runs/jobs-catalog.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { RUN, runOf, specOf } from '#test/support/ended-run.ts'

test('each open job of a run is written once more, also while others are reported on', async () => {
  const memory = memoryCatalog()
  const newId = ulidMaker({ clock: { now: () => 1 }, random: systemRandom })
  const jobs = Array.from({ length: 450 }, (_, n) => newJob(newId(), RUN, specOf(n), 0))
  await createRun(memory, runOf(), jobs)
  const ids = jobs.map(({ jobId }) => jobId)
  const cancelled = { status: 'cancelled' } as const
  await changeJob(memory, ids[0] ?? '', job => finishJob(job, cancelled, 1))

  // A gateway tells of one of the jobs before each write of 50 of them.
  let told = 0
  const catalog: Catalog = {
    ...memory,
    write: async list => {
      if (list.length > 2)
        await changeJob(memory, ids[++told * 50 - 10] ?? '', job => ({ ...job, progressAt: told }))
      await memory.write(list)
    },
  }
  const run = await reassertRun(catalog, RUN, { epoch: 1, now: 0 })
  expect(run).toMatchObject({ regionEpoch: 1, attempt: 1 })
  const versionOf = async (jobId: string) => (await memory.get(keys.job(RUN, jobId)))?.version ?? 0
  expect(await versionOf(ids[0] ?? '')).toBe(2)
  for (const jobId of ids.slice(1)) expect(await versionOf(jobId)).toBeGreaterThan(1)
  // What was reported on is written after that, and the others not again for its sake.
  expect(await versionOf(ids[40] ?? '')).toBe(3)
  expect(await versionOf(ids[1] ?? '')).toBe(2)
})
