import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const siteWith = async (...names: string[]) => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  const pool = poolOf(...names)
  const vms = pool.vms.map(vm => ({ ...vm, disks: ['0', '2'].map(disk) }))
  await api.asGateway('PUT', path, { pools: [{ ...pool, vms }] })
  return api
}

const disk = (userdevice: string) => ({
  ...{ vdiUuid: vmUuid(1_000 + Number(userdevice)), userdevice, name: `disk ${userdevice}` },
  ...{ size: 1_048_576, cbt: true },
})

const start = (api: TestApi, body: object) =>
  api.asPerson('POST', '/v1/runs', { kind: 'backup', ...body })

const specs = async (api: TestApi, count: number): Promise<BackupVmSpec[]> => {
  const jobs: { jobId: string; spec: BackupVmSpec }[] = []
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  await expect
    .poll(async () => {
      const body = { instance: INSTANCE, freeSlots: 8, pools: [POOL] }
      const { json } = await api.asGateway('POST', path, body)
      jobs.push(...(json.jobs as typeof jobs))
      return jobs.length
    })
    .toBe(count)
  return jobs.map(({ spec }) => spec).sort((a, b) => (a.vmName < b.vmName ? -1 : 1))
}
const INSTANCE = ulid()

test('what is told for a VM goes before what is told for the run', async () => {
  const api = await siteWith('app', 'db', 'web')
  await start(api, {
    vms: ['app', 'db', 'web'],
    method: 'memory',
    fallback: 'crash',
    perVm: [
      { vm: 'db', method: 'offline', fallback: 'hard-shutdown', shutdownSeconds: 600 },
      { vm: 'web', excludedDisks: ['2'] },
    ],
  })
  const [app, db, web] = await specs(api, 3)
  expect(app).toMatchObject({ method: 'memory', fallback: 'crash' })
  expect(app).not.toHaveProperty('group')
  expect(db).toMatchObject({ method: 'offline', fallback: 'hard-shutdown', shutdownSeconds: 600 })
  expect(web).toMatchObject({ method: 'memory', fallback: 'crash', excludedDisks: ['2'] })
})

test('normal, and fail, unless told', async () => {
  const api = await siteWith('app')
  await start(api, { vms: ['app'] })
  const [app] = await specs(api, 1)
  expect(app?.method).toBe('normal')
  expect(app).not.toHaveProperty('fallback')
})

test('every job of a group knows all members, with their jobs and methods', async () => {
  const api = await siteWith('app', 'db')
  const { json } = await start(api, {
    vms: ['app', 'db'],
    together: { whenOneFails: 'without' },
    perVm: [{ vm: 'db', method: 'offline' }],
  })
  const [app, db] = await specs(api, 2)
  expect(app?.group).toStrictEqual(db?.group)
  expect(app?.group).toMatchObject({
    id: json.runId,
    whenOneFails: 'without',
    members: [
      { vmUuid: vmUuid(1), vmName: 'app', method: 'normal' },
      { vmUuid: vmUuid(2), vmName: 'db', method: 'offline' },
    ],
  })
})

test('what is no VM stays beside the group, and is backed up all the same', async () => {
  const api = await siteWith('app', 'db')
  const together = { whenOneFails: 'group' }
  await start(api, { vms: ['app', 'db'], pools: 'all', together })
  const [app, db, pool] = await specs(api, 3)
  expect(pool).toMatchObject({ kind: 'backup-pool-metadata' })
  expect(pool).not.toHaveProperty('group')
  expect(app?.group?.members).toHaveLength(2)
  expect(db?.group).toStrictEqual(app?.group)
})

test.each([
  [
    { vms: ['app'], together: { whenOneFails: 'group' } },
    'GROUP_UNSUITABLE',
    'These VMs cannot be snapshotted together: a group has two members or more.',
  ],
  [
    { vms: ['app'], fallback: 'hard-shutdown', method: 'memory' },
    'REQUEST_INVALID',
    'The request is not valid: only an offline backup may switch a VM off, and that of "app" is to be memory.',
  ],
  [
    { vms: ['app'], perVm: [{ vm: 'db', method: 'offline' }] },
    'REQUEST_INVALID',
    'The request is not valid: the VM "db" is treated of its own but not backed up.',
  ],
  [
    { vms: ['app'], perVm: [{ vm: 'app', excludedDisks: ['2', '9'] }] },
    'REQUEST_INVALID',
    'The request is not valid: the VM "app" has no disk 9 to leave out; it has: 0, 2.',
  ],
  [{ vms: ['app'], method: 'hot' }, 'REQUEST_INVALID', expect.stringContaining('method')],
])('%j is refused', async (body, code, message) => {
  const api = await siteWith('app', 'db')
  const { status, json } = await start(api, body)
  expect({ status, ...json }).toMatchObject({ status: 400, code, message })
})

test('VMs of two pools are no group', async () => {
  const api = await testApi()
  const other = { ...poolOf('db'), uuid: '99999999-9999-4999-8999-999999999999' }
  const [db] = other.vms
  const pools = [
    poolOf('app'),
    { ...other, vms: [{ ...db, uuid: '88888888-8888-4888-8888-888888888888' }] },
  ]
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, { pools })
  const { json } = await start(api, { vms: ['app', 'db'], together: { whenOneFails: 'group' } })
  expect(json).toMatchObject({
    code: 'GROUP_UNSUITABLE',
    message: 'These VMs cannot be snapshotted together: "app" and "db" are in different pools.',
  })
})
