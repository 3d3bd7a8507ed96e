import { describe, expect, test } from 'vitest'
import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { activeOnly } from '#adapters/wrap/active-only.ts'
import { verifyChain } from '#core/audit/verify.ts'
import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { ulidMaker } from '#core/ids.ts'
import { regionGate } from '#core/region/gate.ts'
import { newJob } from '#core/runs/job.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { takeOverRegion } from '#functions/api/region/take-over-region.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { whereActive } from '#functions/middleware/event-handler.ts'
import type { Ports } from '#functions/ports.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { MAIL } from '#test/support/delivery-site.ts'
import {
  type FakeIdentity,
  POOL,
  poolOf,
  progress,
  signToken,
  vmUuid,
} from '#test/support/fake-gateway.ts'
import { memoryGlobalTable } from '#test/support/memory-global-table.ts'
import { until } from '#test/support/patience.ts'

/*
 * What may happen to two regions, and what comes of it: a row each. Two control planes, each on its own catalog, and between them a table that carries
 * over what the test says, item by item. The same with processes that are killed: test/e2e/two-regions.test.ts.
 */

const [A, B] = ['eu-central-1', 'eu-west-1'] as const
const INSTANCE = '01J000000000000000000000PA'
const MINUTE = 60_000

const twoRegions = async () => {
  let now = NOON
  let seed = 0
  const clock = { now: () => now }
  const random = { bytes: (size: number) => new Uint8Array(size).map(() => seed++ % 251) }
  const table = memoryGlobalTable(clock)
  const at = async (here: string, raw: (typeof table.catalogs)[number], known?: FakeIdentity) => {
    const setup = { here, first: A, others: [A, B].filter(name => name !== here) }
    const region = regionGate({ catalog: raw, clock, random, setup })
    const deliver = memoryDeliver()
    const api = await testApi(
      {
        ...{ catalog: activeOnly(raw, region), region, clock, random, deliver },
        auditCopy: { chain: here, open: async () => memoryObjectStore() },
      },
      known,
    )
    const post = async (path: string, body: unknown, epoch = 0) => {
      const more = epoch > 0 ? { rge: epoch } : {}
      const token = await signToken(api.gateway, 'POST', path, more, now)
      return api.call('POST', path, { authorization: `Bearer ${token}`, body })
    }
    return {
      ...api,
      raw,
      sent: () => deliver.sent.map(({ message }) => message.kind),
      post,
      lease: (epoch = 0, instance = INSTANCE) =>
        post(
          `/v1/gateways/${api.gateway.gatewayId}/lease`,
          { instance, freeSlots: 1, pools: [POOL] },
          epoch,
        ),
      see: async () => (await api.asPerson('GET', '/v1/region')).json,
      runOf: async (runId: string) =>
        (await api.asPerson('GET', `/v1/runs/${runId}`)).json as {
          run: { state: string; line: string; problem?: { code: string } }
        },
      takeOver: () => api.asPerson('POST', '/v1/region/take-over', { confirm: here }),
      backup: async () => api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['mail'] }),
      /** What its clocks do, each minute in the cloud. */
      tick: async () => {
        for (const work of [tendPolicies, deliverAll])
          await whereActive<Ports, unknown>(work)(api.ports)()
        return whereActive(tendRuns)(api.ports)()
      },
    }
  }
  const a = await at(A, table.catalogs[0])
  await table.exchange()
  const b = await at(B, table.catalogs[1], a.gateway)
  await a.asGateway('PUT', `/v1/gateways/${a.gateway.gatewayId}/inventory`, {
    pools: [poolOf('mail', 'files')],
  })
  const wait = (ms: number) => {
    now += ms
  }
  /** Both regions tick each minute, and hear each other. */
  const quiet = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      wait(MINUTE)
      await a.tick()
      await b.tick()
      await table.exchange()
    }
  }
  await quiet(1)
  return { a, b, table, wait, quiet, now: () => now }
}

