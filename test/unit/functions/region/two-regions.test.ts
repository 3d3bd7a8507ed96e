import { describe, expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { activeOnly } from '#adapters/wrap/active-only.ts'
import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { routes } from '#core/contracts/routes.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'
import { regionGate } from '#core/region/gate.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { answersStandingBy } from '#functions/middleware/active-region.ts'
import { whereActive } from '#functions/middleware/event-handler.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { backedUp, type FakeIdentity, POOL, poolOf, signToken } from '#test/support/fake-gateway.ts'
import { until } from '#test/support/patience.ts'

const INSTANCE = '01J000000000000000000000PA'

/** Control planes in two regions over one catalog, which both see at once; the lag of a real one has a test of its own. */
const twoRegions = async () => {
  const shared = memoryCatalog()
  let now = NOON
  let seed = 0
  const clock = { now: () => now }
  const random = { bytes: (size: number) => new Uint8Array(size).map(() => seed++ % 251) }
  const at = async (here: string, enrolled?: FakeIdentity) => {
    const others = ['eu-central-1', 'eu-west-1'].filter(name => name !== here)
    const setup = { here, first: 'eu-central-1', others }
    const region = regionGate({ catalog: shared, clock, random, setup })
    const catalog = activeOnly(shared, region)
    const api = await testApi({ catalog, region, clock, random }, enrolled)
    const asGateway = async (path: string, body: unknown, epoch?: number) => {
      const more = epoch === undefined ? {} : { rge: epoch }
      const token = await signToken(api.gateway, 'POST', path, more, now)
      return api.call('POST', path, { authorization: `Bearer ${token}`, body })
    }
    const lease = (epoch?: number) =>
      asGateway(
        `/v1/gateways/${api.gateway.gatewayId}/lease`,
        { instance: INSTANCE, freeSlots: 1, pools: [POOL] },
        epoch,
      )
    return { ...api, lease, catalog, post: asGateway }
  }
  const first = await at('eu-central-1')
  const second = await at('eu-west-1', first.gateway)
  await first.asGateway('PUT', `/v1/gateways/${first.gateway.gatewayId}/inventory`, {
    pools: [poolOf('mail', 'files')],
  })
  return {
    shared,
    first,
    second,
    wait: (ms: number) => {
      now += ms
    },
    takeOver: (at = second, confirm = 'eu-west-1') =>
      at.asPerson('POST', '/v1/region/take-over', { confirm, why: 'drill' }),
  }
}

describe('a region that stands by', () => {
  test('shows what there is, and says who is active', async () => {
    const { second } = await twoRegions()
    for (const path of ['/v1/vms', '/v1/replicas', '/v1/points', '/v1/runs', '/v1/gateways'])
      expect((await second.asPerson('GET', path)).status, path).toBe(200)
    const { json } = await second.asPerson('GET', '/v1/region')
    expect(json).toMatchObject({ here: 'eu-west-1', active: 'eu-central-1', standingBy: true })
    expect(json.line).toBe(
      'eu-west-1 stands by: eu-central-1 is active (epoch 0), and nobody ever took over.',
    )
  })

  test('refuses a run, with the region that would take it', async () => {
    const { second } = await twoRegions()
    const { status, json } = await second.asPerson('POST', '/v1/runs', {
      kind: 'backup',
      vms: ['mail'],
    })
    expect(status).toBe(421)
    expect(json).toMatchObject({
      code: 'REGION_STANDBY',
      message:
        'The control plane in eu-west-1 stands by: eu-central-1 is the active region (epoch 0), and only it starts and changes anything.',
    })
  })

  test('has no work for gateways', async () => {
    const { second } = await twoRegions()
    const answer = await second.lease()
    expect(answer.status).toBe(421)
    expect(answer.headers['xenkeep-region-epoch']).toBe('0')
  })

  test('answers no route but those that only look, and the take-over', () => {
    const answered = Object.entries(routes).filter(([name]) =>
      answersStandingBy(name as keyof typeof routes),
    )
    for (const [name, { method, audience }] of answered)
      expect([name, method, audience]).toEqual(
        name === 'takeOverRegion' ? [name, 'POST', 'person'] : [name, 'GET', 'person'],
      )
  })

  test('does nothing by the clock, and writes nothing whoever tries', async () => {
    const { first, second } = await twoRegions()
    await first.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['mail'] })
    expect(await whereActive(tendRuns)(second.ports)()).toEqual({ standingBy: 'eu-central-1' })
    expect(await whereActive(tendRuns)(first.ports)()).toEqual({ open: 1, left: 0 })
    await expect(
      second.catalog.write([{ kind: 'put', key: keys.repository(), value: {}, expect: 'any' }]),
    ).rejects.toMatchObject({ code: 'REGION_STANDBY' })
  })
})

