import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { keys } from '#core/catalog/keys.ts'
import type { KeptPointsReply, PolicyView } from '#core/contracts/policies-api.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const site = async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web01')] })
  const { json } = await api.asPerson('POST', '/v1/policies', {
    name: 'Nightly',
    selection: { include: [{ all: true }] },
    schedule: { cron: '0 2 * * *', timeZone: 'UTC' },
    retention: { daily: 2, monthly: 1 },
  })
  const { policyId } = (json as unknown as PolicyView).policy
  const get = (what: string, query = '') =>
    api.asPerson('GET', `/v1/policies/${policyId}${what}`, undefined, query)
  return { api, policyId, get }
}

test('a policy tells its newest run, and what became of its times', async () => {
  const { api, policyId, get } = await site()
  expect((await get('')).json).not.toHaveProperty('lastRun')
  api.wait(2 * HOUR)
  await tendPolicies(api.ports)()
  api.wait(DAY) // its run is still open then
  await tendPolicies(api.ports)()
  const { json } = await get('')
  expect(json).toMatchObject({
    lastRun: { state: 'running' },
    words: {
      takes: 'every VM but standbys',
      when: 'daily at 02:00 (UTC)',
      kept: '2 daily, 1 monthly',
    },
  })
  const { runId } = (json as unknown as PolicyView).lastRun ?? {}
  const busy = { due: Date.parse('2026-11-23T02:00Z'), leftOut: { code: 'POLICY_BUSY' } }
  expect((await get('/occasions')).json.items).toMatchObject([
    busy,
    { due: Date.parse('2026-11-22T02:00Z'), kind: 'schedule', runId },
  ])
  expect((await get('/occasions', 'missed=true')).json.items).toMatchObject([busy])
  const first = (await get('/occasions', 'limit=1')).json as { items: object[]; next: string }
  expect(first.items).toMatchObject([busy])
  expect((await get('/occasions', `limit=1&after=${first.next}`)).json.items).toMatchObject([
    { runId },
  ])
  // A run that another region named before it arrived here.
  const unknown = { kind: 'put' as const, key: keys.policyRun(policyId, ulid(NOON + 9 * DAY)) }
  await api.ports.catalog.write([{ ...unknown, value: {}, expect: 'absent' }])
  expect((await get('')).json).not.toHaveProperty('lastRun')
})

test('the points of a VM, which of them stay and why', async () => {
  const { api, policyId, get } = await site()
  for (const [day, more] of [
    [0, { policyId }],
    [1, { policyId }],
    [2, { policyId }],
    [2, {}],
  ] as const)
    await putPoint(api.ports.catalog, {
      ...pointOf(ulid(NOON - day * DAY), { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }),
      ...{ taken: NOON - day * DAY, ...more },
    })
  const { points, timeZone } = (await get('/kept-points', 'vm=web01')).json as unknown as z.infer<
    typeof KeptPointsReply
  >
  expect(timeZone).toBe('UTC')
  expect(points.map(({ keep, by }) => ({ keep, by }))).toEqual([
    { keep: true, by: ['atLeast', 'daily', 'monthly'] },
    { keep: true, by: ['daily'] },
    { keep: false, by: [] },
  ])
  expect(points[2]?.why.join(' ')).toContain('is not among the newest 2 days with points.')
  expect(await get('/kept-points', 'vm=nobody')).toMatchObject({
    status: 404,
    json: { code: 'VM_NOT_FOUND' },
  })
})
