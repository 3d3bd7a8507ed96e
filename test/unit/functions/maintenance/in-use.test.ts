import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { inUse } from '#core/maintenance/in-use.ts'
import type { Catalog } from '#core/ports.ts'
import type { Replica } from '#core/replication/replica.ts'
import { changeReplica, createReplica } from '#core/replication/replicas-catalog.ts'
import { newJob } from '#core/runs/job.ts'
import { jobWrites } from '#core/runs/job-lists.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { NOON } from '#test/support/call-api.ts'
import { poolOf } from '#test/support/fake-gateway.ts'
import { DB, maintainedSite, WEB } from '#test/support/maintained-site.ts'

const POOL = '00000000-0000-4000-8000-0000000000aa'
const POINT = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'
const OTHER = '01JD9W5R6D3S0Q6Z1B4W8TXY2M'
const vm = { poolUuid: POOL, vmUuid: WEB, vmName: 'web01' }
const standby = { ...vm, replicaId: POINT }

const reading: [string, JobSpec][] = [
  ['a restore', { kind: 'restore-vm', ...vm, pointId: POINT } as JobSpec],
  ['a boot check', { kind: 'boot-check', ...vm, pointId: POINT, timeoutSeconds: 900 }],
  [
    'a round of replication, whichever point it takes',
    { kind: 'replicate', ...standby, networks: {}, keep: 1, prove: false },
  ],
  ['a failover', { kind: 'failover', ...standby, start: true }],
  [
    'a test of a failover',
    { kind: 'test-failover', ...standby, timeoutSeconds: 1, keepSeconds: 0 },
  ],
  [
    'the way back, by the point that the standby went on from',
    {
      ...{ kind: 'fail-back', ...vm, vmUuid: DB, originUuid: WEB, pointId: OTHER },
      ...{ heldPointId: POINT, full: false, overwrite: false },
    },
  ],
  [
    'the return of a standby',
    { kind: 'rejoin', ...standby, vmUuid: DB, point: { pointId: POINT, vmUuid: WEB } },
  ],
]

test.each(reading)('%s keeps its point while it is open', async (_, spec) => {
  const catalog = memoryCatalog()
  const run = {
    ...{ runId: ulid(), kind: 'restore' as const, state: 'running' as const, title: 'x' },
    started: NOON,
  }
  await createRun(catalog, run, [newJob(ulid(), run.runId, spec, NOON)])
  expect(await inUse(catalog, { pointId: POINT, vmUuid: WEB }, NOON)).toBe(
    `The run ${run.runId} is reading it.`,
  )
  const another = { pointId: '01JD9W5R6D3S0Q6Z1B4W8TXY2N', vmUuid: POOL }
  expect(await inUse(catalog, another, NOON)).toBeUndefined()
})

test('a removal reads as few items beside 300 restores of other points as beside none', async () => {
  const catalog = memoryCatalog()
  const run = {
    ...{ runId: ulid(), kind: 'restore' as const, state: 'running' as const, title: 'x' },
    started: NOON,
  }
  const restoreOf = (pointId: string) =>
    newJob(ulid(), run.runId, { kind: 'restore-vm', ...vm, pointId } as JobSpec, NOON)
  await createRun(catalog, run, [
    restoreOf(POINT),
    ...Array.from({ length: 300 }, () => restoreOf(ulid())),
  ])
  let items = 0
  const counting: Catalog = {
    ...catalog,
    get: async key => {
      items++
      return catalog.get(key)
    },
    query: async (...query) => {
      const page = await catalog.query(...query)
      items += page.items.length
      return page as never
    },
  }
  expect(await inUse(counting, { pointId: POINT, vmUuid: WEB }, NOON)).toContain(run.runId)
  expect(items).toBeLessThanOrEqual(3)
})

test('jobs that were stored and never got their run keep nothing for ever', async () => {
  const catalog = memoryCatalog()
  const job = newJob(ulid(), ulid(), reading[0]?.[1] as JobSpec, NOON)
  const key = keys.use(POINT, `job#${job.jobId}`)
  const value = { runId: job.runId, jobId: job.jobId }
  await catalog.write([...jobWrites(job), { kind: 'put', key, value, expect: 'any' }])
  const point = { pointId: POINT, vmUuid: WEB }
  expect(await inUse(catalog, point, NOON + 1_000)).toContain(job.runId)
  expect(await inUse(catalog, point, NOON + 3_600_000)).toBeUndefined()
})

test('a standby keeps the point that it goes on from, and lets it go when it holds another or is stopped', async () => {
  const catalog = memoryCatalog()
  const replica: Replica = {
    ...{ replicaId: ulid(), vmUuid: WEB, vmName: 'web01', originPoolUuid: POOL, poolUuid: POOL },
    ...{ poolName: 'DR', networks: {}, keep: 1, everySeconds: 3_600, proveEvery: 0, created: 0 },
    ...{ phase: 'standing-by', rounds: 0, missed: 0, nextDue: 0 },
  }
  const holds = (pointId: string) =>
    changeReplica(catalog, replica.replicaId, found => ({
      ...found,
      standby: { uuid: DB, name: 'web01 (standby)', pointId, taken: NOON, states: [] },
    }))
  const usedBy = (pointId: string) => inUse(catalog, { pointId, vmUuid: WEB }, NOON)
  await createReplica(catalog, replica)
  expect(await usedBy(POINT)).toBeUndefined()
  await holds(POINT)
  expect(await usedBy(POINT)).toBe('The standby of "web01" in "DR" goes on from it.')
  await holds(OTHER)
  expect(await usedBy(POINT)).toBeUndefined()
  expect(await usedBy(OTHER)).toContain('standby')
  await changeReplica(catalog, replica.replicaId, found => ({ ...found, phase: 'stopped' }))
  expect(await usedBy(OTHER)).toBeUndefined()
  expect((await catalog.query(keys.use(OTHER, '').pk)).items).toEqual([])
})

test('a restore that waits for approval keeps its point from retention and from people, until it is declined', async () => {
  const site = await maintainedSite({ restoreApproval: 'other-person' })
  const policyId = await site.addPolicy({ last: 1 })
  await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  const { asGateway, asPerson } = site.api
  await asGateway('PUT', `/v1/gateways/${site.gatewayId}/inventory`, { pools: [poolOf('web01')] })
  const restore = await asPerson('POST', '/v1/runs', { kind: 'restore', pointId: old.pointId })
  const { runId } = restore.json
  expect((await site.see(String(runId))).run.state).toBe('waiting')

  await site.start({ steps: ['retention'] })
  const removal = await site.next()
  const because = `The run ${runId} waits for approval, and would read it.`
  expect(await site.ask(removal, old.pointId)).toEqual({ remove: false, because })
  const body = { reason: 'no more room', vmName: 'web01' }
  expect((await asPerson('DELETE', `/v1/points/${old.pointId}`, body)).json).toMatchObject({
    code: 'POINT_KEPT',
    message: expect.stringContaining(because),
  })
  // Withdrawn by whoever asked for it.
  await asPerson('POST', `/v1/runs/${runId}/decline`, {})
  expect((await site.see(String(runId))).run.state).toBe('cancelled')
  expect(await site.ask(removal, old.pointId)).toEqual({ remove: true })
})
