import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { slotOf } from '#core/contracts/replicated-points.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { regionGate } from '#core/region/gate.ts'
import { putReplicated } from '#core/replicated/replicated-catalog.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, signToken, vmUuid } from '#test/support/fake-gateway.ts'

const [A, B] = ['eu-central-1', 'eu-west-1'] as const
const POINT = '01J000000000000000000000P1'
const PACK = 'packs/01/01J0000000000000000000PACK'

/** A region that is active and knows of one point; `said` is what a comparison told of it before that. */
const regionOf = async (
  here: string,
  said: object | undefined,
  shut: string | undefined,
  place: string,
) => {
  const catalog = memoryCatalog()
  const others = [A, B].filter(name => name !== here)
  const setup = { here, first: A, others }
  const clock = { now: () => NOON + 3_600_000 } // after the comparison
  const common = { catalog, clock, random: systemRandom }
  const region = regionGate({ ...common, setup })
  // Where it is the first one: the other one took over, and it goes back.
  if (here === A)
    await regionGate({ ...common, setup: { ...setup, here: B, others: [A] } }).takeOver({ by: 'x' })
  const { epoch } = await region.takeOver({ by: 'somebody' })
  const api = await testApi({ catalog, region })
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  const token = await signToken(api.gateway, 'PUT', path, { rge: epoch }, NOON)
  const body = { pools: [poolOf('mail')] }
  await api.call('PUT', path, { authorization: `Bearer ${token}`, body })
  await putPoint(catalog, pointOf(POINT, { poolUuid: POOL, vmUuid: vmUuid(1), vmName: 'mail' }))
  const lacking = said ? [{ pointId: POINT, missing: 0, objects: [], ...said }] : []
  await putReplicated(catalog, {
    ...{ place, address: 's3://backups-replica', at: NOON, shut },
    pages: [{ slot: slotOf(POINT), number: 0, restorable: said ? [] : [POINT], lacking } as never],
    total: { points: 1, restorable: said ? 0 : 1 },
  })
  const restore = (more: object = {}) =>
    api.asPerson('POST', '/v1/runs', { kind: 'restore', pointId: POINT, ...more })
  return restore
}

test.each<
  [
    what: string,
    here: string,
    said: object | undefined,
    shut: string | undefined,
    why: string | undefined,
    place?: string,
  ]
>([
  ['is there', B, undefined, undefined, undefined],
  [
    'lacks a pack',
    B,
    { state: 'incomplete', missing: 3, objects: [PACK] },
    undefined,
    `not yet in eu-west-1: 3 objects are missing or unreadable, as of 2026-11-22 00:00 UTC; missing: ${PACK} and more.`,
  ],
  [
    'has not arrived at all',
    B,
    { state: 'absent', missing: 1, objects: ['points/x'] },
    undefined,
    'not yet in eu-west-1: it has not arrived',
  ],
  [
    'cannot be opened, as no key is there',
    B,
    { state: 'incomplete' },
    'None of the key slots of the repository is there.',
    'NOT in eu-west-1: nothing can be opened there (None of the key slots of the repository is there)',
  ],
  [
    'lacks a pack in the copy, and the repository itself is here',
    A,
    { state: 'incomplete', missing: 1 },
    undefined,
    undefined,
  ],
  [
    'lacks a pack at home, after the way back',
    A,
    { state: 'incomplete', missing: 1, objects: [PACK] },
    undefined,
    `not yet in eu-central-1: 1 object is missing or unreadable, as of 2026-11-22 00:00 UTC; missing: ${PACK}.`,
    A,
  ],
])('a restore of a point that %s', async (_, here, said, shut, why, place = B) => {
  const restore = await regionOf(here, said, shut, place)
  const { status, json } = await restore()
  if (why === undefined) return expect(status, JSON.stringify(json)).toBe(200)
  expect(json).toMatchObject({
    code: 'POINT_NOT_WHOLE_HERE',
    message: expect.stringContaining(why),
  })
  expect(status).toBe(409)
  expect((await restore({ evenIfIncomplete: true })).status).toBe(200)
})
