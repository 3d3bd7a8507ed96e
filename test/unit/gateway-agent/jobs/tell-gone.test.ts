import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { ulidMaker } from '#core/ids.ts'
import { markVanished } from '#core/points/vanished.ts'
import { reconcilePoints } from '#gateway-agent/jobs/reconcile.ts'
import { tellGonePoints } from '#gateway-agent/jobs/tell-gone.ts'
import { gatewayClient } from '#test/support/api-client.ts'
import { testApi } from '#test/support/call-api.ts'
import { specOf } from '#test/support/ended-run.ts'
import { pointOf } from '#test/support/fake-gateway.ts'
import { memoryLog } from '#test/support/patience.ts'
import { backUp, newRepository, VM } from '#test/support/repository/open.ts'

/** Three points in a repository and in a catalog. */
const world = async () => {
  const api = await testApi()
  const store = memoryObjectStore()
  const made = await newRepository(store)
  const client = gatewayClient(api)
  const points = []
  for (let index = 0; index < 3; index++) {
    const disks = [{ diskId: 'a', image: made.random.bytes(64 * 1024) }]
    points.push((await backUp(made.repository, { jobId: made.jobId(), disks })).point)
  }
  const repositoryId = made.repository.id
  const entered = points.map(({ id }) => ({
    ...pointOf(id, { vmUuid: VM, vmName: 'web', poolUuid: VM }),
    repositoryId,
  }))
  await client.call('putPoints', { params: { repositoryId }, body: { points: entered } })
  const log = memoryLog()
  const options = { client, repository: made.repository, repositoryId, log }
  const compare = async () => {
    const signal = AbortSignal.timeout(10_000)
    await reconcilePoints({ ...options, signal })
    await tellGonePoints({ ...options, signal })
  }
  const listed = async () => {
    const { json } = await api.asPerson('GET', '/v1/points')
    return new Map((json.items as PointSummary[]).map(point => [point.pointId, point]))
  }
  return { api, store, ...made, points, compare, listed, entered }
}

test('points that were deleted elsewhere leave the catalog, and do not come back', async () => {
  const { repository, store, points, compare, listed } = await world()
  const [first, , last] = points
  await compare()
  expect((await listed()).size).toBe(3)
  await repository.removePoint(first as { key: string }, store)
  await repository.removePoint(last as { key: string }, store)
  for (let round = 0; round < 2; round++) {
    await compare()
    expect([...(await listed()).keys()]).toEqual([points[1]?.id])
  }
})

test('a bucket that somebody emptied is a few messages, and no point is told of twice', async () => {
  const api = (await testApi()).ports
  const { catalog } = api
  const ids = Array.from(
    { length: 45 },
    (_, n) => `01J0000000000000000000P${String(n).padStart(3, '0')}`,
  )
  for (const [n, pointId] of ids.entries()) {
    const value = pointOf(pointId, specOf(n))
    await catalog.write([{ kind: 'put', key: keys.point(pointId), value, expect: 'absent' }])
  }
  const newId = ulidMaker(api)
  await Promise.all([1, 2].map(() => markVanished(catalog, ids, { newId, at: 1 })))
  const { items } = await catalog.query<{ event: { total: number } }>(keys.outbox('').pk)
  expect(items.map(({ value }) => value.event.total).sort()).toEqual([20, 20, 5])
})

test('a point that somebody hides stays in the catalog, is told of once, and is as before when it is back', async () => {
  const { api, store, points, compare, listed } = await world()
  const { id = '', key = '' } = points[1] ?? {}
  const record = store.objects.get(key)
  store.hide(key)
  for (let round = 0; round < 2; round++) await compare()
  expect((await listed()).get(id)).toMatchObject({ vanished: expect.any(Number) })
  expect([...(await listed()).values()].filter(({ vanished }) => vanished)).toHaveLength(1)
  const { items } = await api.ports.catalog.query<{ event: { kind: string; findings: string[] } }>(
    keys.outbox('').pk,
  )
  expect(items.map(({ value }) => value.event)).toMatchObject([
    {
      kind: 'damage-found',
      findings: [expect.stringContaining(`${id} of "web" is not in the repository any more`)],
    },
  ])
  for await (const found of store.versions(key))
    if (found.deleteMarker) await store.remove(key, found.version)
  expect((await store.get(key)).length).toBe(record?.bytes.length)
  await compare()
  expect((await listed()).get(id)).not.toHaveProperty('vanished')
})
