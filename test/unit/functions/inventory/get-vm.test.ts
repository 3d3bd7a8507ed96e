import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { GetVmReply } from '#core/contracts/vms-api.ts'
import { putPool } from '#core/inventory/inventory.ts'
import { forgetPoint } from '#core/points/forget.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { commitBackup } from '#functions/workflow/commit-backup.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'
import { policySite } from '#test/support/policy-site.ts'

const GiB = 1024 ** 3
const VM = { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }

const disk = (userdevice: string, name: string) => ({
  ...{ vdiUuid: vmUuid(50 + Number(userdevice)), userdevice, name, size: GiB, cbt: true },
})

const look = async (api: TestApi, uuid = VM.vmUuid) => {
  const { status, json } = await api.asPerson('GET', `/v1/vms/${uuid}`)
  expect(status, JSON.stringify(json)).toBe(200)
  return GetVmReply.parse(json)
}

/** A point of which a share was read and new; a quiet one unless told. */
const made = (n: number, share = 0.01, packed = 0.5): PointSummary => ({
  ...pointOf(`01J000000000000000000000${String(n).padStart(2, '0')}`, VM),
  ...{ taken: NOON + n, committed: NOON + n },
  disks: [
    {
      ...{ vdiUuid: vmUuid(50), name: 'root', userdevice: '0', rung: 'cbt-nbd', size: GiB },
      ...{ incremental: n > 1, reasons: [], rootHash: '', bytesRead: Math.round(share * GiB) },
    },
  ],
  bytesNew: Math.round(share * GiB),
  bytesStored: Math.round(share * packed * GiB),
})

test('disks that are left out, and policies that take it, each with the reason', async () => {
  const api = await testApi()
  const [vm] = poolOf('web01').vms
  if (!vm) throw new Error('no VM')
  const disks = [disk('0', 'root'), disk('1', '[NOBAK] swap'), disk('2', 'scratch')]
  const pool = { ...poolOf(), vms: [{ ...vm, tags: ['prod'], disks }] }
  await putPool(api.ports.catalog, api.gateway.gatewayId, pool, NOON)
  const policy = { retention: { daily: 7 }, selection: { include: [{ tags: ['prod'] }] } }
  const schedule = { cron: '0 2 * * *', timeZone: 'UTC' }
  const excludeDisks = [{ names: ['scratch*'] }]
  await api.asPerson('POST', '/v1/policies', { ...policy, name: 'Nightly', schedule, excludeDisks })
  await api.asPerson('POST', '/v1/policies', { ...policy, name: 'By hand' })

  expect(await look(api)).toMatchObject({
    name: 'web01',
    seen: NOON,
    vm: { poolName: 'pool one', disks: [{ cbt: true }, {}, {}], policies: [{ name: 'Nightly' }] },
    policies: [
      { name: 'Nightly', why: 'Taken, because it bears the tag "prod".', protects: true },
      { name: 'By hand', why: 'Taken, because it bears the tag "prod".', protects: false },
    ],
    leftOut: [
      { userdevice: '1', why: 'Its name says [NOBAK]: no backup takes it.' },
      { userdevice: '2', why: 'The policy "Nightly" leaves it out.' },
    ],
    points: { count: 0, bytesStored: 0, locked: 0 },
    runs: [],
  })
})

test('its points in short, what holds them, and the last jobs, failed ones too', async () => {
  const { api, lease, tell } = await policySite('web01', 'db01')
  const { catalog } = api.ports
  for (const until of [NOON + 5_000, NOON + 9_000, NOON - 1])
    await putPoint(catalog, {
      ...made(until % 97),
      lock: { mode: 'compliance', until, asked: NOON },
    })
  await api.asPerson('POST', '/v1/holds', { on: { vmUuid: VM.vmUuid }, reason: 'court file' })
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  const jobs = await lease()
  const backup = jobs.find(({ spec }) => spec.kind === 'backup-vm')
  if (!backup) throw new Error('no job')
  const problem = { code: 'X', message: 'It broke.', advice: 'Mend it.', retryable: false }
  await tell(backup, { status: 'failed', problem })

  const vm = await look(api)
  expect(vm.points).toMatchObject({ count: 3, locked: 2, lockedUntil: NOON + 9_000, unusual: 0 })
  expect(vm.holds).toMatchObject([{ vmUuid: VM.vmUuid, reason: 'court file' }])
  expect(vm.runs).toMatchObject([
    {
      kind: 'backup-vm',
      state: 'finished',
      status: 'failed',
      line: expect.stringContaining('It broke.'),
    },
  ])
  expect((await look(api, vmUuid(2))).runs).toEqual([])
})

