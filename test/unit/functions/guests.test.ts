import { expect, test } from 'vitest'
import type { GrantRequest } from '#core/access/grants.ts'
import { keys } from '#core/catalog/keys.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { routes } from '#core/contracts/routes.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import type { GuestToEnrol } from '#core/gateways/guest.ts'
import { newJob } from '#core/runs/job.ts'
import { dispatchJob } from '#core/runs/jobs-catalog.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import {
  makeKeyPair,
  POOL,
  pointOf,
  poolOf,
  signToken,
  vmUuid,
} from '#test/support/fake-gateway.ts'

const INSTANCE = '01J000000000000000000000PA'
const GUEST = '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55'
const OTHER_GUEST = '8d3cf4c2-7f0a-4a0e-8f6b-0f3f4f0a7b21'
const tells = (guestUuid = GUEST, vm?: string) => ({
  ...{ guestUuid, os: 'linux' as const, osName: 'Debian 12', machine: 'db01' },
  ...(vm !== undefined && { vmUuid: vm }),
})

const RUN = '01J000000000000000000000RN'
const [JOB, OTHER_JOB] = ['01J0000000000000000000J0B1', '01J0000000000000000000J0B2']
const COMPONENT = '0e6b1f0e-28a8-4a4f-9a59-6f1f4d1c2b3a'
const LOCK = { mode: 'governance', days: 7 } as const

/** A job of a guest in its queue, as its run would put it there. */
const dispatch = async ({ ports: { catalog, clock } }: TestApi, jobId: string, spec: JobSpec) => {
  const value = newJob(jobId, RUN, spec, clock.now())
  await catalog.write([
    { kind: 'put', key: keys.job(RUN, jobId), value, expect: 'any' },
    { kind: 'put', key: keys.jobOwner(jobId), value: { runId: RUN }, expect: 'any' },
  ])
  await dispatchJob(catalog, jobId)
}
const captureIn = (guestUuid: string): JobSpec => ({
  ...{ kind: 'capture-component', guestUuid, componentUuid: COMPONENT },
  ...{ name: 'postgresql on db01', recipe: 'postgresql', lock: LOCK },
})

/** A control plane with one gateway and its pool of two VMs. */
const site = async (given: Parameters<typeof testApi>[0] = {}) => {
  const api = await testApi(given)
  const { gatewayId } = api.gateway
  const inventory = { pools: [poolOf('web01', 'db01')] }
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, inventory)
  const codeFor = async (guest?: GuestToEnrol) => {
    const body = guest ? { for: { guest } } : {}
    return String((await api.asPerson('POST', '/v1/enrolment-codes', body)).json.code)
  }
  const enrol = async (code: string, publicKey: string, guest?: object, name = 'db01') =>
    api.call('POST', '/v1/enrolments', { body: { code, name, publicKey, guest } })
  /** An agent that is enrolled, and its calls. */
  const agent = async (made: GuestToEnrol = { vmUuid: vmUuid(2) }, told = tells()) => {
    const { publicKey, privateKey } = await makeKeyPair()
    const { status, json } = await enrol(await codeFor(made), publicKey, told)
    expect(status).toBe(200)
    const id = String(json.gatewayId)
    const as: TestApi['asGateway'] = async (method, path, body) => {
      const signer = { gatewayId: id, privateKey }
      const token = await signToken(signer, method, path, {}, api.ports.clock.now())
      return api.call(method, path, { authorization: `Bearer ${token}`, body })
    }
    const lease = (more: object = {}) =>
      as('POST', `/v1/gateways/${id}/lease`, {
        ...{ instance: INSTANCE, freeSlots: 4, pools: [], guest: told.guestUuid, holding: [] },
        ...more,
      })
    return { id, as, lease, publicKey }
  }
  const guests = async () =>
    (await api.asPerson('GET', '/v1/guests')).json.items as Record<string, unknown>[]
  return { api, codeFor, enrol, agent, guests }
}

