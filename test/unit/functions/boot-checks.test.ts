import { beforeEach, describe, expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { BootCheckResult } from '#core/contracts/boot-check.ts'
import { ListBootChecksReply } from '#core/contracts/boot-checks-api.ts'
import { forgetPoint } from '#core/points/forget.ts'
import { type ProtectedVm, putBootCheck, putPoint } from '#core/points/points-catalog.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const DAY = 86_400_000
const MANY = 5_000

let api: TestApi
beforeEach(async () => {
  api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('a')] })
})

const pointId = (n: number) => `01J0000000000000000000${String(n).padStart(4, '0')}`
const put = (n: number, vm: number, more: object = {}) =>
  putPoint(api.ports.catalog, {
    ...pointOf(pointId(n), { vmUuid: vmUuid(vm), vmName: `vm-${vm}`, poolUuid: POOL }),
    taken: NOON - (1_000 - n) * 60_000,
    ...more,
  })
const result = (more: Partial<BootCheckResult> = {}): BootCheckResult => ({
  ...{ kind: 'boot-check', jobId: pointId(9_999), verdict: 'tools', at: NOON - DAY },
  ...{ poolUuid: POOL, version: '8.2', sentence: 'Booted, guest tools answered after 9 s.' },
  ...more,
})
const list = async (query = '') => {
  const { status, json } = await api.asPerson('GET', '/v1/boot-checks', undefined, query)
  expect(status, JSON.stringify(json)).toBe(200)
  return ListBootChecksReply.parse(json)
}
const only = async (query = '') => (await list(query)).items[0]

describe('the newest check of a VM', () => {
  test('is of whichever point was checked last, and says that newer points were not', async () => {
    await put(1, 1)
    expect(await only()).toMatchObject({ proof: 'never', newest: { pointId: pointId(1) } })
    await putBootCheck(api.ports.catalog, pointId(1), result())
    await put(2, 1)
    const found = await only()
    expect(found).toMatchObject({ proof: 'good', check: { pointId: pointId(1) }, poolUuid: POOL })
    expect(found?.line).toBe(
      'Booted, guest tools answered after 9 s. Checked was the point of 2026-11-21 07:21 UTC. That was a day ago. Newer points have not been checked.',
    )
    await putBootCheck(api.ports.catalog, pointId(2), result({ verdict: 'did-not-boot', at: NOON }))
    expect(await only()).toMatchObject({ proof: 'bad', check: { pointId: pointId(2) } })
    // An older result that arrives late.
    await putBootCheck(api.ports.catalog, pointId(1), result({ at: NOON - DAY / 2 }))
    expect(await only()).toMatchObject({ proof: 'bad' })
  })

  test('is old from so many days on', async () => {
    await put(1, 1, { bootCheck: result({ at: NOON - 30 * DAY }) })
    expect(await only()).toMatchObject({ proof: 'old' })
    expect(await only('days=31')).toMatchObject({ proof: 'good' })
  })

  test('stays when its point is deleted, and says so', async () => {
    await put(1, 1, { bootCheck: result() })
    await put(2, 1)
    await forgetPoint(api.ports.catalog, pointId(1))
    const found = await only()
    expect(found).toMatchObject({ proof: 'gone', check: { gone: true } })
    expect(found?.line).toContain('That point was deleted since')
    expect((await list('proof=lacking')).total).toBe(1)
    // It was taken for deleted: a fill finds it in the repository.
    await put(1, 1, { bootCheck: result() })
    expect(await only()).toMatchObject({ proof: 'good', check: { pointId: pointId(1) } })
    expect((await only())?.check).not.toHaveProperty('gone')
  })

  test('that was good is of a point that is left, where one of them booted too', async () => {
    await put(1, 1, { bootCheck: result({ at: NOON - 2 * DAY }) })
    await put(2, 1, { bootCheck: result() })
    await put(3, 1)
    await forgetPoint(api.ports.catalog, pointId(2))
    expect(await only()).toMatchObject({ proof: 'good', check: { pointId: pointId(1) } })
    await forgetPoint(api.ports.catalog, pointId(1))
    expect(await only()).toMatchObject({ proof: 'gone', check: { pointId: pointId(1) } })
  })

  test('that went wrong is hidden by no older one when its point is deleted', async () => {
    await put(1, 1, { bootCheck: result({ at: NOON - 2 * DAY }) })
    await put(2, 1, { bootCheck: result({ verdict: 'did-not-boot' }) })
    await forgetPoint(api.ports.catalog, pointId(2))
    expect(await only()).toMatchObject({ proof: 'bad', check: { gone: true } })
  })

  test('goes with the VM when its last point is deleted', async () => {
    await put(1, 1, { bootCheck: result() })
    await forgetPoint(api.ports.catalog, pointId(1))
    expect((await list()).items).toEqual([])
  })

  test('comes with points when a catalog is filled anew', async () => {
    await put(2, 1)
    await put(1, 1, { bootCheck: result() })
    expect(await only()).toMatchObject({ check: { pointId: pointId(1) } })
  })
})