test('a VM that is gone is told of while it has points, and unknown without', async () => {
  const api = await testApi()
  await putPoint(api.ports.catalog, made(1))
  const vm = await look(api)
  expect(vm).toMatchObject({ name: 'web01', policies: [], points: { count: 1 } })
  expect(vm.vm).toBeUndefined()
  const { status, json } = await api.asPerson('GET', `/v1/vms/${vmUuid(9)}`)
  expect([status, json.code]).toEqual([404, 'VM_NOT_FOUND'])
})

/** A VM of which backups come in as they do from a gateway. */
const backedUpSite = async () => {
  const api = await testApi()
  const { catalog } = api.ports
  await putPool(catalog, api.gateway.gatewayId, poolOf('web01'), NOON)
  return {
    ...{ api, catalog },
    async commit(point: PointSummary) {
      const job = { jobId: point.pointId, outcome: { status: 'backed-up', point, notes: [] } }
      const value = { ...job, runId: 'R', spec: { kind: 'backup-vm', ...VM } }
      await catalog.write([
        { kind: 'put', key: keys.job('R', point.pointId), value, expect: 'any' },
        { kind: 'put', key: keys.jobOwner(point.pointId), value: { runId: 'R' }, expect: 'any' },
      ])
      await commitBackup(api.ports)({ runId: 'R', attempt: 0, jobId: point.pointId })
    },
    announced: async () => (await catalog.query(keys.outbox('').pk)).items,
    async listed() {
      const { json } = await api.asPerson('GET', '/v1/vms', undefined, 'unusual=true')
      return json.items as { unusual: object }[]
    },
  }
}

test('a backup that looks like encryption is marked, listed and announced once; its deletion takes the mark', async () => {
  const { api, catalog, commit, announced, listed } = await backedUpSite()
  for (let n = 1; n <= 8; n++) await commit(made(n))
  expect(await announced()).toEqual([])
  const struck = made(9, 0.9, 1)
  await commit(struck)
  await commit(struck)
  await commit(made(10))

  expect(await announced()).toMatchObject([
    { value: { event: { kind: 'unusual-change', name: 'web01', suspicious: true } } },
  ])
  expect(await listed()).toMatchObject([
    {
      lastPoint: NOON + 10,
      unusual: { pointId: struck.pointId, taken: NOON + 9, suspicious: true },
    },
  ])
  const { json } = await api.asPerson('GET', '/v1/points', undefined, 'limit=2')
  expect(json.items).toMatchObject([{}, { unusual: { suspicious: true } }])
  expect((json.items as PointSummary[])[0]?.unusual).toBeUndefined()

  await forgetPoint(catalog, struck.pointId)
  expect(await listed()).toEqual([])
  expect((await look(api)).points).toMatchObject({ count: 9, unusual: 0 })
})

