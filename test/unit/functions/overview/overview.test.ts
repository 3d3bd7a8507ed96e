import { describe, expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { type OpenProblem, OverviewView } from '#core/contracts/overview-api.ts'
import type { PointLock } from '#core/contracts/points.ts'
import { putPool } from '#core/inventory/inventory.ts'
import { routeOutbox } from '#core/notifications/route.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { endRun } from '#functions/runs/end-run.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { backedUp, POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const DAY = 86_400_000
const PROBLEM = {
  ...{ code: 'SR_FULL', message: 'The storage is full.', retryable: false },
  advice: 'Make room.',
}

const overview = async (api: TestApi): Promise<OverviewView> => {
  const { status, json } = await api.call('GET', '/v1/overview', {
    authorization: 'Bearer viewer',
  })
  expect(status).toBe(200)
  return OverviewView.parse(json)
}

const kindsOf = ({ problems }: OverviewView): OpenProblem['kind'][] =>
  problems.map(({ kind }) => kind)

/** A site whose gateway calls, with a policy for VMs named web…. */
const site = async (...names: string[]) => {
  const api = await testApi({ repositoryAddress: 'file:/srv/backups' })
  const { gateway, ports } = api
  await api.asPerson('PUT', `/v1/gateways/${gateway.gatewayId}`, { maintenance: true })
  await putPool(ports.catalog, gateway.gatewayId, poolOf(...names), NOON)
  const { json } = await api.asPerson('POST', '/v1/policies', {
    ...{ name: 'Nightly', selection: { include: [{ names: ['web*'] }] } },
    ...{ schedule: { cron: '0 3 * * *', timeZone: 'UTC' }, retention: { daily: 7 } },
  })
  return { api, policyId: (json.policy as { policyId: string }).policyId }
}

const pointAt = (n: number, taken: number, lock?: PointLockOf) =>
  putPointOf(n, taken, lock === undefined ? {} : { lock })
type PointLockOf = (typeof PointLock)['_output'] | null
const putPointOf = (n: number, taken: number, more: object) => (catalog: Catalog) =>
  putPoint(catalog, {
    ...pointOf(`01J0000000000000000000P${n}${taken % 1_000}`.padEnd(26, '0').slice(0, 26), {
      ...{ vmUuid: vmUuid(n), vmName: `web${n}`, poolUuid: POOL },
    }),
    ...{ taken, committed: taken, ...more },
  })
const lockedUntil = (until: number): PointLockOf => ({ mode: 'compliance', until, asked: NOON })

/** Ends a run of one backup as it is told; and tells of it, as the clock does. */
const run = async (
  { ports, wait }: TestApi,
  n: number,
  outcome: 'good' | 'failed',
  of: { policyId?: string; policyName?: string } = {},
) => {
  const { catalog, clock } = ports
  const [runId, jobId] = ['R', 'J'].map(letter => `01J0000000000000000000${letter}00${n}`)
  if (!runId || !jobId) throw new Error('no id')
  const started = clock.now()
  const spec = { vmUuid: vmUuid(1), vmName: 'web1', poolUuid: POOL }
  const job = finishJob(
    newJob(jobId, runId, { kind: 'backup-vm', method: 'normal', ...spec }, started),
    outcome === 'good' ? backedUp(jobId, spec) : { status: 'failed', problem: PROBLEM },
    started,
  )
  const run = { runId, kind: 'backup' as const, title: 'web1', state: 'running' as const, started }
  await createRun(catalog, { ...run, ...of }, [job])
  wait(1_000)
  await endRun(ports, runId, PROBLEM)
  await routeOutbox(catalog, clock.now())
  return runId
}

test('a site where all is well has nothing to tell but the answers', async () => {
  const { api, policyId } = await site('web1', 'web2')
  for (const n of [1, 2])
    await pointAt(n, NOON - 1_000, lockedUntil(NOON + 20 * DAY))(api.ports.catalog)
  const view = await overview(api)
  expect(view.problems).toEqual([])
  expect(view.answers).toEqual({
    protected: { standing: 'good', text: 'All 2 virtual machines are backed up by a policy.' },
    failed: {
      standing: 'good',
      text: 'Nothing that failed is left to be made good. 0 runs began in the last 24 hours.',
    },
    locked: {
      standing: 'good',
      text: 'The newest recovery point of each of 2 virtual machines is locked in the store; the first of these locks ends on 2026-12-12.',
    },
    restorable: { standing: 'info', text: 'Nothing that is stored was verified yet.' },
    cost: {
      standing: 'good',
      text: 'The repository lies on storage of your own: AWS charges nothing for it.',
    },
  })
  expect(view.vms).toEqual({
    known: 2,
    protected: 2,
    unprotected: 0,
    discarded: 0,
    standby: 0,
    asOf: NOON,
  })
  expect(view.next).toEqual([{ policyId, policyName: 'Nightly', at: NOON + 3 * 3_600_000 }])
})

test('a VM that no policy takes is told by name, and where to see it', async () => {
  const { api } = await site('web1', '<b>"db"</b>')
  expect((await overview(api)).problems).toEqual([
    {
      ...{ kind: 'vms-unprotected', standing: 'warning', go: { to: 'unprotected-vms' } },
      text: '1 of 2 virtual machines is backed up by no policy: "<b>"db"</b>".',
      advice: 'Let a policy take them, or leave them out knowingly.',
    },
  ])
})

describe('a run that failed', () => {
  test('is told until a later one of the same policy went well', async () => {
    const { api, policyId } = await site('web1')
    const of = { policyId, policyName: 'Nightly' }
    await run(api, 1, 'failed', of)
    const runId = await run(api, 2, 'failed', of)
    const view = await overview(api)
    expect(view.problems).toEqual([
      {
        ...{ kind: 'run-failed', standing: 'bad', go: { to: 'run', id: runId } },
        text: expect.stringMatching(/^"Nightly" failed 2 times in a row: .*The storage is full\./),
        since: NOON + 1_000,
        advice: 'Make room.',
      },
    ])
    expect(view.answers.failed).toEqual({
      standing: 'bad',
      text: '1 trouble was not made good since. 2 runs began in the last 24 hours.',
    })
    expect(view.runs).toMatchObject({ failed: 2, succeeded: 0, more: false })
    await run(api, 3, 'good', of)
    expect((await overview(api)).problems).toEqual([])
  })

  test('of a policy that is switched off concerns nobody', async () => {
    const { api, policyId } = await site('web1')
    await run(api, 1, 'failed', { policyId, policyName: 'Nightly' })
    expect(kindsOf(await overview(api))).toEqual(['run-failed'])
    await api.asPerson('DELETE', `/v1/policies/${policyId}`, undefined, 'version=1')
    expect(kindsOf(await overview(api))).not.toContain('run-failed')
  })

  test('that somebody began by hand is told for a week', async () => {
    const { api } = await site('web1')
    await run(api, 1, 'failed')
    api.wait(6 * DAY)
    expect(kindsOf(await overview(api))).toContain('run-failed')
    api.wait(2 * DAY)
    expect(kindsOf(await overview(api))).not.toContain('run-failed')
  })
})

test('gateways that are silent or do not reach a pool come first', async () => {
  const { api } = await site('web1', 'db')
  const { catalog } = api.ports
  const key = keys.gateway(api.gateway.gatewayId)
  const change = async (more: object) => {
    const item = await catalog.get<object>(key)
    await catalog.write([{ kind: 'put', key, value: { ...item?.value, ...more }, expect: 'any' }])
  }
  await change({ unreachable: [{ address: '10.0.0.1', problem: 'It refuses the password.' }] })
  expect((await overview(api)).problems[0]).toMatchObject({
    kind: 'pool-unreachable',
    text: 'The gateway "site A" does not reach the pool at 10.0.0.1: It refuses the password.',
  })
  api.wait(DAY)
  expect((await overview(api)).problems.slice(0, 2)).toMatchObject([
    { kind: 'gateway-silent', standing: 'bad', go: { to: 'gateways' } },
    { kind: 'vms-unprotected', standing: 'warning' },
  ])
})

describe('locks of newest points', () => {
  test('one that ended, and one that ends although the next point should have come, are told', async () => {
    const { api } = await site('web1', 'web2', 'web3')
    const { catalog } = api.ports
    await pointAt(1, NOON - 40 * DAY, lockedUntil(NOON - 10 * DAY))(catalog)
    await pointAt(2, NOON - 28 * DAY, lockedUntil(NOON + 2 * DAY))(catalog)
    await pointAt(3, NOON - 1_000, lockedUntil(NOON + DAY))(catalog) // short as it was asked for
    const view = await overview(api)
    expect(view.answers.locked).toEqual({
      standing: 'warning',
      text: 'The newest recovery points of 2 of 3 virtual machines are locked in the store.',
    })
    expect(view.problems.filter(({ kind }) => kind.startsWith('lock'))).toMatchObject([
      { kind: 'lock-ended', text: expect.stringContaining('"web1"') },
      { kind: 'lock-ending', text: expect.stringContaining('2026-11-24: "web2"') },
    ])
  })

  test('a store that showed none, and one that was not asked, are told apart', async () => {
    const { api } = await site('web1', 'web2')
    await pointAt(1, NOON - 1_000, null)(api.ports.catalog)
    await pointAt(2, NOON - 1_000)(api.ports.catalog)
    expect((await overview(api)).answers.locked).toEqual({
      standing: 'info',
      text: 'No newest recovery point is known to be locked: whoever gets hold of the storage can delete them. Policies can ask for a lock. Of 1 the store did not tell.',
    })
  })
})

test('unusual change is told for a week, and what may be an attack apart and until somebody says why', async () => {
  const { api } = await site('web1', 'web2', 'web3', 'web4')
  const { catalog } = api.ports
  const change = async (n: number, change: object) => {
    await pointAt(n, NOON - 1_000, null)(catalog)
    const key = keys.protectedVm(vmUuid(n))
    const item = await catalog.get<object>(key)
    const unusual = {
      signs: ['more-new'],
      suspicious: false,
      text: 'Much.',
      pointId: 'p',
      ...change,
    }
    await catalog.write([{ kind: 'put', key, value: { ...item?.value, unusual }, expect: 'any' }])
  }
  await change(1, { suspicious: true, taken: NOON - 80 * DAY })
  await change(2, { taken: NOON - 2 * DAY })
  await change(3, { taken: NOON - 8 * DAY })
  const acknowledged = { at: NOON, by: 'somebody', because: 'an update' }
  await change(4, { suspicious: true, taken: NOON - DAY, acknowledged })
  expect((await overview(api)).problems).toMatchObject([
    {
      ...{ kind: 'unusual-change', standing: 'warning', go: { to: 'unusual-vms' } },
      text: '1 virtual machine changed unusually much, in a way that encryption by an attacker leaves, too, and nobody has said why: "web1".',
      since: NOON - 80 * DAY,
    },
    {
      ...{ kind: 'unusual-change', standing: 'info', go: { to: 'unusual-vms' } },
      text: '1 virtual machine changed unusually much within the last seven days: "web2".',
      since: NOON - 2 * DAY,
    },
  ])
})

test('damage makes what is restorable bad', async () => {
  const { api } = await site('web1')
  const { catalog } = api.ports
  await pointAt(1, NOON - 1_000, null)(catalog)
  const report = {
    ...{ at: NOON - 5_000, level: 1, points: 1, packs: 3, packsRead: 3, bytesRead: 300 },
    ...{ damages: 2, findings: [], affected: ['01J000000000000000000000PT'] },
    state: { packs: 3, bytes: 300, never: { packs: 0, bytes: 0 }, damaged: 2 },
  }
  await catalog.write([
    {
      ...{ kind: 'put', key: keys.maintenance('state'), expect: 'absent' },
      value: { verification: { jobId: 'j', runId: 'r', report } },
    },
  ])
  const view = await overview(api)
  expect(view.answers.restorable).toEqual({
    standing: 'bad',
    text: 'The verification of 2026-11-21 found damage: not everything can be restored.',
  })
  expect(view.problems[0]).toMatchObject({
    kind: 'damage',
    text: '2 objects in the repository are damaged, and parts of 1 recovery point cannot be read.',
    go: { to: 'repository' },
  })
})

test('in the cloud it says what AWS charges, as the command line does', async () => {
  const api = await testApi({ repositoryAddress: 's3://bucket/prefix' })
  const { answers, problems } = await overview(api)
  expect(answers.cost.text).toMatch(
    /^About \d+ USD a month at list prices of us-east-1, with one gateway and nothing to back up\./,
  )
  expect(problems).toEqual([])
})

test('5,000 VMs are looked at once, however many people watch, and soon again', async () => {
  const vms = 5_000
  const inner = memoryCatalog()
  let items = 0
  const catalog: Catalog = {
    ...inner,
    async query<T>(pk: string, options?: Parameters<Catalog['query']>[1]) {
      const page = await inner.query<T>(pk, options)
      items += page.items.length
      return page
    },
  }
  const api = await testApi({ catalog })
  const names = Array.from({ length: vms }, (_, n) => `vm${n}`)
  await putPool(catalog, api.gateway.gatewayId, poolOf(...names), NOON)
  items = 0
  await overview(api)
  expect(items).toBeGreaterThanOrEqual(vms)
  items = 0
  for (let n = 0; n < 5; n++) {
    api.wait(10_000)
    expect((await overview(api)).vms).toMatchObject({ known: vms, unprotected: vms, asOf: NOON })
  }
  expect(items).toBeLessThan(20)
  api.wait(51_000)
  expect((await overview(api)).vms.asOf).toBe(NOON + 101_000)
})