/** A run of one job that is at work at the gateway, as both regions know. */
const atWork = async ({ a, table, now }: Awaited<ReturnType<typeof twoRegions>>, spec: JobSpec) => {
  const newId = ulidMaker(a.ports)
  const [runId, jobId] = [newId(), newId()]
  const run = { runId, kind: 'restore' as const, state: 'running' as const, title: '"mail"' }
  const job = newJob(jobId, runId, spec, now())
  await createRun(a.ports.catalog, { ...run, started: now(), attempt: 0 }, [job])
  await a.tick()
  await until('the job was dispatched', async () => {
    const open = await Array.fromAsync(queryAll(a.raw, keys.openJob(POOL, '').pk))
    return open.length === 1
  })
  const { json } = await a.lease()
  expect(json.jobs).toMatchObject([{ jobId, epoch: 1 }])
  await table.exchange()
  return { runId, jobId }
}

const OF_MAIL = { poolUuid: POOL, vmUuid: vmUuid(1), vmName: 'mail' }
const POINT = '01J000000000000000000000P1'
const RESTORE: JobSpec = {
  ...{ kind: 'restore-vm', ...OF_MAIL, pointId: POINT, newName: 'mail', start: false },
}
const OVER_VM: JobSpec = { ...RESTORE, wishes: { identity: 'disks-only' } }
const STANDBY = { ...OF_MAIL, replicaId: '01J000000000000000000000R1' }

describe('a region that is lost in the middle of a job, whose end may have happened there', () => {
  test.each<[what: string, spec: JobSpec, comes: 'is done again' | 'is not repeated']>([
    ['a backup', { kind: 'backup-vm', ...OF_MAIL, method: 'normal' }, 'is done again'],
    ['a restore as a new VM', RESTORE, 'is done again'],
    ['a restore as a new VM that starts', { ...RESTORE, start: true }, 'is not repeated'],
    ['a restore into the disks of a VM', OVER_VM, 'is not repeated'],
    [
      'the plan of one',
      { ...OVER_VM, wishes: { identity: 'same', planOnly: true } },
      'is done again',
    ],
    ['a restore in place', { ...RESTORE, wishes: { identity: 'same' } }, 'is not repeated'],
    [
      'disks that are attached to a VM',
      {
        kind: 'restore-new-disks',
        ...OF_MAIL,
        pointId: POINT,
        wishes: { disks: ['0'], attachTo: 'files' },
      },
      'is not repeated',
    ],
    ['a failover', { kind: 'failover', ...STANDBY, start: true }, 'is not repeated'],
    [
      'a failback',
      {
        kind: 'fail-back',
        ...OF_MAIL,
        pointId: POINT,
        originUuid: vmUuid(2),
        full: false,
        overwrite: false,
      },
      'is not repeated',
    ],
    [
      'a round',
      { kind: 'replicate', ...STANDBY, networks: {}, keep: 1, prove: false },
      'is done again',
    ],
  ])('%s', async (_, spec, comes) => {
    const site = await twoRegions()
    const { b, table, wait } = site
    const { runId, jobId } = await atWork(site, spec)
    table.lose()
    await b.takeOver()
    wait(6 * MINUTE) // the lease has run out; a gateway that was started anew asks for work
    await b.tick()
    const { json } = await b.lease(1, '01J000000000000000000000PB')
    if (comes === 'is done again') return expect(json.jobs).toMatchObject([{ jobId, epoch: 2 }])
    expect(json.jobs).toEqual([])
    expect((await b.runOf(runId)).run.line).toContain('perhaps done there')
    wait(5 * MINUTE)
    await b.tick()
    await until('the run has ended', async () => (await b.runOf(runId)).run.state !== 'running')
    expect((await b.runOf(runId)).run).toMatchObject({
      ...{ state: 'failed', problem: { code: 'JOB_PERHAPS_DONE' } },
      line: expect.stringContaining('It may have been done already'),
    })
  })

  test('a gateway that has it under way goes on with it, and may be lost and have it again', async () => {
    const site = await twoRegions()
    const { b, table, wait } = site
    const { jobId } = await atWork(site, OVER_VM)
    table.lose()
    await b.takeOver()
    wait(6 * MINUTE)
    await b.tick()
    const heard = await b.post(`/v1/jobs/${jobId}/heartbeat`, { epoch: 1, progress }, 1)
    expect(heard).toMatchObject({ status: 200, json: { directive: 'continue' } })
    for (let minute = 0; minute < 20; minute++) {
      wait(MINUTE)
      await b.tick()
    }
    expect((await b.lease(1, '01J000000000000000000000PB')).json.jobs).toMatchObject([
      { jobId, epoch: 2 },
    ])
  })
})