test('somebody who knows why says so: it is told no more and stays in the history; the next change is told again', async () => {
  const { api, commit, announced, listed } = await backedUpSite()
  for (let n = 1; n <= 8; n++) await commit(made(n))
  await commit(made(9, 0.9, 1))
  const [quiet, struck] = [made(8).pointId, made(9).pointId]
  expect(await look(api)).toMatchObject({
    vm: { unusual: { pointId: struck } },
    beforeChange: {
      text: 'The newest point from before it stays until somebody says why, whatever policies keep.',
      ...{ pointId: quiet, taken: NOON + 8 },
    },
  })
  const say = (pointId: string, because: string, authorization = 'Bearer operator') =>
    api.call('POST', `/v1/points/${pointId}/acknowledge`, { body: { because }, authorization })

  expect(await say(struck, 'a move', 'Bearer viewer')).toMatchObject({ status: 403 })
  expect(await say(struck, '   ')).toMatchObject({ status: 400 })
  expect(await say(quiet, 'a move')).toMatchObject({
    status: 409,
    json: {
      code: 'NOTHING_UNUSUAL',
      message: `The recovery point ${quiet} is as usual: there is nothing to explain.`,
    },
  })
  const acknowledged = { at: NOON, by: 'someone', because: '<b>moved</b> the archive' }
  const { status, json } = await say(struck, '<b>moved</b> the archive')
  expect({ status, unusual: json.unusual }).toMatchObject({
    status: 200,
    unusual: { acknowledged },
  })

  expect(await listed()).toEqual([])
  const after = await look(api)
  expect(after.vm?.unusual).toBeUndefined()
  expect(after.beforeChange).toBeUndefined()
  const points = await api.asPerson('GET', '/v1/points', undefined, `vm=${VM.vmUuid}&limit=1`)
  expect(points.json.items).toMatchObject([{ pointId: struck, unusual: { acknowledged } }])
  const audit = await api.asPerson('GET', '/v1/audit', undefined, 'action=acknowledgeChange')
  expect(audit.json.items).toContainEqual(
    expect.objectContaining({
      ...{ who: 'someone', role: 'operator', outcome: 'asked', target: struck },
      detail: expect.stringContaining('moved</b> the archive'),
    }),
  )

  for (let n = 10; n <= 24; n++) await commit(made(n))
  await commit(made(25, 0.9, 1))
  expect(await listed()).toMatchObject([{ unusual: { pointId: made(25).pointId } }])
  expect(await announced()).toHaveLength(2)
})

test('of a VM that is gone what nobody explained is told, too; a point that is damaged is none to go back to', async () => {
  const { api, catalog, commit } = await backedUpSite()
  for (let n = 1; n <= 8; n++) await commit(made(n))
  await commit(made(9, 0.9, 1))
  await putPool(catalog, api.gateway.gatewayId, poolOf(), NOON)
  const [before, quiet, struck] = [made(7).pointId, made(8).pointId, made(9).pointId]
  const gone = await look(api)
  expect(gone.vm).toBeUndefined()
  expect(gone).toMatchObject({ unusual: { pointId: struck }, beforeChange: { pointId: quiet } })

  const verification = { report: { affected: [quiet] } }
  const key = keys.maintenance('state')
  await catalog.write([{ kind: 'put', key, value: { verification }, expect: 'any' }])
  expect(await look(api)).toMatchObject({ beforeChange: { pointId: before } })

  const body = { because: 'a move' }
  expect(await api.asPerson('POST', `/v1/points/${struck}/acknowledge`, body)).toMatchObject({
    status: 200,
  })
  expect((await look(api)).unusual).toBeUndefined()
})

test('a gateway cannot say what is unusual, and a catalog that is filled anew judges again, and tells nothing of the past', async () => {
  const api = await testApi()
  const unusual = { signs: ['more-new' as const], suspicious: true, text: 'I say so.' }
  const points = Array.from({ length: 8 }, (_, n) => ({ ...made(n + 1), unusual }))
  points.push({ ...made(9, 0.9, 1), unusual })
  const path = `/v1/repositories/${made(1).repositoryId}/points`
  api.wait(2 * 86_400_000)
  expect((await api.asGateway('PUT', path, { points: points.toReversed() })).status).toBe(200)
  const { json } = await api.asPerson('GET', '/v1/points', undefined, 'limit=100')
  const told = (json.items as PointSummary[]).map(point => point.unusual?.signs)
  expect(told[0]).toEqual(['more-changed', 'more-new', 'less-compressible'])
  expect(told.slice(1).every(signs => signs === undefined)).toBe(true)
  expect((await api.ports.catalog.query(keys.outbox('').pk)).items).toEqual([])
})
