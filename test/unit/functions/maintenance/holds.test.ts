import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { Catalog } from '#core/ports.ts'
import { confirmRemoval } from '#functions/api/jobs/confirm-removal.ts'
import { placeHold } from '#functions/api/repository/place-hold.ts'
import { NOON } from '#test/support/call-api.ts'
import { DAY, maintainedSite, WEB } from '#test/support/maintained-site.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

/** Who calls is known by its id. */
const GATEWAY = { gatewayId: '', name: '', publicKey: '', enrolled: 0, pools: [] }

const site = async () => {
  const made = await maintainedSite()
  const policyId = await made.addPolicy({ last: 1 })
  const newest = await made.addPoint(1, { policyId })
  const old = await made.addPoint(2, { policyId })
  const hold = (on: object, more: object = {}) =>
    made.api.asPerson('POST', '/v1/holds', { on, reason: 'court file 12 C 34/26', ...more })
  return { ...made, policyId, newest, old, hold }
}

test('a point under a hold is neither removed by retention nor by a person, until it is released', async () => {
  const { api, old, hold, start, next, ask, removed, tell, ended } = await site()
  expect(await hold({ pointId: old.pointId })).toMatchObject({
    status: 200,
    json: { beingRemoved: [], hold: { vmName: 'web01', by: 'someone', at: NOON } },
  })
  const idle = await start({ steps: ['retention'] })
  expect(await ended(String(idle.json.runId))).toMatchObject({
    state: 'succeeded',
    title: '0 points expired (1 more is under a legal hold)',
    line: 'There was nothing to do.',
  })
  const body = { reason: 'no more room', vmName: 'web01' }
  expect((await api.asPerson('DELETE', `/v1/points/${old.pointId}`, body)).json).toMatchObject({
    code: 'POINT_KEPT',
    message: expect.stringContaining(
      'A legal hold of someone of 2026-11-22 keeps it: court file 12 C 34/26',
    ),
  })
  const release = { on: { pointId: old.pointId }, reason: 'case closed' }
  expect((await api.asPerson('POST', '/v1/holds/release', release)).json).toEqual({
    released: true,
  })
  expect((await api.asPerson('POST', '/v1/holds/release', release)).json).toEqual({
    released: false,
  })
  await start({ steps: ['retention'] })
  const removal = await next()
  expect(await ask(removal, old.pointId)).toEqual({ remove: true })
  await tell(removal, removed(old.pointId))
})

test('a hold on a VM keeps all its points, also those to come, and ends on its day', async () => {
  const { api, hold, start, ended, next, see } = await site()
  const retained = async () => {
    const { json } = await start({ steps: ['retention'] })
    return String(json.runId)
  }
  await hold({ vmUuid: WEB }, { until: NOON + 10 * DAY })
  expect((await ended(await retained())).title).toContain('1 more is under a legal hold')
  api.wait(10 * DAY)
  const runId = await retained()
  await next()
  expect((await see(runId)).run.title).toBe('1 point expired')
})

test('a hold that comes while the job is at work is seen before the point is removed, and else it says that it may be late', async () => {
  const { api, old, hold, start, next, ask, tell, removed } = await site()
  await start({ steps: ['retention'] })
  const removal = await next()
  expect((await hold({ vmUuid: WEB })).json).toMatchObject({ beingRemoved: [] })
  expect(await ask(removal, old.pointId)).toEqual({
    remove: false,
    because: 'A legal hold of someone of 2026-11-22 keeps it: court file 12 C 34/26',
  })
  await api.asPerson('POST', '/v1/holds/release', { on: { vmUuid: WEB }, reason: 'a mistake' })
  expect(await ask(removal, old.pointId)).toEqual({ remove: true })
  for (const on of [{ vmUuid: WEB }, { pointId: old.pointId }])
    expect((await hold(on)).json).toMatchObject({ beingRemoved: [old.pointId] })
  await tell(removal, removed(old.pointId))
  expect(await api.ports.catalog.get(keys.removal(old.pointId, removal.jobId))).toBeUndefined()
  expect((await hold({ vmUuid: WEB })).json).toMatchObject({ beingRemoved: [] })
})

/** Two who work on one catalog and take turns, each call of the catalog a turn, as the seed decides. */
const inTurns = async (
  catalog: Catalog,
  seed: number,
  works: readonly ((catalog: Catalog) => Promise<unknown>)[],
) => {
  const random = seededRandom(seed)
  const waiting = new Map<number, (() => void)[]>()
  const gated = (side: number): Catalog => {
    const turn = () =>
      new Promise<void>(go => {
        waiting.set(side, [...(waiting.get(side) ?? []), go])
      })
    return {
      get: async key => turn().then(() => catalog.get(key)),
      query: async (...query) => turn().then(() => catalog.query(...query)),
      write: async writes => turn().then(() => catalog.write(writes)),
    }
  }
  let atWork = works.length
  const results = works.map((work, side) => work(gated(side)).finally(() => atWork--))
  while (atWork > 0) {
    await new Promise(resolve => setImmediate(resolve))
    const sides = [...waiting].filter(([, turns]) => turns.length > 0)
    const [, turns] = sides[(random.bytes(1)[0] ?? 0) % Math.max(1, sides.length)] ?? []
    turns?.shift()?.()
  }
  return Promise.all(results)
}

