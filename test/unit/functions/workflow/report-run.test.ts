import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import type { BootCheckResult } from '#core/contracts/boot-check.ts'
import { CatalogUnavailableError } from '#core/errors/catalog.ts'
import { putPoint, readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import { createRun, readRun } from '#core/runs/runs-catalog.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { RUN, runOf, specOf } from '#test/support/ended-run.ts'
import { POOL, pointOf } from '#test/support/fake-gateway.ts'

const auditCopy = { chain: 'test', open: async () => memoryObjectStore() }

test('a run does not end before what its boot checks found is with their points, wherever its last task died', async () => {
  const memory = memoryCatalog()
  const pointId = '01J0000000000000000000P000'
  const jobId = '01J0000000000000000000J000'
  const { poolUuid, vmUuid, vmName } = specOf(0)
  await putPoint(memory, pointOf(pointId, specOf(0)))
  const result: BootCheckResult = {
    ...{ kind: 'boot-check', jobId, verdict: 'tools', at: 5, poolUuid: POOL, version: '1' },
    sentence: 'It booted.',
  }
  const spec = { kind: 'boot-check' as const, poolUuid, vmUuid, vmName, pointId }
  const job = newJob(jobId, RUN, { ...spec, timeoutSeconds: 900, guestVerdict: false } as never, 0)
  const outcome = { status: 'boot-checked' as const, result, notes: [] }
  await createRun(memory, runOf({ kind: 'boot-check' }), [finishJob(job, outcome as never, 6)])

  let isDown = true
  const catalog: Catalog = {
    ...memory,
    write: async writes => {
      if (isDown && writes.some(({ key }) => key.pk === keys.point(pointId).pk))
        throw new CatalogUnavailableError('write')
      await memory.write(writes)
    },
  }
  const report = reportRun({ catalog, clock: { now: () => 9 }, random: systemRandom, auditCopy })
  await expect(report({ runId: RUN })).rejects.toMatchObject({ code: 'CATALOG_UNAVAILABLE' })
  expect((await readRun(memory, RUN)).value.state).toBe('running')
  isDown = false
  await report({ runId: RUN })
  expect((await readRun(memory, RUN)).value.state).toBe('succeeded')
  expect((await readPoint(memory, pointId)).bootCheck).toMatchObject({ verdict: 'tools' })
})
