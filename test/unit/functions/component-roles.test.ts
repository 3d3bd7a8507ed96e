import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { Role } from '#core/contracts/routes/route.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, signToken } from '#test/support/fake-gateway.ts'
import { point } from '#test/support/points.ts'

/*
 * Motivation: what a guest keeps is as secret as the guest. Who may have it saved, restored, or brought to another guest, who has to agree, and whom it goes to.
 * Steps: a viewer, two operators and an administrator ask for each; two guests' agents ask for jobs before and after the approval; the records are read.
 * Passes when each may do what its role says and no more, nothing goes to an agent before it is approved, then to the agent of the named guest alone, and the
 * records tell who did what without a value that may be secret.
 */
const ROLES: Record<string, Role> = {
  ...{ vera: 'viewer', olga: 'operator', otto: 'operator', anna: 'administrator' },
}
const [FIRST, SECOND] = [
  '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55',
  '8d3cf4c2-7f0a-4a0e-8f6b-0f3f4f0a7b21',
]

const setUp = async () => {
  const api = await testApi({
    authenticator: {
      person: async ({ authorization }) => {
        const name = authorization?.replace('Bearer ', '') ?? ''
        const role = ROLES[name]
        if (!role) throw new TokenInvalidError('it is the wrong token')
        return { name, role }
      },
    },
  })
  const as = async (who: string, method: string, path: string, body?: unknown, query = '') => {
    const call = api.call as (m: string, p: string, more: object) => ReturnType<TestApi['call']>
    const { status, json } = await call(method, path, {
      authorization: `Bearer ${who}`,
      ...(body !== undefined && { body }),
      ...(query !== '' && { query }),
    })
    return { status, json, code: json.code }
  }
  const enrol = async (guestUuid: string, name: string) => {
    const { publicKey, privateKey } = await makeKeyPair()
    const { json } = await as('anna', 'POST', '/v1/enrolment-codes', { for: { guest: {} } })
    const guest = { guestUuid, os: 'linux', osName: 'Debian 12', machine: name }
    const enrolled = await api.call('POST', '/v1/enrolments', {
      body: { code: String(json.code), name, publicKey, guest },
    })
    const gatewayId = String(enrolled.json.gatewayId)
    const signed = async (method: string, path: string, body?: unknown) => {
      const now = api.ports.clock.now()
      const token = await signToken({ gatewayId, privateKey }, method, path, {}, now)
      return api.call(method, path, { authorization: `Bearer ${token}`, body })
    }
    const instance = ulid()
    const jobs = async () => {
      const { json: leased } = await signed('POST', `/v1/gateways/${gatewayId}/lease`, {
        ...{ instance, freeSlots: 4, pools: [], guest: guestUuid, holding: [] },
      })
      return leased.jobs as { runId: string; spec: Record<string, unknown> }[]
    }
    return { signed, jobs }
  }
  const first = await enrol(FIRST, 'sql-01')
  const second = await enrol(SECOND, 'sql-02')
  const pointId = ulid()
  const uuid = await componentUuid(FIRST, 'sql-server')
  await putPoint(api.ports.catalog, {
    ...point({ pointId, vmUuid: uuid, poolUuid: FIRST, vmName: 'sql-01: sql-server' }),
    kind: 'component' as const,
  })
  const restore = (who: string, more: object = {}) =>
    as(who, 'POST', '/v1/runs', { kind: 'component-restore', pointId, ...more })
  const line = async (runId: unknown) =>
    String(((await as('vera', 'GET', `/v1/runs/${runId}`)).json.run as { line: string }).line)
  return { api, as, first, second, pointId, restore, line }
}