describe('entries of versions that kept no checks', () => {
  const asBefore = async (vm: number) => {
    const key = keys.protectedVm(vmUuid(vm))
    const found = await api.ports.catalog.get<ProtectedVm>(key)
    const { checked: _, ...value } = found?.value ?? { checked: null }
    const { kind: __, poolUuid: ___, ...newest } = found?.value.newest ?? {}
    await api.ports.catalog.write([
      { kind: 'put', key, value: { ...value, newest }, expect: 'any' },
    ])
  }

  test('tell what their newest point does, or that it is not known', async () => {
    await put(1, 1, { bootCheck: result() })
    await put(2, 2, { bootCheck: result() })
    await put(3, 2)
    await put(4, 3, { kind: 'pool-metadata' })
    for (const vm of [1, 2, 3]) await asBefore(vm)
    const { items } = await list()
    expect(items.map(({ vmName, proof }) => [vmName, proof])).toEqual([
      ['vm-1', 'good'],
      ['vm-2', 'unknown'],
    ])
    // The next backup looks through all points before it, however many.
    for (let n = 5; n < 25; n++) await put(n, 2)
    await asBefore(2)
    await put(25, 2)
    expect(await only('search=vm-2')).toMatchObject({
      proof: 'good',
      check: { pointId: pointId(2) },
    })
  })

  test('tell what their newest point does also where only the point before was deleted', async () => {
    await put(1, 1, { bootCheck: result() })
    await put(2, 1)
    await asBefore(1)
    await forgetPoint(api.ports.catalog, pointId(2))
    expect(await only()).toMatchObject({ proof: 'good', check: { pointId: pointId(1) } })
  })
})

test('a test failover of a standby is a check of the state', async () => {
  const standby = { uuid: vmUuid(7), name: 'vm-1 (standby)', pointId: pointId(1) }
  await put(1, 1, { bootCheck: result({ standby }) })
  expect((await only())?.line).toContain('That state was held by "vm-1 (standby)".')
})

test('templates, pools and hosts are none', async () => {
  await put(1, 1, { kind: 'template' })
  await put(2, 2, { kind: 'host' })
  expect(await list()).toMatchObject({ items: [], total: 0 })
})

test(`of ${MANY} VMs what is not proven is found, the longest ago first`, async () => {
  const marks = Array.from({ length: MANY }, (_, n) => ({
    ...{ uuid: vmUuid(0x1000 + n), name: `vm-${n}` },
    newest: { pointId: pointId(n), taken: NOON, poolUuid: POOL, kind: 'vm' as const },
    checked:
      n % 2_500 === 0
        ? null
        : { pointId: pointId(n), taken: NOON, result: result({ at: NOON - (n % 50) * DAY }) },
  }))
  for (let from = 0; from < MANY; from += 100)
    await api.ports.catalog.write(
      marks.slice(from, from + 100).map(value => ({
        ...{ kind: 'put' as const, key: keys.protectedVm(value.uuid), expect: 'any' as const },
        value,
      })),
    )
  const before = performance.now()
  const first = await list('proof=lacking&sort=oldest&limit=3')
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(first.items.map(({ proof }) => proof)).toEqual(['never', 'never', 'old'])
  expect(first.total).toBe(2 + 2_000)
  expect(first.counts).toEqual({ good: 2_998, old: 2_000, gone: 0, bad: 0, never: 2, unknown: 0 })
  const seen = new Set(first.items.map(({ vmUuid }) => vmUuid))
  let after = first.next
  while (after !== undefined) {
    const page = await list(`proof=lacking&sort=oldest&limit=1000&after=${after}`)
    for (const { vmUuid: uuid } of page.items) seen.add(uuid)
    after = page.next
  }
  expect(seen.size).toBe(2_002)
}, 30_000)
