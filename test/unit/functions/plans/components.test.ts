import { beforeEach, expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { InventoryVm } from '#core/contracts/gateway-api.ts'
import { StartRunRequest } from '#core/contracts/runs-api.ts'
import { putPool } from '#core/inventory/inventory.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { isForPool } from '#core/runs/work-of.ts'
import { planOf } from '#functions/plans/index.ts'
import { ids, point } from '#test/support/points.ts'

const HOST = '44444444-4444-4444-8444-444444444444'
const OTHER_HOST = '55555555-5555-4555-8555-555555555555'
const TEMPLATE = '66666666-6666-4666-8666-666666666666'

const vm = (uuid: string, name: string): InventoryVm => ({
  uuid,
  name,
  description: '',
  powerState: 'Halted',
  tags: [],
  disks: [],
})

let catalog: ReturnType<typeof memoryCatalog>

beforeEach(async () => {
  catalog = memoryCatalog()
  const pool = {
    uuid: ids.pool,
    name: 'lab',
    version: 'XenServer 8',
    hosts: [
      { uuid: HOST, name: 'xen-1', live: true },
      { uuid: OTHER_HOST, name: 'xen-2', live: false },
    ],
    srs: [],
    vms: [vm(ids.vm, 'db-01')],
    templates: [vm(TEMPLATE, 'golden')],
  }
  await putPool(catalog, ids.run, pool, 0)
})

const plan = (request: object) =>
  planOf(catalog, StartRunRequest.parse({ kind: 'backup', ...request }) as never, 0)

test('each option alone means all, a host that is down included', async () => {
  const { specs, title } = await plan({ pools: 'all', hosts: 'all', templates: 'all' })
  expect(specs.filter(isForPool).map(({ kind, vmUuid }) => [kind, vmUuid])).toEqual([
    ['backup-template', TEMPLATE],
    ['backup-pool-metadata', ids.pool],
    ['backup-host', HOST],
    ['backup-host', OTHER_HOST],
  ])
  expect(title).toBe('"golden", "lab", "xen-1" and 1 more')
})

test('names and UUIDs choose; the lock goes along; VMs may be in the same run', async () => {
  const lock = { mode: 'governance', days: 30 }
  const { specs } = await plan({ vms: ['db-01'], hosts: ['xen-2', OTHER_HOST], lock })
  expect(specs).toMatchObject([
    { kind: 'backup-vm', vmName: 'db-01', lock },
    { kind: 'backup-host', vmName: 'xen-2', poolUuid: ids.pool, lock },
  ])
})

test('a name that nobody has, and one that two have', async () => {
  await expect(plan({ templates: ['goldn'] })).rejects.toMatchObject({
    code: 'COMPONENT_NOT_FOUND',
    message: 'There is no template "goldn". Did you mean "golden"?',
  })
  const twin = { uuid: OTHER_HOST, name: 'xen-1', live: true }
  const pool = { uuid: ids.vdi, name: 'lab 2', version: '', hosts: [twin], srs: [], vms: [] }
  await putPool(catalog, ids.run, pool, 0)
  await expect(plan({ hosts: ['xen-1'] })).rejects.toMatchObject({ code: 'COMPONENT_AMBIGUOUS' })
})

test('what no policy of VMs is about is left out of boot checks, and refused where it is named', async () => {
  const poolPoint = '01KAN6Z0000000000000000P00'
  await putPoint(catalog, point())
  await putPoint(
    catalog,
    point({ pointId: poolPoint, vmUuid: ids.pool, kind: 'pool-metadata', disks: [], contents: [] }),
  )
  const check = (request: object) =>
    planOf(catalog, StartRunRequest.parse({ kind: 'boot-check', ...request }) as never, 0)
  const { specs } = await check({ pointIds: [], allLatest: true })
  expect(specs.filter(isForPool).map(({ vmUuid }) => vmUuid)).toEqual([ids.vm])
  await expect(check({ pointIds: [poolPoint] })).rejects.toMatchObject({
    code: 'POINT_OF_OTHER_KIND',
  })

  const restore = (wishes: object) =>
    planOf(
      catalog,
      StartRunRequest.parse({ kind: 'restore', pointId: poolPoint, ...wishes }) as never,
      0,
    )
  await expect(restore({})).rejects.toMatchObject({ code: 'POINT_OF_OTHER_KIND' })
  expect((await restore({ wishes: { planOnly: true } })).specs).toMatchObject([
    { kind: 'rehearse-pool-restore', poolUuid: ids.pool, pointId: poolPoint },
  ])
})

test('all templates, where there is none, is nothing to back up', async () => {
  await expect(
    planOf(
      memoryCatalog(),
      StartRunRequest.parse({ kind: 'backup', templates: 'all' }) as never,
      0,
    ),
  ).rejects.toMatchObject({ code: 'NOTHING_TO_BACK_UP' })
})