describe('a take-over', () => {
  test('is confirmed by the name of the region that answers', async () => {
    const { takeOver, second } = await twoRegions()
    expect(await takeOver(second, 'eu-central-1')).toMatchObject({
      status: 409,
      json: { code: 'REGION_NOT_CONFIRMED' },
    })
    expect((await second.asPerson('GET', '/v1/region')).json.epoch).toBe(0)
  })

  test('is an administrator’s', async () => {
    const { second } = await twoRegions()
    const body = { confirm: 'eu-west-1' }
    const authorization = 'Bearer operator'
    const refused = await second.call('POST', '/v1/region/take-over', { authorization, body })
    expect(refused.json.code).toBe('ROLE_INSUFFICIENT')
  })

  test('makes the region active under the next epoch, tells of it once, and goes on with open runs', async () => {
    const { first, second, takeOver, shared, wait } = await twoRegions()
    await first.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['mail'] })
    const { status, json } = await takeOver()
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ...{ active: 'eu-west-1', epoch: 1, standingBy: false, goingOn: 1 },
      ...{ by: 'someone', former: 'eu-central-1', why: 'drill' },
    })
    expect((await takeOver()).json).toMatchObject({ epoch: 1, goingOn: 1 })
    const told = await Array.fromAsync(queryAll(shared, keys.outbox('').pk))
    expect(told).toMatchObject([
      { value: { event: { kind: 'region-taken-over', from: 'eu-central-1', to: 'eu-west-1' } } },
    ])

    wait(5_000)
    const leased = await second.lease(1)
    expect(leased.json.jobs).toMatchObject([{ spec: { vmName: 'mail' } }])
    expect(
      (await first.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['files'] })).status,
    ).toBe(421)
  })

  test('under an idempotency key, too, and again under the same', async () => {
    const { second } = await twoRegions()
    const again = () =>
      second.call('POST', '/v1/region/take-over', {
        authorization: 'Bearer person',
        idempotencyKey: 'of-the-drill',
        body: { confirm: 'eu-west-1' },
      })
    expect([await again(), await again()]).toMatchObject([
      { status: 200, json: { epoch: 1 } },
      { status: 200, json: { epoch: 1 } },
    ])
  })

  test('by two at the same moment happens once', async () => {
    const { takeOver } = await twoRegions()
    const both = await Promise.all([takeOver(), takeOver()])
    expect(both.map(({ json }) => json.epoch)).toEqual([1, 1])
  })

  test('goes back the same way, under a higher epoch', async () => {
    const { takeOver, first, second, wait } = await twoRegions()
    await takeOver()
    wait(5_000)
    expect((await takeOver(first, 'eu-central-1')).json).toMatchObject({
      active: 'eu-central-1',
      epoch: 2,
    })
    wait(5_000)
    expect((await second.asPerson('GET', '/v1/region')).json.standingBy).toBe(true)
  })

  test('where there is one region there is nothing to take over', async () => {
    const api = await testApi()
    const refused = await api.asPerson('POST', '/v1/region/take-over', { confirm: 'here' })
    expect(refused).toMatchObject({ status: 409, json: { code: 'REGION_ALONE' } })
    expect((await api.asPerson('GET', '/v1/region')).json.line).toBe(
      'This control plane stands alone: no second region is set up.',
    )
  })
})

