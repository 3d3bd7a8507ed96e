import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { keys } from '#core/catalog/keys.ts'
import { NotificationEvent } from '#core/contracts/notifications.ts'
import { XenkeepError } from '#core/errors/base.ts'
import type { Catalog } from '#core/ports.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { backedUp, putDoneRun, RUN, srFull } from '#test/support/ended-run.ts'

const portsOn = (catalog: Catalog) => ({
  catalog,
  clock: { now: () => 5_000 },
  random: { bytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)) },
  auditCopy: { chain: 'test', open: async () => memoryObjectStore() },
})
const eventsIn = async (catalog: Catalog) =>
  (await catalog.query<{ event: unknown }>(keys.outbox('').pk)).items.map(({ value }) =>
    NotificationEvent.parse(value.event),
  )

test('what a run came to is announced once, however often its last task is run', async () => {
  const catalog = memoryCatalog()
  await putDoneRun(catalog, [
    backedUp(0),
    srFull,
    { status: 'skipped', reason: 'It has no disks.' },
  ])
  const report = reportRun(portsOn(catalog))
  await Promise.all([report({ runId: RUN }), report({ runId: RUN }), report({ runId: RUN })])
  await report({ runId: RUN })

  const events = await eventsIn(catalog)
  expect(events).toMatchObject([
    {
      kind: 'run-warning',
      runId: RUN,
      counts: { good: 1, failed: 1, skipped: 1, cancelled: 0 },
      troubles: [
        { name: 'vm1', problem: { code: 'SR_FULL' } },
        { name: 'vm2', line: 'skipped: It has no disks.' },
      ],
    },
  ])
})

test('a run is not closed without its announcement', async () => {
  const memory = memoryCatalog()
  await putDoneRun(memory, [srFull])
  const down = new (class extends XenkeepError {
    readonly code = 'CATALOG_UNAVAILABLE'
  })('down', { advice: 'Wait.', retryable: true })
  const catalog: Catalog = {
    ...memory,
    write: async writes => {
      if (writes.some(({ key }) => key.pk === keys.outbox('').pk)) throw down
      await memory.write(writes)
    },
  }
  await expect(reportRun(portsOn(catalog))({ runId: RUN })).rejects.toMatchObject({
    code: 'CATALOG_UNAVAILABLE',
  })
  expect(await memory.get(keys.run(RUN))).toMatchObject({ value: { state: 'running' } })
  await reportRun(portsOn(memory))({ runId: RUN })
  expect(await eventsIn(memory)).toMatchObject([{ kind: 'run-failed', runId: RUN }])
})

test('whoever cancels a run knows it: nothing is announced', async () => {
  const catalog = memoryCatalog()
  await putDoneRun(catalog, [{ status: 'cancelled' }], { cancelRequested: true })
  await reportRun(portsOn(catalog))({ runId: RUN })
  expect(await eventsIn(catalog)).toEqual([])
})