test('a code for a guest enrols an agent in one, who is listed as a guest with its VM, and not as a gateway', async () => {
  const { api, agent, guests } = await site()
  const { id } = await agent({ vmUuid: vmUuid(2), name: 'the database' })
  expect(await guests()).toEqual([
    {
      ...{ guestUuid: GUEST, gatewayId: id, name: 'the database', os: 'linux' },
      ...{ osName: 'Debian 12', machine: 'db01', enrolled: api.ports.clock.now() },
      keySince: api.ports.clock.now(),
      vm: { uuid: vmUuid(2), name: 'db01', poolUuid: POOL },
      ...{ recipes: [], problems: [] },
    },
  ])
  const { json } = await api.asPerson('GET', '/v1/gateways')
  expect((json.items as { name: string }[]).map(({ name }) => name)).toEqual(['site A'])
})

test('codes of gateways and guests are not exchanged, nor taken to another VM, and stay good where they belong', async () => {
  const { codeFor, enrol } = await site()
  const { publicKey } = await makeKeyPair()
  const refusal = async (...args: Parameters<typeof enrol>) => {
    const { status, json } = await enrol(...args)
    return [status, json.code, json.message]
  }
  const unfit = (why: string) => [
    403,
    'ENROLMENT_CODE_UNFIT',
    `This enrolment code cannot be used here: ${why}.`,
  ]
  expect(await refusal(await codeFor(), publicKey, tells())).toEqual(
    unfit('it was made for a gateway'),
  )
  const code = await codeFor({ vmUuid: vmUuid(2) })
  expect(await refusal(code, publicKey)).toEqual(unfit('it was made for the agent in a guest'))
  expect(await refusal(code, publicKey, tells(GUEST, vmUuid(1)))).toEqual(
    unfit(`it was made for the VM ${vmUuid(2)}, and this machine is the VM ${vmUuid(1)}`),
  )
  expect((await enrol(code, publicKey, tells(GUEST, vmUuid(2)))).status).toBe(200)
})

test('a guest has one agent at a time: a copy of its machine is refused, also at the same moment', async () => {
  const { api, codeFor, enrol, agent } = await site()
  const { id } = await agent()
  const { publicKey } = await makeKeyPair()
  const second = await enrol(await codeFor({}), publicKey, tells())
  expect([second.status, second.json.code]).toEqual([409, 'GUEST_TAKEN'])
  expect(second.json.message).toBe(`The guest ${GUEST} has an agent already, called "db01".`)

  expect((await api.asPerson('POST', `/v1/gateways/${id}/revoke`)).status).toBe(200)
  const codes = [await codeFor({}), await codeFor({})]
  const keysOfBoth = [await makeKeyPair(), await makeKeyPair()]
  const both = await Promise.all(
    codes.map((code, n) => enrol(code, keysOfBoth[n]?.publicKey ?? '', tells())),
  )
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('an agent makes the calls of agents and no other: what it says of pools and of the repository is not taken in', async () => {
  const { api, agent } = await site()
  const { id, as, lease } = await agent()
  const repository = '0123456789abcdef0123456789abcdef'
  const refused: unknown[] = []
  const names: string[] = []
  for (const [name, route] of Object.entries(routes)) {
    if (route.audience !== 'gateway' || 'guests' in route) continue
    const path = route.path
      .replace('{gatewayId}', id)
      .replace('{jobId}', INSTANCE)
      .replace('{repositoryId}', repository)
    const { status, json } = await as(route.method, path, {})
    names.push(name)
    refused.push([status, json.code])
  }
  expect(names).toContain('putInventory')
  expect(names).toContain('gonePoints')
  expect(names).toContain('gatewayMessages')
  expect(new Set(refused.map(each => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify([403, 'GUEST_NOT_ALLOWED'])]),
  )
  // Nor does it get a pool by naming it.
  expect((await lease({ pools: [POOL] })).json).toMatchObject({ jobs: [] })
  expect(await api.ports.catalog.get(keys.keeper(POOL))).toBeUndefined()
  // Nor the repository, or looks, by being marked for it.
  const marked = await api.asPerson('PUT', `/v1/gateways/${id}`, { maintenance: true })
  expect([marked.status, marked.json.code]).toEqual([404, 'GATEWAY_NOT_FOUND'])
})

test('whoever calls as what he was not enrolled as is told so, and gets nothing', async () => {
  const { api, agent } = await site()
  const { lease } = await agent()
  const answer = async (call: ReturnType<typeof lease>) => {
    const { status, json } = await call
    return [status, json.code, json.message]
  }
  expect(await answer(lease({ guest: OTHER_GUEST }))).toEqual([
    409,
    'GUEST_MISMATCH',
    `"db01" was enrolled as the agent in the guest ${GUEST}, and calls as the agent in the guest ${OTHER_GUEST}.`,
  ])
  expect((await answer(lease({ guest: undefined })))[1]).toBe('GUEST_MISMATCH')
  const asGateway = api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 1, pools: [], guest: GUEST },
  })
  expect((await answer(asGateway))[2]).toBe(
    `"site A" was enrolled as a gateway, and calls as the agent in the guest ${GUEST}.`,
  )
})

