import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { Replica } from '#core/replication/replica.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf } from '#test/support/fake-gateway.ts'

const A = '77777777-7777-4777-8777-777777777771'
const B = '77777777-7777-4777-8777-777777777772'
const OTHER = '99999999-9999-4999-8999-999999999999'
const sr = (uuid: string, name: string) => ({
  uuid,
  name,
  type: 'ext',
  isDefault: false,
  size: 1,
  used: 0,
})

const site = async () => {
  const api = await testApi()
  const srs = [sr(A, 'Local storage'), sr(B, 'Local storage')]
  const pools = [poolOf('db'), { ...poolOf(), uuid: OTHER, srs }]
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, { pools })
  return api
}

const put = (api: TestApi, body: object) =>
  api.asPerson('POST', '/v1/replicas', { vm: 'db', keep: 1, everySeconds: 3_600, ...body })

test('of two pools or storage repositories of one name none is guessed', async () => {
  const api = await site()
  const pool = await put(api, { pool: 'pool one' })
  expect({ status: pool.status, ...pool.json }).toMatchObject({
    status: 409,
    code: 'COMPONENT_AMBIGUOUS',
    message: `2 pools are called "pool one": ${POOL}, ${OTHER}.`,
  })
  expect((await put(api, { pool: OTHER, sr: 'Local storage' })).json).toMatchObject({
    code: 'COMPONENT_AMBIGUOUS',
    message: `2 storage repositories are called "Local storage": ${A}, ${B}.`,
    advice: 'Name the storage repository by its UUID instead.',
  })
})

test('a UUID is found however it is written', async () => {
  const api = await site()
  const { json } = await put(api, { pool: OTHER.toUpperCase(), sr: B.toUpperCase() })
  const stored = await api.ports.catalog.get<Replica>(keys.replica(String(json.replicaId)))
  expect(stored?.value).toMatchObject({ poolUuid: OTHER, srUuid: B })
})
