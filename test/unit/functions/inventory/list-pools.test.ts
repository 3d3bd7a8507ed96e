import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { putPool } from '#core/inventory/inventory.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const SR = { uuid: vmUuid(77), name: 'fast', type: 'ext', size: 9, used: 1, isDefault: true }
const NETWORK = { uuid: vmUuid(78), name: 'Pool-wide network' }
const ID = '01J000000000000000000000PV'

const setUp = async () => {
  const catalog = memoryCatalog()
  const api = await testApi({ catalog })
  const { gatewayId } = api.gateway
  await putPool(catalog, gatewayId, { ...poolOf(), srs: [SR], networks: [NETWORK] }, NOON)
  await putPool(catalog, gatewayId, { ...poolOf(), uuid: vmUuid(99), name: 'pool two' }, NOON)
  for (const [pointId, vm] of [[ID, 1] as const, [ID.replace(/V$/, 'W'), 2] as const])
    await putPoint(
      catalog,
      pointOf(pointId, { vmUuid: vmUuid(vm), vmName: `vm ${vm}`, poolUuid: POOL }),
    )
  return async (path: string, query: string) => api.asPerson('GET', path, undefined, query)
}

test('pools are listed page by page, with storage and networks where the gateway tells them', async () => {
  const get = await setUp()
  const first = (await get('/v1/pools', 'limit=1')).json
  const rest = await get('/v1/pools', `limit=1&after=${encodeURIComponent(String(first.next))}`)
  const pools = [...(first.items as object[]), ...(rest.json.items as object[])]
  const one = pools.find(pool => 'networks' in pool)
  expect(one).toMatchObject({ uuid: POOL, name: 'pool one', srs: [SR], networks: [NETWORK] })
  expect(one).not.toHaveProperty('gatewayId')
  expect(pools).toHaveLength(2)
})

test('one recovery point is asked for by its id', async () => {
  const get = await setUp()
  expect((await get('/v1/points', `point=${ID}`)).json.items).toMatchObject([
    { pointId: ID, vmName: 'vm 1' },
  ])
  const missing = await get('/v1/points', `point=${ID.replace(/V$/, 'Q')}`)
  expect(missing).toMatchObject({ status: 404, json: { code: 'POINT_NOT_FOUND' } })
})