test('facts of recipes are kept, shown, replaced, bounded, and go nowhere but to their guest', async () => {
  const { api, agent, guests } = await site()
  const { id, as } = await agent()
  const path = `/v1/gateways/${id}/guest-facts`
  const recipe = { recipe: 'postgresql', version: 1, phases: ['capture'], facts: { port: 5432 } }
  const problem = 'The password of the role "backup" is wrong.'
  const freeze = { mounts: ['/var/lib/postgresql'], recipes: ['postgresql'] }
  await as('PUT', path, { guest: GUEST, recipes: [recipe], freeze })
  api.wait(5_000)
  const told = { guest: GUEST, recipes: [{ ...recipe, problem }], freeze }
  expect((await as('PUT', path, told)).status).toBe(200)
  expect((await guests())[0]).toMatchObject({ recipes: [{ recipe: 'postgresql', problem }] })
  const { json } = await api.asPerson('GET', `/v1/guests/${GUEST}`)
  expect(json).toMatchObject({
    ...{ guestUuid: GUEST, facts: [{ ...recipe, problem }], freeze },
    factsAt: api.ports.clock.now(),
  })

  const large = { ...recipe, facts: { names: Array(70).fill('x'.repeat(1_000)) } }
  const tooLarge = await as('PUT', path, { guest: GUEST, recipes: [large] })
  expect([tooLarge.status, tooLarge.json.code]).toEqual([413, 'BODY_TOO_LARGE'])
  const foreign = await as('PUT', path, { guest: OTHER_GUEST, recipes: [] })
  expect([foreign.status, foreign.json.code]).toEqual([409, 'GUEST_MISMATCH'])
  const unknown = await api.asPerson('GET', `/v1/guests/${OTHER_GUEST}`)
  expect([unknown.status, unknown.json.code]).toEqual([404, 'GUEST_NOT_FOUND'])
})

test('what a guest brought to rest and could not release is a problem of it, until it is released', async () => {
  const { api, agent, guests } = await site()
  const { id, as } = await agent()
  const path = `/v1/gateways/${id}/guest-facts`
  const left = 'What the recipe "ledger" brought to rest is not released yet: … Put it back.'
  await as('PUT', path, { guest: GUEST, recipes: [], unreleased: [left] })
  expect((await guests())[0]?.problems).toEqual([left])
  const { json } = await api.asPerson('GET', `/v1/guests/${GUEST}`)
  expect(json).toMatchObject({ problems: [left], unreleased: [left] })
  await as('PUT', path, { guest: GUEST, recipes: [] })
  expect((await guests())[0]?.problems).toEqual([])
})

test('a gateway hears the keys of guests in VMs of its pools, and of no others; of a revoked one it hears no more', async () => {
  const { api, agent } = await site()
  const { id, publicKey } = await agent()
  await agent({ vmUuid: vmUuid(77) }, tells(OTHER_GUEST))
  await agent({}, tells('0e6b1f0e-28a8-4a4f-9a59-6f1f4d1c2b3a'))
  const path = `/v1/gateways/${api.gateway.gatewayId}/guests`
  const heard = async () => (await api.asGateway('POST', path, {})).json.guests
  expect(await heard()).toEqual([{ vmUuid: vmUuid(2), publicKeys: [publicKey] }])
  await api.asPerson('POST', `/v1/gateways/${id}/revoke`)
  expect(await heard()).toEqual([])
})

test('of a revoked guest another agent may take the place, under a gateway id of its own', async () => {
  const { api, agent, guests } = await site()
  const first = await agent()
  await api.asPerson('POST', `/v1/gateways/${first.id}/revoke`)
  expect(await guests()).toEqual([])
  const second = await agent()
  expect(second.id).not.toBe(first.id)
  const { status, json } = await first.lease()
  expect([status, json.code]).toEqual([401, 'GATEWAY_REVOKED'])
  expect((await second.lease()).status).toBe(200)
})