describe('what did not come over from the lost region', () => {
  const backup = async (at: Awaited<ReturnType<typeof testApi>>, ...vms: string[]) => {
    const { json } = await at.asPerson('POST', '/v1/runs', { kind: 'backup', vms })
    await until('its jobs were dispatched', async () => {
      const open = await all(at.ports.catalog, keys.openJob(POOL, '').pk)
      return (
        open.filter(({ value }) => 'runId' in value && value.runId === json.runId).length ===
        vms.length
      )
    })
    return String(json.runId)
  }
  const all = (shared: Catalog, pk: string) => Array.fromAsync(queryAll<object>(shared, pk))
  /** Takes items out of the catalog, as if they had not been sent yet. @returns what has them arrive */
  const held = async (shared: Catalog, ...items: CatalogItem<object>[]) => {
    for (const { pk, sk } of items)
      await shared.write([{ kind: 'delete', key: { pk, sk }, expect: 'any' }])
    return async () => {
      for (const { pk, sk, value } of items)
        await shared.write([{ kind: 'put', key: { pk, sk }, value, expect: 'any' }])
    }
  }
  const runOf = async (at: Pick<TestApi, 'asPerson'>, runId: string) =>
    (await at.asPerson('GET', `/v1/runs/${runId}`)).json.run

  test('a run of which some jobs are missing ends with a warning that says so, whatever became of the others', async () => {
    const { first, second, takeOver, shared, wait } = await twoRegions()
    const runId = await backup(first, 'mail', 'files')
    const [there, lost] = await all(shared, keys.job(runId, '').pk)
    if (!there || !lost) throw new Error('no jobs')
    await held(shared, lost)
    await takeOver()
    wait(5_000)
    const { json } = await second.lease(1)
    const [job] = json.jobs as { jobId: string; epoch: number; spec: BackupVmSpec }[]
    if (!job) throw new Error('no job was leased')
    await second.post(
      `/v1/jobs/${job.jobId}/result`,
      { epoch: job.epoch, outcome: backedUp(job.jobId, job.spec) },
      1,
    )
    await until('the run has ended', async () => {
      await whereActive(tendRuns)(second.ports)()
      return ((await runOf(second, runId)) as { state: string }).state !== 'running'
    })
    expect(await runOf(second, runId)).toMatchObject({
      state: 'warning',
      line: expect.stringMatching(/^1 of 2 jobs never arrived from the region that was lost/),
    })
  })

  test('a run that is not named among the open ones, and a job without the way to it, go on all the same', async () => {
    const { first, second, takeOver, shared, wait } = await twoRegions()
    const runId = await backup(first, 'mail')
    const [owner] = await all(shared, 'JOBS')
    const [open] = await all(shared, keys.openRun('').pk)
    if (!owner || !open) throw new Error('nothing to lose')
    await held(shared, owner, open)
    expect((await takeOver()).json).toMatchObject({ goingOn: 1 })
    wait(5_000)
    expect((await second.lease(1)).json.jobs).toMatchObject([{ runId }])
  })

  test('a run that turns up when the lost region is back is not begun: neither by gateways nor by whoever looks after runs', async () => {
    const { first, second, takeOver, shared, wait } = await twoRegions()
    const runId = await backup(first, 'mail')
    const items = [
      ...(await all(shared, keys.run('').pk)),
      ...(await all(shared, keys.openRun('').pk)),
      ...(await all(shared, keys.job(runId, '').pk)),
      ...(await all(shared, 'JOBS')),
      ...(await all(shared, keys.openJob(POOL, '').pk)),
    ]
    const arrive = await held(shared, ...items)
    await takeOver()
    wait(61_000)
    await whereActive(tendRuns)(second.ports)()
    const here = await backup(second, 'files')

    await arrive()
    // The late one would be the first of the queue.
    const { json } = await second.lease(1)
    expect(json.jobs).toMatchObject([{ runId: here }])
    await whereActive(tendRuns)(second.ports)()
    expect(await runOf(second, runId)).toMatchObject({
      state: 'failed',
      problem: { code: 'RUN_CAME_LATE' },
    })
    expect(await runOf(second, here)).toMatchObject({ state: 'running' })
    expect(await shared.get(keys.run(here))).toMatchObject({
      value: { attempt: 1, regionEpoch: 1 },
    })
  })
})

describe('the epoch that a gateway signs for', () => {
  test('a call of a former epoch is refused, with the one that holds now', async () => {
    const { takeOver, second } = await twoRegions()
    await takeOver()
    const refused = await second.lease(0)
    expect(refused).toMatchObject({ status: 409, json: { code: 'REGION_EPOCH_CHANGED' } })
    expect(refused.headers['xenkeep-region-epoch']).toBe('1')
    expect((await second.lease(1)).status).toBe(200)
  })

  test('a token that was used in the lost region is worth nothing in the other, even where its nonce never arrived', async () => {
    const { takeOver, first, second } = await twoRegions()
    const path = `/v1/gateways/${first.gateway.gatewayId}/lease`
    const authorization = `Bearer ${await signToken(first.gateway, 'POST', path, {}, NOON)}`
    const body = { instance: INSTANCE, freeSlots: 1, pools: [POOL] }
    await takeOver()
    const replayed = await second.call('POST', path, { authorization, body })
    expect(replayed.json.code).toBe('REGION_EPOCH_CHANGED')
  })

  test('who has heard of a higher epoch is not obeyed by the region that has not: it stands by', async () => {
    const { first } = await twoRegions()
    const refused = await first.lease(3)
    expect(refused).toMatchObject({ status: 421, json: { code: 'REGION_STANDBY' } })
    expect((await first.lease()).status).toBe(200)
  })
})
