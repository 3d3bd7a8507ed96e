import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import { GatewayDetail } from '#core/contracts/gateways-api.ts'
import { OverviewView } from '#core/contracts/overview-api.ts'
import { VERSION } from '#core/contracts/version.ts'
import type { Catalog } from '#core/ports.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf } from '#test/support/fake-gateway.ts'

const MINUTE = 60_000
const [FIRST, SECOND] = ['01J000000000000000000000PA', '01J000000000000000000000PB']

const ABOUT: GatewayAbout = {
  ...{ version: VERSION, node: '24.21.0', platform: 'linux x64', machine: 'backup-1' },
  ...{ timeZone: 'Europe/Berlin', slots: 4 },
  bandwidth: {
    toRepository: [{ from: '00:00', to: '12:00', days: 'mon-sun', rate: '8MB/s' }],
    fromXenServer: [],
  },
  hookScripts: [{ name: 'quiesce-db' }],
  bootScripts: [],
}

/** A gateway that calls as it is told, and how often its calls wrote to the catalog. */
const site = async () => {
  const inner = memoryCatalog()
  let writes = 0
  const catalog: Catalog = {
    get: key => inner.get(key),
    query: (pk, options) => inner.query(pk, options),
    async write(list) {
      // Each call takes a nonce.
      if (!list[0]?.key.pk.startsWith('NONCES')) writes++
      await inner.write(list)
    },
  }
  const api = await testApi({ catalog })
  const { gatewayId } = api.gateway
  const path = `/v1/gateways/${gatewayId}`
  return {
    api,
    path,
    async lease(more: object = {}) {
      const body = { instance: FIRST, freeSlots: 4, pools: [POOL], holding: [], ...more }
      const before = writes
      const { status, json } = await api.asGateway('POST', `${path}/lease`, body)
      expect(status).toBe(200)
      return { json, writes: writes - before }
    },
    inventory: (more: object = {}) =>
      api.asGateway('PUT', `${path}/inventory`, { pools: [poolOf('web')], ...more }),
    async show(): Promise<GatewayDetail> {
      const { status, json } = await api.call('GET', path, { authorization: 'Bearer viewer' })
      expect(status).toBe(200)
      return GatewayDetail.parse(json)
    },
  }
}

const problemsOf = async (api: TestApi) => {
  const { json } = await api.asPerson('GET', '/v1/overview')
  return OverviewView.parse(json).problems.filter(({ kind }) => kind.startsWith('gateway'))
}

test('a gateway tells what it is; a call that tells the same writes nothing', async () => {
  const { api, lease, inventory, show } = await site()
  await lease({ about: ABOUT, at: NOON })
  await inventory()
  expect(await show()).toMatchObject({
    ...{ name: 'site A', about: ABOUT, aboutSince: NOON, version: VERSION },
    ...{ controlPlaneVersion: VERSION, problems: [], timeZone: 'Europe/Berlin', freeSlots: 4 },
    clock: { aheadMs: 0, text: 'as that of the control plane' },
    // 01:00 in Berlin
    allowedNow: {
      toRepository: { text: '8MB/s', bytesPerSecond: 8_000_000 },
      fromXenServer: { text: 'as much as goes' },
    },
    week: [{ days: 'Every day', toRepository: '00:00 to 12:00 8MB/s, else as much as goes' }],
    served: [
      { uuid: POOL, name: 'pool one', reached: true, keeper: { name: 'site A' }, told: NOON },
    ],
    jobs: [],
  })
  api.wait(1_000)
  expect((await lease({ about: ABOUT, at: NOON + 1_900 })).writes).toBe(0)
  // As often as ever: a sign of life each half a minute.
  api.wait(30_000)
  expect((await lease({ about: ABOUT, at: NOON })).writes).toBe(1)
  expect((await show()).clock).toEqual({
    aheadMs: -31_000,
    text: '31 s behind that of the control plane',
  })
})

test('one that does not tell, or tells what nobody understands, gets its work all the same', async () => {
  const { lease, show } = await site()
  await lease()
  const { about, version, week, freeSlots, clock } = await show()
  expect({ about, version, week, freeSlots, clock }).toEqual({})
  const strange = { ...ABOUT, bandwidth: { ...ABOUT.bandwidth, timeZone: 'Mars/Olympus' } }
  await lease({ about: strange })
  expect((await show()).about).toBeUndefined()
  await lease({ about: { ...ABOUT, colour: 'green' } })
  expect((await show()).about).toEqual(ABOUT)
})

test('a time zone that nobody here knows leaves out what its plan allows now, and nothing else', async () => {
  const { lease, show } = await site()
  await lease({ about: { ...ABOUT, timeZone: 'Etc/Unknown' } })
  const { allowedNow, timeZone, week, about } = await show()
  expect(allowedNow).toBeUndefined()
  expect({ timeZone, days: week?.length, slots: about?.slots }).toEqual({
    ...{ timeZone: 'Etc/Unknown', days: 1, slots: 4 },
  })
})

test('what a program told that calls no more is no problem for ever', async () => {
  const { api, lease, inventory, show } = await site()
  const missing = { ...ABOUT, version: '9.0.0', hookScripts: [{ name: 'a', missing: true }] }
  await lease({ about: missing, at: NOON + 90_000 })
  expect(await problemsOf(api)).toHaveLength(3)
  // Other calls never told.
  await inventory()
  expect(await problemsOf(api)).toHaveLength(3)
  await lease({ instance: SECOND })
  expect(await problemsOf(api)).toEqual([])
  const { about, aboutSince, version, clock, week, story } = await show()
  expect({ about, aboutSince, version, clock, week }).toEqual({})
  expect(story[0]?.text).toBe('Its program was started anew.')
  await lease({ about: ABOUT, instance: SECOND })
  expect((await show()).about).toEqual(ABOUT)
  await lease({ instance: SECOND })
  expect((await show()).story[0]?.text).toContain('does not tell any more what it is')
})