test('a code made for a guest stands as that in the records', async () => {
  const { api, codeFor } = await site()
  await codeFor({ vmUuid: vmUuid(2), name: 'db01' })
  const { json } = await api.asPerson('GET', '/v1/audit', undefined, 'limit=2')
  expect(JSON.stringify(json)).toContain(vmUuid(2))
  await createCode(api.ports.catalog, api.ports.random, 0)
  await expect(
    enrolGateway(
      api.ports.catalog,
      { code: 'AAAAA-AAAAA-AAAAA-AAAAA', name: 'x', publicKey: 'A'.repeat(43), guest: tells() },
      '01J000000000000000000000GX',
      0,
    ),
  ).rejects.toMatchObject({ code: 'ENROLMENT_CODE_INVALID' })
})

test('the label of a recipe stands with the guest, until an owner tells of its drill there', async () => {
  const { api, agent, guests } = await site()
  const { id, as } = await agent()
  const told = (recipe: string) => ({ recipe, phases: ['capture'], facts: {} })
  const own = (recipe: string, evidence: string, os = 'linux') => ({
    ...told(recipe),
    ...{ version: 3, own: { evidence, os } },
  })
  const facts = {
    guest: GUEST,
    recipes: [
      ...[told('sql-server'), told('samba-ad-dc'), told('silent')],
      ...[
        own('ledger', 'transcript'),
        own('books', 'tested'),
        own('till', 'transcript', 'windows'),
      ],
    ],
  }
  expect((await as('PUT', `/v1/gateways/${id}/guest-facts`, facts)).status).toBe(200)
  const labels = async () => {
    const [guest] = await guests()
    const recipes = (guest?.recipes ?? []) as { label?: string }[]
    return recipes.map(({ label }) => label)
  }
  const ofOwn = [
    "the site's own: not run on the real thing",
    "the site's own: tested, says its owner",
    "the site's own: not run on Windows",
  ]
  expect(await labels()).toEqual(['not run on Windows', 'tested', undefined, ...ofOwn])
  const note = 'restored to SQL9, DBCC CHECKDB clean'
  const tell = (recipe: string, guest = GUEST) =>
    api.asPerson('POST', `/v1/guests/${guest}/drills`, { recipe, note })
  const day = new Date(api.ports.clock.now()).toISOString().slice(0, 10)
  const { json } = await tell('sql-server')
  const kept = { recipe: 'sql-server', version: 2, at: api.ports.clock.now(), note }
  expect(json).toMatchObject({ ...kept, label: `drilled on ${day}` })
  expect(await labels()).toEqual([`drilled on ${day}`, 'tested', undefined, ...ofOwn])
  const detail = await api.asPerson('GET', `/v1/guests/${GUEST}`)
  expect(detail.json.drills).toMatchObject([{ ...kept, by: json.by }])
  for (const unknown of ['silent', 'nobody'])
    expect((await tell(unknown)).json).toMatchObject({ code: 'RECIPE_UNKNOWN', status: 404 })
  // A recipe of the site's own is drilled like ours, in the version that the guest has.
  const ledger = `the site's own: drilled on ${day}`
  expect((await tell('ledger')).json).toMatchObject({ version: 3, label: ledger })
  expect((await labels())[3]).toBe(ledger)
  expect((await tell('sql-server', OTHER_GUEST)).json.code).toBe('GUEST_NOT_FOUND')
})

