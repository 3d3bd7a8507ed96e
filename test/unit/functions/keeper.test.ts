import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { GetRunReply } from '#core/contracts/runs-api.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { MOST_QUEUES } from '#core/gateways/keeper.ts'
import { limits } from '#core/runs/limits.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, POOL, poolOf, progress, signToken } from '#test/support/fake-gateway.ts'

const [A, B] = ['01J000000000000000000000PA', '01J000000000000000000000PB']

/** A control plane, the gateway "site A" that serves a pool with two VMs, and "second" that serves the same one. */
const twoGateways = async () => {
  const api = await testApi()
  const { publicKey, privateKey } = await makeKeyPair()
  const { code } = await createCode(api.ports.catalog, api.ports.random, api.ports.clock.now())
  const gatewayId = await enrolGateway(
    api.ports.catalog,
    { code, name: 'second', publicKey },
    '01J000000000000000000000G2',
    api.ports.clock.now(),
  )
  const second = { gatewayId, privateKey }
  const asSecond: TestApi['asGateway'] = async (method, path, body) =>
    api.call(method, path, {
      authorization: `Bearer ${await signToken(second, method, path, {}, api.ports.clock.now())}`,
      body,
    })
  const leaseOf =
    (as: TestApi['asGateway'], id: string, instance: string | undefined) =>
    async (freeSlots = 1, more: object = {}) => {
      const body = { instance, freeSlots, pools: [POOL], ...more }
      const { json } = await as('POST', `/v1/gateways/${id}/lease`, body)
      const { jobs, standingBy } = json as {
        jobs: { jobId: string; epoch: number }[]
        standingBy?: unknown
      }
      return { jobs, ...(standingBy !== undefined && { standingBy }) }
    }
  const inventory = { pools: [poolOf('a', 'b')] }
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, inventory)
  const open = async (as: TestApi['asGateway'], id: string, jobIds: string[]) =>
    (await as('POST', `/v1/gateways/${id}/open-jobs`, { jobIds })).json
  return {
    api,
    second,
    asSecond,
    lease: leaseOf(api.asGateway, api.gateway.gatewayId, A),
    leaseAsSecond: leaseOf(asSecond, gatewayId, B),
    openOf: (jobIds: string[]) => open(api.asGateway, api.gateway.gatewayId, jobIds),
    openOfSecond: (jobIds: string[]) => open(asSecond, gatewayId, jobIds),
    async backup(...vms: string[]) {
      const { json } = await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms })
      const there = async () =>
        (await api.ports.catalog.query(keys.openJob(POOL, '').pk)).items.length
      await expect.poll(there).toBe(vms.length)
      return json.runId as string
    },
  }
}

test('a pool is kept by the gateway that comes first; the other one is told by whom, and gets no job', async () => {
  const { api, lease, leaseAsSecond, backup } = await twoGateways()
  expect(await lease()).toEqual({ jobs: [] })
  const runId = await backup('a', 'b')
  const until = api.ports.clock.now() + limits.leaseMs
  const standingBy = [{ poolUuid: POOL, keeper: 'site A', until }]
  expect(await leaseAsSecond(4)).toEqual({ jobs: [], standingBy })
  expect((await lease(1)).jobs).toHaveLength(1)
  expect(await leaseAsSecond(4)).toEqual({ jobs: [], standingBy })
  // Whoever waits waits for the keeper, although the other one was seen later.
  api.wait(1_000)
  await leaseAsSecond()
  const { jobs } = GetRunReply.parse((await api.asPerson('GET', `/v1/runs/${runId}`)).json)
  expect(jobs.map(({ line }) => line)).toContain('waiting for a free slot of gateway "site A"')
})

test('a gateway at work keeps its pool, also without a free slot', async () => {
  const { api, lease, leaseAsSecond } = await twoGateways()
  for (let minute = 0; minute < 12; minute++) {
    await lease(0)
    expect(await leaseAsSecond()).toMatchObject({ jobs: [], standingBy: [{ keeper: 'site A' }] })
    api.wait(60_000)
  }
})

test('a keeper that is silent for as long as a lease lasts has lost the pool and its jobs', async () => {
  const { api, lease, leaseAsSecond, backup, openOf, openOfSecond } = await twoGateways()
  await backup('a', 'b')
  const { jobs } = await lease(2)
  const jobIds = jobs.map(({ jobId }) => jobId)
  expect(await openOf(jobIds)).toEqual({ open: jobIds })
  const theirs = (current: boolean) => jobIds.map(jobId => ({ jobId, current }))
  expect(await openOfSecond(jobIds)).toEqual({ open: jobIds, elsewhere: theirs(true) })

  api.wait(limits.leaseMs - 1)
  expect((await leaseAsSecond()).jobs).toEqual([])
  api.wait(1)
  // Nobody has taken them over yet: what they left is still that of the first.
  expect(await openOfSecond(jobIds)).toEqual({ open: jobIds, elsewhere: theirs(false) })
  const [taken] = (await leaseAsSecond(1)).jobs
  expect(taken).toMatchObject({ epoch: 2 })
  expect(await lease(2)).toMatchObject({ jobs: [], standingBy: [{ keeper: 'second' }] })

  // The first one is back: it may not go on with either, be it taken over or not.
  for (const { jobId, epoch } of jobs)
    expect(
      await api.asGateway('POST', `/v1/jobs/${jobId}/heartbeat`, { epoch, progress }),
    ).toMatchObject({ status: 409, json: { code: 'EPOCH_OUTDATED' } })
  expect(await openOf(jobIds)).toEqual({
    open: jobIds,
    elsewhere: [{ jobId: taken?.jobId, current: true }],
  })
})