test('a viewer sees guests and what they found, and starts, tells, enrols and approves nothing', async () => {
  const { as, restore, pointId, first } = await setUp()
  expect((await as('vera', 'GET', '/v1/guests')).json.items).toHaveLength(2)
  expect((await as('vera', 'GET', `/v1/guests/${FIRST}`)).status).toBe(200)
  const backup = { kind: 'component-backup', guestUuid: FIRST, recipe: 'sql-server' }
  const refused = [
    await as('vera', 'POST', '/v1/runs', backup),
    await restore('vera', { target: 'folder' }),
    await restore('vera', { onto: SECOND }),
    await as('vera', 'POST', `/v1/guests/${FIRST}/drills`, {
      ...{ recipe: 'sql-server', note: 'restored to SQL9, all well' },
    }),
    await as('vera', 'POST', '/v1/enrolment-codes', { for: { guest: {} } }),
    await as('otto', 'POST', '/v1/enrolment-codes', { for: { guest: {} } }),
  ]
  for (const { status, code } of refused) expect([status, code]).toEqual([403, 'ROLE_INSUFFICIENT'])
  expect(await first.jobs()).toEqual([])
  // Nor does an agent look at other guests, or ask for their points: it is nobody's person.
  for (const [method, path, body] of [
    ['GET', `/v1/guests/${SECOND}`],
    ['GET', '/v1/guests'],
    ['POST', '/v1/runs', { kind: 'component-restore', pointId, target: 'folder' }],
  ] as const)
    expect((await first.signed(method, path, body)).status).toBe(401)
})

test('an operator restores into a folder of the same guest; over it, an administrator agrees', async () => {
  const { as, restore, line, first, second } = await setUp()
  const folder = await restore('olga', { target: 'folder' })
  expect(await line(folder.json.runId)).not.toContain('approval')
  const runs = async () => (await first.jobs()).map(({ runId }) => runId)
  await expect.poll(runs).toEqual([folder.json.runId])
  const { json } = await restore('olga')
  expect(await line(json.runId)).toContain(
    'waiting for approval by an administrator, because it writes over what a server keeps; asked for by olga',
  )
  const approve = (who: string) => as(who, 'POST', `/v1/runs/${json.runId}/approve`, {})
  expect((await approve('otto')).code).toBe('ROLE_INSUFFICIENT')
  expect(await runs()).not.toContain(json.runId)
  expect((await approve('anna')).status).toBe(200)
  await expect.poll(runs).toContain(json.runId)
  expect(await second.jobs()).toEqual([])
})

test('onto another guest an administrator agrees even to a folder; the named agent alone gets it, and the records tell it without parameters', async () => {
  const { as, restore, line, first, second, pointId } = await setUp()
  const secret = 'C:\\Data\\hunter2'
  const wanted = { onto: SECOND, target: 'folder', parameters: { dataFolder: secret } }
  const { json } = await restore('olga', wanted)
  expect(await line(json.runId)).toContain(
    'waiting for approval by an administrator, because it brings what one guest keeps to another guest',
  )
  expect(await second.jobs()).toEqual([])
  expect((await as('olga', 'POST', `/v1/runs/${json.runId}/approve`, {})).code).toBe(
    'ROLE_INSUFFICIENT',
  )
  expect((await as('anna', 'POST', `/v1/runs/${json.runId}/approve`, {})).status).toBe(200)
  let got: Awaited<ReturnType<typeof second.jobs>> = []
  await expect
    .poll(async () => {
      got = await second.jobs()
      return got.length
    })
    .toBe(1)
  expect(got[0]?.spec).toMatchObject({ guestUuid: SECOND, savedOn: FIRST, pointId })
  expect(await first.jobs()).toEqual([])

  const records = JSON.stringify((await as('anna', 'GET', '/v1/audit', undefined, 'limit=20')).json)
  expect(records).toContain(`onto: \\"${SECOND}\\"; target: \\"folder\\"; parameters"`)
  expect(records).toContain('approveRun')
  expect(records).not.toContain('hunter2')
})

test('an administrator begins it alone, unless a second person is asked for everywhere', async () => {
  const { restore, line, second } = await setUp()
  const { json } = await restore('anna', { onto: SECOND })
  expect(await line(json.runId)).not.toContain('approval')
  await expect.poll(async () => (await second.jobs()).length).toBe(1)
})