test('a job of a guest goes to its agent alone: no other guest gets it, and no gateway, whatever pools it names', async () => {
  const { api, agent } = await site()
  const mine = await agent()
  const other = await agent({}, tells(OTHER_GUEST))
  await dispatch(api, JOB, captureIn(GUEST))
  await dispatch(api, OTHER_JOB, captureIn(OTHER_GUEST))
  const jobsOf = (json: Record<string, unknown>) =>
    (json.jobs as { jobId: string }[]).map(({ jobId }) => jobId)
  const body = { instance: INSTANCE, freeSlots: 4, pools: [GUEST, OTHER_GUEST, POOL] }
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  expect(jobsOf((await api.asGateway('POST', path, body)).json)).toEqual([])
  const repository = await api.asPerson('PUT', `/v1/gateways/${api.gateway.gatewayId}`, {
    maintenance: true,
  })
  expect(repository.status).toBe(200)
  expect(jobsOf((await api.asGateway('POST', path, body)).json)).toEqual([])
  expect(jobsOf((await mine.lease()).json)).toEqual([JOB])
  expect(jobsOf((await other.lease({ pools: [POOL] })).json)).toEqual([OTHER_JOB])

  // Nor what is done with it: heartbeat and outcome are those of whoever holds it.
  const progress = { phase: 'x', bytesTotal: 0, bytesDone: 0, bytesRead: 0, bytesStored: 0 }
  const beat = (as: TestApi['asGateway']) =>
    as('POST', `/v1/jobs/${JOB}/heartbeat`, { epoch: 1, progress })
  expect((await beat(mine.as)).json).toMatchObject({ directive: 'continue' })
  for (const foreign of [other.as, api.asGateway])
    expect((await beat(foreign)).json).toMatchObject({ code: 'EPOCH_OUTDATED' })
})

test('a guest gets no job of a pool, of the repository, or of looks', async () => {
  const { api, agent } = await site()
  const mine = await agent()
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01', 'db01'] })
  await expect
    .poll(async () => (await api.ports.catalog.query(keys.openJob(POOL, '').pk)).items.length)
    .toBe(2)
  await dispatch(api, JOB, { kind: 'collect-garbage' } as JobSpec)
  expect((await mine.lease({ pools: [POOL], freeLooks: 1 })).json).toMatchObject({ jobs: [] })
})

test('the storage session of a capture is that of a backup: for this job, with its lock, and for its guest alone', async () => {
  const asked: GrantRequest[] = []
  const grants = {
    issue: async (request: GrantRequest) => {
      asked.push(request)
      return undefined
    },
    revoke: async () => undefined,
  }
  const { api, agent } = await site({ grants })
  const mine = await agent()
  const other = await agent({}, tells(OTHER_GUEST))
  await dispatch(api, JOB, captureIn(GUEST))
  await mine.lease()
  const ask = ({ as, id }: Awaited<ReturnType<typeof agent>>, body: object) =>
    as('POST', `/v1/gateways/${id}/credentials`, body)
  expect((await ask(mine, { jobId: JOB, epoch: 1 })).status).toBe(200)
  expect(asked).toMatchObject([{ gatewayId: mine.id, jobId: JOB, purpose: 'backup', lock: LOCK }])
  expect((await ask(other, { jobId: JOB, epoch: 1 })).json).toMatchObject({
    code: 'EPOCH_OUTDATED',
  })
  expect(asked).toHaveLength(1)
})

test('an agent that is revoked loses its job at once', async () => {
  const { api, agent } = await site()
  const mine = await agent()
  await dispatch(api, JOB, captureIn(GUEST))
  await mine.lease()
  const { json } = await api.asPerson('POST', `/v1/gateways/${mine.id}/revoke`)
  expect(json).toMatchObject({ jobs: 1 })
  const again = await agent()
  expect((await again.lease()).json).toMatchObject({ jobs: [{ jobId: JOB, epoch: 2 }] })
})

test('a guest cannot tell of a point that passes for another machine, or another component', async () => {
  const { api, agent } = await site()
  const mine = await agent()
  await dispatch(api, JOB, captureIn(GUEST))
  await mine.lease()
  const of = { vmUuid: COMPONENT, vmName: 'postgresql on db01', poolUuid: GUEST }
  const made = pointOf(JOB, of)
  const tell = async (more: object) => {
    const point = { ...made, kind: 'component', ...more }
    const outcome = { status: 'backed-up', point, notes: [] }
    const answer = await mine.as('POST', `/v1/jobs/${JOB}/result`, { epoch: 1, outcome })
    return [answer.status, answer.json.code]
  }
  const refused = [400, 'OUTCOME_MISMATCH']
  expect(await tell({ kind: 'vm' })).toEqual(refused)
  expect(await tell({ vmName: 'dc01' })).toEqual(refused)
  expect(await tell({ poolUuid: POOL })).toEqual(refused)
  expect(await tell({ vmUuid: vmUuid(1) })).toEqual(refused)
  expect(await tell({})).toEqual([200, undefined])
})