test('a keeper that was silent while nobody else wanted the pool goes on', async () => {
  const { api, lease, backup } = await twoGateways()
  await backup('a')
  const [job] = (await lease()).jobs
  api.wait(limits.leaseMs * 3)
  const { jobId = '', epoch } = job ?? {}
  expect(
    await api.asGateway('POST', `/v1/jobs/${jobId}/heartbeat`, { epoch, progress }),
  ).toMatchObject({ status: 200, json: { directive: 'continue' } })
})

test('a keeper that does not reach the pool loses it to one that does, and only to that', async () => {
  const { api, lease, leaseAsSecond, backup } = await twoGateways()
  const silent = { unreachable: [POOL] }
  await backup('a', 'b')
  await lease(0)
  for (let minute = 0; minute < 10; minute++) {
    api.wait(60_000)
    await lease(0, silent)
  }
  // The only one: the job fails there, with the reason.
  const [job] = (await lease(1, silent)).jobs
  const beat = () =>
    api.asGateway('POST', `/v1/jobs/${job?.jobId}/heartbeat`, { epoch: job?.epoch, progress })
  expect(await beat()).toMatchObject({ status: 200 })
  expect((await leaseAsSecond(0)).standingBy).toBeUndefined()
  expect(await beat()).toMatchObject({ status: 409, json: { code: 'EPOCH_OUTDATED' } })
  expect(await lease(1, silent)).toMatchObject({ jobs: [], standingBy: [{ keeper: 'second' }] })
  // What does not reach the pool either does not become its keeper.
  api.wait(limits.leaseMs)
  await lease(0, silent)
  expect((await leaseAsSecond(0)).standingBy).toBeUndefined()
})

const claims = async (api: TestApi) => {
  const { json } = await api.asPerson('GET', '/v1/audit', undefined, 'action=keepQueue')
  return (json.items as { who: string; target: string; detail: string }[]).map(
    ({ who, target, detail }) => [who, target, detail],
  )
}

test('that a gateway has come to keep a pool is recorded once, with who kept it before', async () => {
  const { api, second, lease, leaseAsSecond } = await twoGateways()
  const first = api.gateway.gatewayId
  await lease()
  await lease()
  await leaseAsSecond()
  const one = ['site A', `${first} ${POOL}`, 'nobody is known to have kept it before']
  expect(await claims(api)).toStrictEqual([one])
  api.wait(limits.leaseMs + 1)
  await leaseAsSecond()
  api.wait(90_000)
  await leaseAsSecond()
  const two = ['second', `${second.gatewayId} ${POOL}`, `kept by gateway ${first} before`]
  expect(await claims(api)).toStrictEqual([two, one])
})

test('a gateway cannot fill the records with pools that it invents, and keeps the true one', async () => {
  const { api, lease, backup } = await twoGateways()
  await lease(0)
  const invented = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  for (let call = 0; call < 5; call++) {
    const pools = Array.from({ length: 99 }, (_, n) => invented(call * 99 + n))
    await lease(0, { pools: [POOL, ...pools] })
  }
  const { items } = await api.ports.catalog.query(keys.keeper('').pk, { limit: 1_000 })
  expect(items).toHaveLength(MOST_QUEUES)
  const records = await api.ports.catalog.query('AUDIT#test', { limit: 1_000 })
  expect(records.items.length).toBeLessThan(MOST_QUEUES + 50)
  await backup('a')
  expect((await lease(1)).jobs).toHaveLength(1)
})

test('no job is given out where the record cannot be written, and it is written by the next call', async () => {
  const { api, lease, backup } = await twoGateways()
  await backup('a')
  const { catalog } = api.ports
  const { write } = catalog
  catalog.write = async writes => {
    if (writes.some(({ key }) => key.pk === keys.auditRecord('test', 1).pk))
      throw new Error('the catalog is away')
    return write(writes)
  }
  expect((await lease()).jobs).toBeUndefined()
  catalog.write = write
  expect((await lease()).jobs).toHaveLength(1)
  expect(await claims(api)).toHaveLength(1)
})

test('a gateway that stands by changes nothing of what is known of a pool', async () => {
  const { api, asSecond, second, lease } = await twoGateways()
  await lease()
  const vms = async () =>
    ((await api.asPerson('GET', '/v1/vms')).json.items as { name: string }[]).map(
      ({ name }) => name,
    )
  const path = `/v1/gateways/${second.gatewayId}/inventory`
  const tell = () => asSecond('PUT', path, { pools: [poolOf('forged')] })
  expect((await tell()).status).toBe(200)
  expect(await vms()).toStrictEqual(['a', 'b'])
  api.wait(limits.leaseMs + 1)
  await tell()
  expect(await vms()).toStrictEqual(['forged'])
})