describe('who is active', () => {
  test('killed during the take-over, before anything was gone on with: repeated, it goes on', async () => {
    const site = await twoRegions()
    const { b, table } = site
    const { runId } = await atWork(site, RESTORE)
    table.lose()
    await b.ports.region.takeOver({ by: 'somebody' }) // and then its process is gone
    expect(await b.see()).toMatchObject({ active: B, epoch: 1, left: 1 })
    expect((await b.takeOver()).json).toMatchObject({ epoch: 1, goingOn: 1, left: 0 })
    expect((await b.see()).left).toBeUndefined()
    expect((await b.raw.get(keys.run(runId)))?.value).toMatchObject({ regionEpoch: 1 })
  })

  test('both take over at once, unable to talk: the one of the higher epoch is obeyed, and the other stands by', async () => {
    const { a, b, table, wait } = await twoRegions()
    await b.takeOver()
    await table.exchange()
    wait(6_000)
    // Now A takes over again, and B, which does not hear of it, is told to, too: it is active already.
    expect((await a.takeOver()).json).toMatchObject({ active: A, epoch: 2 })
    expect((await b.takeOver()).json).toMatchObject({ active: B, epoch: 1 })
    expect((await a.lease(2)).status).toBe(200)
    expect(await b.lease(2)).toMatchObject({ status: 421, json: { code: 'REGION_STANDBY' } })
    await table.exchange()
    wait(6_000)
    expect([await a.see(), await b.see()]).toMatchObject([
      { active: A, epoch: 2, standingBy: false },
      { active: A, epoch: 2, standingBy: true },
    ])
  })

  test('lost right after it took over, unheard of: the other one learns it from gateways, says so, and takes over under a higher epoch', async () => {
    const { a, b, table, wait } = await twoRegions()
    await b.takeOver()
    await table.exchange()
    wait(6_000)
    await a.takeOver()
    table.lose()
    expect((await b.lease(2)).json.code).toBe('REGION_STANDBY')
    const seen = await b.see()
    expect(seen).toMatchObject({ active: B, epoch: 1, heard: 2 })
    expect(seen.line).toContain('gateways come with epoch 2: another region was taken over')
    expect((await b.takeOver()).json).toMatchObject({ active: B, epoch: 3, former: A })
    expect((await b.lease(3)).status).toBe(200)
  })

  test('a gateway that lies of its epoch uses up no numbers', async () => {
    const { a } = await twoRegions()
    expect((await a.lease(Number.MAX_SAFE_INTEGER)).status).toBe(421)
    expect((await a.see()).heard).toBeUndefined()
    expect((await a.lease()).status).toBe(200)
  })

  test('the lost region comes back with what it knew: gateways refuse it, it listens first, and no run that has ended is begun again', async () => {
    const site = await twoRegions()
    const { a, b, table, wait, quiet } = site
    const { runId, jobId } = await atWork(site, RESTORE)
    await b.takeOver()
    await b.lease(1, '01J000000000000000000000PB')
    await b.post(`/v1/jobs/${jobId}/result`, { epoch: 2, outcome: { status: 'cancelled' } }, 1)
    await until('the run has ended', async () => (await b.runOf(runId)).run.state !== 'running')
    for (let minute = 0; minute < 20; minute++) {
      wait(MINUTE)
      await b.tick()
    }

    expect(await a.backup()).toMatchObject({ status: 503, json: { code: 'REGION_LISTENS' } })
    expect(await a.tick()).toEqual({ standingBy: A })
    expect((await a.see()).listens).toBe(true)
    expect((await a.lease(1)).status).toBe(503)
    await table.exchange()
    wait(6_000)
    expect(await a.backup()).toMatchObject({ status: 421, json: { code: 'REGION_STANDBY' } })
    expect((await a.lease(1)).json.code).toBe('REGION_STANDBY')
    await quiet(3)
    for (const side of [a, b])
      expect((await side.runOf(runId)).run, side.raw === a.raw ? A : B).toMatchObject({
        state: 'cancelled',
      })
  })

  test('where nobody took over while it was away, it goes on with the first word of the other; alone, after three minutes', async () => {
    const { a, b, table, wait, quiet } = await twoRegions()
    const away = async () => {
      for (let minute = 0; minute < 20; minute++) {
        wait(MINUTE)
        await b.tick()
      }
      await table.exchange()
    }
    await away()
    expect(await a.tick()).toEqual({ standingBy: A })
    expect((await a.backup()).json.code).toBe('REGION_LISTENS')
    await quiet(1)
    wait(6_000)
    expect((await a.backup()).status).toBe(200)

    wait(20 * MINUTE) // both are away, and only A comes back
    await a.tick()
    wait(2 * MINUTE)
    expect((await a.backup()).json.code).toBe('REGION_LISTENS')
    wait(MINUTE)
    expect((await a.backup()).status).toBe(200)
  })

  test('goes back: each time of a schedule runs once, each message is sent once, what runs goes on, and both chains of records hold', async () => {
    const site = await twoRegions()
    const { a, b, quiet } = site
    const channels = await a.asPerson('POST', '/v1/channels', {
      name: 'duty',
      to: MAIL,
    })
    expect(channels.status, JSON.stringify(channels.json)).toBe(200)
    const { channelId } = channels.json as { channelId: string }
    await a.asPerson('PUT', '/v1/notification-settings', {
      rules: [{ events: ['region-taken-over'], channelIds: [channelId] }],
    })
    const policy = await a.asPerson('POST', '/v1/policies', {
      ...{ name: 'each quarter', selection: { include: [{ all: true }] }, retention: { last: 7 } },
      schedule: { cron: '*/15 * * * *', timeZone: 'UTC' },
    })
    expect(policy.status, JSON.stringify(policy.json)).toBe(200)
    const runs = async (at = b) =>
      ((await at.asPerson('GET', '/v1/runs')).json.items as { runId: string }[]).map(
        ({ runId }) => runId,
      )

    await quiet(16) // 00:15 in A
    expect(await runs()).toHaveLength(1)
    await b.takeOver()
    await quiet(3)
    expect(await runs()).toHaveLength(1)
    await a.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['mail'] }) // refused, and recorded there
    const { json } = await b.backup()
    await quiet(1)
    expect((await b.see()).lastWords).toEqual({ [A]: expect.any(Number) })
    expect((await a.takeOver()).json).toMatchObject({ active: A, epoch: 2, goingOn: 2 })
    await quiet(2)
    expect((await b.see()).standingBy).toBe(true)
    expect((await a.raw.get(keys.run(String(json.runId))))?.value).toMatchObject({ regionEpoch: 2 })

    expect([a.sent(), b.sent()]).toEqual([['region-taken-over'], ['region-taken-over']])
    for (const side of [a, b])
      for (const chain of [A, B]) {
        const { pk } = keys.auditRecord(chain, 1)
        const records = await Array.fromAsync(
          queryAll<AuditRecord>(side.raw, pk),
          ({ value }) => value,
        )
        expect(records.length, chain).toBeGreaterThan(1)
        const each = (async function* () {
          yield* records
        })()
        expect(await verifyChain(chain, each)).toMatchObject({ findings: [] })
      }
  })

  test.each([
    ['another name', { confirm: A }, 409, 'REGION_NOT_CONFIRMED'],
    ['no name', {}, 400, 'REQUEST_INVALID'],
    ['a number', { confirm: 7 }, 400, 'REQUEST_INVALID'],
    ['a member that nobody knows', { confirm: B, force: true }, 400, 'REQUEST_INVALID'],
    ['a reason that is too long', { confirm: B, why: 'x'.repeat(501) }, 400, 'REQUEST_INVALID'],
  ])('a take-over with %s is refused', async (_, body, status, code) => {
    const { b } = await twoRegions()
    const refused = await b.asPerson('POST', '/v1/region/take-over', body)
    expect(refused).toMatchObject({ status, json: { code } })
    expect(await b.see()).toMatchObject({ active: A, epoch: 0 })
  })
})

test('a take-over with more open runs than a call has time for goes on with some, says how many are left, and the clock does the rest', async () => {
  const { a, b, table, wait } = await twoRegions()
  for (let n = 0; n < 4; n++) await a.backup()
  await table.exchange()
  // Each run takes three seconds.
  const slow: typeof b.ports = {
    ...b.ports,
    workflow: {
      ...b.ports.workflow,
      start: async () => {
        wait(3_000)
        return 'running'
      },
    },
  }
  const call = { body: { confirm: B }, caller: { name: 'somebody' } }
  const reply = await takeOverRegion(slow)(call as never)
  expect(reply).toMatchObject({ goingOn: 3, left: 1 })
  expect((await b.see()).left).toBe(1)
  await whereActive(tendRuns)(slow)()
  expect((await b.see()).left).toBeUndefined()
})