test('what happened to it stands in words, the newest first', async () => {
  const { api, lease, inventory, show } = await site()
  const texts = async () => (await show()).story.map(({ standing, text }) => `${standing}: ${text}`)
  await lease({ about: { ...ABOUT, version: '0.0.9' } })
  await inventory()
  expect(await texts()).toEqual([
    'good: Serves the pool "pool one".',
    'good: Called for the first time.',
  ])
  api.wait(20 * MINUTE)
  await lease({ about: ABOUT, instance: SECOND })
  expect((await texts()).slice(0, 2)).toEqual([
    `info: Its program was started anew. Its version is ${VERSION} (before: 0.0.9).`,
    'warning: Calls again after a silence of 20 min.',
  ])
  const silent = { address: 'https://pool', problem: 'The host does not answer.' }
  await inventory({ unreachable: [silent] })
  await inventory({ unreachable: [silent] })
  await lease({ about: ABOUT, instance: SECOND, unreachable: [POOL] })
  expect((await show()).served[0]?.reached).toBe(false)
  await inventory()
  expect((await texts()).slice(0, 2)).toEqual([
    'good: There is no trouble with the pool at https://pool any more.',
    'bad: Does not reach the pool at https://pool: The host does not answer.',
  ])
  const slower = { ...ABOUT, bandwidth: { ...ABOUT.bandwidth, timeZone: 'UTC' } }
  await lease({ about: slower, instance: SECOND, pools: [] })
  expect((await texts()).slice(0, 2)).toEqual([
    'info: Serves the pool "pool one" no more.',
    'info: Its settings were changed, or its bandwidth plan.',
  ])
})

test('a story keeps its last 50 things', async () => {
  const { lease, inventory, show } = await site()
  await lease()
  for (let n = 0; n < 60; n++)
    await inventory({ unreachable: [{ address: `https://pool-${n}`, problem: 'Away.' }] })
  const { story } = await show()
  expect(story).toHaveLength(50)
  expect(story.some(({ text }) => text.includes('pool-59'))).toBe(true)
})

test('a version that does not fit, and a clock that is wrong, are problems of the overview', async () => {
  const { api, lease, show } = await site()
  await lease({ about: { ...ABOUT, version: '9.0.0' }, at: NOON + 90_000 })
  const problems = await problemsOf(api)
  expect(problems).toEqual([
    expect.objectContaining({
      ...{ kind: 'gateway-version', standing: 'warning' },
      text: `The gateway "site A" has version 9.0.0, which is newer than its control plane (${VERSION}): what only the newer one knows is refused.`,
    }),
    expect.objectContaining({
      ...{ kind: 'gateway-clock', standing: 'warning' },
      text: 'The clock of the gateway "site A" is 2 min ahead of that of the control plane: its points and locks bear times that are wrong by that, and from 2 min on its calls are refused.',
    }),
  ])
  expect((await show()).problems).toHaveLength(2)
  expect((await show()).story[0]?.text).toContain('Its clock is 2 min ahead')
  // Told at once, and not at the next sign of life.
  await lease({ about: ABOUT, at: NOON })
  expect(await problemsOf(api)).toEqual([])
  expect((await show()).story[0]?.text).toBe('Its clock is right again.')
})

test('a program of its settings whose file is missing is a problem', async () => {
  const { api, lease } = await site()
  await lease({ about: { ...ABOUT, bootScripts: [{ name: 'tape', missing: true }] } })
  expect(await problemsOf(api)).toMatchObject([
    { kind: 'gateway-programs', text: expect.stringContaining('may not be run: "tape".') },
  ])
  await lease({ about: ABOUT })
  expect(await problemsOf(api)).toEqual([])
})

test('the jobs that it has in hand are told, and no others', async () => {
  const { api, lease, inventory, show } = await site()
  await lease({ about: ABOUT })
  await inventory({ pools: [poolOf('web', 'db')] })
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web', 'db'] })
  const open = async () => (await api.ports.catalog.query(keys.openJob(POOL, '').pk)).items.length
  await expect.poll(open).toBe(2)
  expect((await show()).jobs).toEqual([])
  const { json } = await lease({ about: ABOUT, freeSlots: 1 })
  const [job] = json.jobs as { jobId: string; runId: string }[]
  const { jobs, freeSlots } = await show()
  expect(jobs).toEqual([
    {
      ...{ jobId: job?.jobId, runId: job?.runId, kind: 'backup-vm' },
      subject: 'web',
      line: expect.any(String),
    },
  ])
  expect(freeSlots).toBe(3)
})

test('of a revoked one stays what was known; of one that never was there is nothing', async () => {
  const { api, path, lease, show } = await site()
  await lease({ about: ABOUT })
  await api.asPerson('POST', `${path}/revoke`, {})
  expect(await show()).toMatchObject({ revokedAt: NOON, about: ABOUT, problems: [] })
  const { status, json } = await api.asPerson('GET', '/v1/gateways/01J0000000000000000000NNNN')
  expect([status, json.code]).toEqual([404, 'GATEWAY_NOT_FOUND'])
})