test('whatever the order of their steps, a hold and a removal never both believe that they came in time', async () => {
  const { api, old, start, next } = await site()
  await start({ steps: ['retention'] })
  const { jobId, epoch } = await next()
  const { gatewayId } = api.gateway
  const on = { pointId: old.pointId }
  const ends = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    const [asked, held] = (await inTurns(api.ports.catalog, seed, [
      catalog =>
        confirmRemoval({ ...api.ports, catalog })({
          ...{ params: { jobId }, body: { epoch, pointId: old.pointId }, query: {} },
          caller: { gatewayId, signedBy: '', gateway: GATEWAY },
        }),
      catalog =>
        placeHold({ ...api.ports, catalog, repositoryAddress: 'file:/nowhere' })({
          ...{ params: {}, query: {}, body: { on, reason: 'court file' } },
          caller: { name: 'someone', role: 'administrator' },
        }),
    ])) as [{ remove: boolean }, { beingRemoved: string[] }]
    const end = `${asked.remove ? 'removed' : 'kept'}, ${held.beingRemoved.length > 0 ? 'warned' : 'held'}`
    expect(end, `seed ${seed}`).not.toBe('removed, held')
    ends.add(end)
    await api.asPerson('POST', '/v1/holds/release', { on, reason: 'again' })
    const key = keys.removal(old.pointId, jobId)
    await api.ports.catalog.write([{ kind: 'delete', key, expect: 'any' }])
  }
  expect([...ends].sort()).toEqual(['kept, held', 'kept, warned', 'removed, warned'])
})

test('only an administrator places and releases holds; everybody sees them', async () => {
  const { api, old, hold } = await site()
  await hold({ pointId: old.pointId })
  const body = { on: { pointId: old.pointId }, reason: 'x' }
  for (const path of ['/v1/holds', '/v1/holds/release'])
    expect(await api.call('POST', path, { authorization: 'Bearer operator', body })).toMatchObject({
      status: 403,
    })
  const { json } = await api.call('GET', '/v1/holds', { authorization: 'Bearer viewer' })
  expect(json.items).toMatchObject([{ pointId: old.pointId, reason: 'court file 12 C 34/26' }])
})

test.each([
  [{ on: {}, reason: 'x' }, 'REQUEST_INVALID'],
  [{ on: { pointId: ulid() }, reason: 'x' }, 'POINT_NOT_FOUND'],
  [{ on: { vmUuid: WEB }, reason: ' ' }, 'REQUEST_INVALID'],
  [{ on: { vmUuid: WEB }, reason: 'x', until: 1 }, 'REQUEST_INVALID'],
])('a hold that makes no sense is refused: %j', async (body, code) => {
  const { api } = await site()
  expect((await api.asPerson('POST', '/v1/holds', body)).json).toMatchObject({ code })
})

test('who deletes names the VM, and what is locked or not there is refused', async () => {
  const { api, old, addPoint } = await site()
  const lock = { mode: 'compliance' as const, until: NOON + DAY, asked: NOON }
  const locked = await addPoint(3, { lock })
  const remove = async (pointId: string, vmName: string) =>
    (await api.asPerson('DELETE', `/v1/points/${pointId}`, { reason: 'x', vmName })).json
  expect(await remove(old.pointId, 'web02')).toMatchObject({ code: 'REQUEST_INVALID' })
  expect(await remove(ulid(), 'web01')).toMatchObject({ code: 'POINT_NOT_FOUND' })
  expect(await remove(locked.pointId, 'web01')).toMatchObject({
    code: 'POINT_KEPT',
    message: expect.stringContaining('it is locked until 2026-11-23 00:00 UTC (compliance).'),
  })
})

test('nobody but an administrator deletes a point, the last one only when that is said, and the audit records tell', async () => {
  const { api, old, newest, removed, next, tell } = await site()
  const remove = (pointId: string, authorization: string, more: object = {}) =>
    api.call('DELETE', `/v1/points/${pointId}`, {
      authorization,
      body: { reason: 'ticket 4711', vmName: 'web01', ...more },
    })
  for (const who of ['Bearer viewer', 'Bearer operator'])
    expect((await remove(old.pointId, who)).json).toMatchObject({ code: 'ROLE_INSUFFICIENT' })
  expect((await remove(old.pointId, 'Bearer person')).status).toBe(200)
  await tell(await next(), removed(old.pointId))
  expect((await remove(newest.pointId, 'Bearer person')).json).toMatchObject({
    code: 'POINT_KEPT',
    message: expect.stringContaining('it is the last recovery point of "web01"'),
  })
  expect((await remove(newest.pointId, 'Bearer person', { evenLast: true })).status).toBe(200)
  const { json } = await api.asPerson('GET', '/v1/audit')
  const records = (json.items as Record<string, unknown>[]).filter(
    ({ action }) => action === 'deletePoint',
  )
  // Two of other roles; of the three others, when each began and what came of it.
  expect(records).toHaveLength(8)
  expect(JSON.stringify(records)).toContain('ticket 4711')
  expect(JSON.stringify(records)).toContain('evenLast')
})
