import { expect, test } from 'vitest'
import type { SiteDefinition } from '#core/contracts/site.ts'
import { siteAsWritten, siteAsYaml } from '#core/contracts/site-yaml.ts'
import { unprotectedVms } from '#core/notifications/watch-unprotected.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { poolOf } from '#test/support/fake-gateway.ts'
import { SITE } from '#test/support/sealed-site.ts'

const define = async (api: TestApi, site: unknown = SITE) => {
  const { status, json } = await api.asPerson('POST', '/v1/sites', site)
  expect(status).toBe(200)
  return json as { siteId: string; version: number }
}

const protect = (api: TestApi, site: string, more: Record<string, unknown> = {}) =>
  api.asPerson('POST', '/v1/policies', {
    ...{ name: 'Sites', selection: { include: [{ site }] }, retention: { daily: 7 } },
    ...more,
  })

test('a site is defined, read, listed, replaced and deleted', async () => {
  const api = await testApi()
  const { siteId } = await define(api)
  const path = `/v1/sites/${siteId}`
  const found = await api.asPerson('GET', path)
  expect(found.json).toMatchObject({ version: 1, changedBy: 'someone', policies: [], site: SITE })
  const changed = await api.asPerson('PUT', path, {
    ...{ version: 1, site: { ...SITE, description: 'of the head office' } },
  })
  expect(changed.json).toMatchObject({ version: 2, site: { description: 'of the head office' } })
  expect((await api.asPerson('GET', '/v1/sites')).json).toMatchObject({ items: [changed.json] })
  const late = await api.asPerson('PUT', path, { version: 1, site: SITE })
  expect(late).toMatchObject({ status: 409, json: { code: 'SITE_CHANGED' } })
  const gone = await api.asPerson('DELETE', path, undefined, 'version=2')
  expect(gone.json).toMatchObject({ line: expect.stringContaining('site points') })
  expect((await api.asPerson('GET', '/v1/sites')).json).toStrictEqual({ items: [] })
  expect((await api.asPerson('GET', path)).json).toMatchObject({ deleted: { by: 'someone' } })
})

test('two sites never bear one name, whatever the capitals; a name that is free again is taken', async () => {
  const api = await testApi()
  const { siteId } = await define(api)
  const second = await api.asPerson('POST', '/v1/sites', { ...SITE, name: ' VIENNA' })
  expect(second).toMatchObject({ status: 409, json: { code: 'SITE_NAME_TAKEN' } })
  await api.asPerson('PUT', `/v1/sites/${siteId}`, { version: 1, site: { ...SITE, name: 'Graz' } })
  await define(api)
})

test('only an administrator defines a site; everybody sees it', async () => {
  const api = await testApi()
  const { siteId } = await define(api)
  const refused = await api.call('POST', '/v1/sites', {
    ...{ authorization: 'Bearer operator', body: { ...SITE, name: 'Graz' } },
  })
  expect(refused).toMatchObject({ status: 403, json: { code: 'ROLE_INSUFFICIENT' } })
  const seen = await api.call('GET', `/v1/sites/${siteId}`, { authorization: 'Bearer viewer' })
  expect(seen.status).toBe(200)
})

test('unknown roles and members are refused by name', async () => {
  const api = await testApi()
  const wrong = await api.asPerson('POST', '/v1/sites', {
    ...{ name: 'X', components: [{ role: 'broker', target: { vm: 'a' } }] },
  })
  expect(wrong).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } })
  expect(JSON.stringify(wrong.json)).toContain('role')
})

test('a site that a policy protects is neither deleted nor renamed away from it', async () => {
  const api = await testApi()
  const { siteId } = await define(api)
  expect((await protect(api, 'vienna')).status).toBe(200)
  const path = `/v1/sites/${siteId}`
  expect((await api.asPerson('GET', path)).json).toMatchObject({ policies: [{ name: 'Sites' }] })
  const deleted = await api.asPerson('DELETE', path, undefined, 'version=1')
  expect(deleted).toMatchObject({ status: 409, json: { code: 'SITE_IN_USE' } })
  const renamed = await api.asPerson('PUT', path, { version: 1, site: { ...SITE, name: 'Graz' } })
  expect(renamed).toMatchObject({ status: 409, json: { code: 'SITE_IN_USE' } })
  const capitals = { ...SITE, name: 'VIENNA' }
  expect((await api.asPerson('PUT', path, { version: 1, site: capitals })).status).toBe(200)
})

test('a policy that backs up a site says nothing of single VMs, nor how they are backed up', async () => {
  const api = await testApi()
  await define(api)
  for (const more of [
    { selection: { include: [{ site: 'Vienna' }, { all: true }] } },
    { selection: { include: [{ site: 'Vienna', tags: ['a'] }] } },
    { selection: { include: [{ site: 'Vienna' }], exclude: [{ names: ['a*'] }] } },
    { together: { whenOneFails: 'go-on' } },
    { method: 'offline' },
  ])
    expect(await protect(api, 'Vienna', more)).toMatchObject({
      ...{ status: 400, json: { code: expect.stringMatching(/POLICY_INVALID|REQUEST_INVALID/) } },
    })
})

test('VMs that a site protects are protected in lists and previews, with the site as the reason', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01', 'other')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  await define(api)
  const schedule = { cron: '0 1 * * *', timeZone: 'UTC' }
  await protect(api, 'Vienna', { schedule })
  const { items } = (await api.asPerson('GET', '/v1/vms')).json as {
    items: { name: string; policies: { name: string }[] }[]
  }
  expect(
    items.map(({ name, policies }) => [name, policies.map(policy => policy.name)]),
  ).toStrictEqual([
    ['web01', ['Sites']],
    ['db01', ['Sites']],
    ['other', []],
  ])
  const preview = await api.asPerson('POST', '/v1/policies/preview', {
    policy: { name: 'P', selection: { include: [{ site: 'Vienna' }] }, retention: { daily: 1 } },
  })
  expect(preview.json).toMatchObject({ chosen: 2, leftOut: 1 })
  expect(JSON.stringify(preview.json)).toContain('the site \\"Vienna\\" protects it')
})

test('a preview tells the tasks, and what the definition names and nobody has', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf('web01')] })
  const { json } = await api.asPerson('POST', '/v1/sites/preview', { site: SITE })
  expect(json).toMatchObject({
    taskCount: 1,
    tasks: [{ kind: 'vm', vmName: 'web01' }],
    skips: [{ gap: true, code: 'missing' }],
    problems: expect.arrayContaining([
      expect.objectContaining({ code: 'SITE_SERVER_MISSING', level: 'error' }),
    ]),
  })
})

test('what a site that is backed up by itself leaves out on purpose is told by nobody as unprotected', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01', 'old01')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  const old = { role: 'custom', target: { vm: 'old01' }, protect: false, because: 'being replaced' }
  await define(api, { ...SITE, components: [...SITE.components, old] })
  const { catalog, clock } = api.ports
  const names = async () =>
    (await unprotectedVms(catalog, clock.now())).unprotected.map(({ name }) => name)
  expect((await protect(api, 'Vienna')).status).toBe(200)
  expect(await names()).toStrictEqual(['web01', 'db01', 'old01'])
  const schedule = { cron: '0 1 * * *', timeZone: 'UTC' }
  await protect(api, 'Vienna', { name: 'By itself', schedule })
  expect(await names()).toStrictEqual([])
})

test('what contradicts itself is shown by a preview and refused when it is to be saved', async () => {
  const api = await testApi()
  const [sql, ddc] = SITE.components
  const twice = { ...SITE, components: [sql, ddc].map(line => ({ ...line, name: 'db' })) }
  const typo = { ...SITE, order: [{ earlier: 'sq1', later: 'ddc' }] }
  for (const [site, code] of [
    [twice, 'SITE_NAME_TWICE'],
    [typo, 'SITE_REF_UNKNOWN'],
  ] as const) {
    const shown = await api.asPerson('POST', '/v1/sites/preview', { site })
    expect(shown.json.problems).toContainEqual(expect.objectContaining({ code, level: 'error' }))
    const refused = await api.asPerson('POST', '/v1/sites', site)
    expect(refused).toMatchObject({ status: 422, json: { code: 'SITE_UNFIT' } })
  }
  const { siteId } = await define(api)
  const changed = await api.asPerson('PUT', `/v1/sites/${siteId}`, { version: 1, site: typo })
  expect(changed).toMatchObject({ status: 422, json: { code: 'SITE_UNFIT' } })
})

test('a policy that keeps domain controllers for longer than their directory lets them be of use is told', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  const site = {
    ...SITE,
    components: [{ role: 'dc', target: { vm: 'web01' } }],
    domainControllers: { tombstoneDays: 60 },
  }
  await define(api, site)
  const told = async () => {
    const { json } = await api.asPerson('POST', '/v1/sites/preview', { site })
    const problems = json.problems as { code: string; level: string; text: string }[]
    return problems.filter(({ code }) => code === 'SITE_DC_KEPT_TOO_LONG')
  }
  await protect(api, 'Vienna', { retention: { daily: 30 } })
  expect(await told()).toEqual([])
  await protect(api, 'Vienna', { name: 'Long', retention: { daily: 7, monthly: 12 } })
  await protect(api, 'Vienna', { name: 'Always', retention: { forever: true } })
  expect((await told()).map(({ level, text }) => [level, text])).toEqual([
    ['warning', expect.stringContaining('are kept for ever, and serve for a restore for 60 days')],
    [
      'warning',
      'By the policy "Long": points of the domain controller are kept for up to 372 days, and serve for a restore for 60 days only (tombstoneLifetime of the domain); older ones are worth keeping for their files alone.',
    ],
  ])
})

test('what somebody wrote is shown as it was, comments and all, as long as it says what the definition does', async () => {
  const api = await testApi()
  const written = `# Anna looks after it.\n${siteAsYaml(SITE)}`
  const { siteId } = await define(api, { ...SITE, text: written })
  const path = `/v1/sites/${siteId}`
  const shown = async () => {
    const { json } = await api.asPerson('GET', path)
    const { site, text } = json as { site: SiteDefinition; text?: string }
    return siteAsWritten(site, text)
  }
  expect(await shown()).toBe(written)
  // In lists there is none, and a change without a text forgets it.
  expect(JSON.stringify((await api.asPerson('GET', '/v1/sites')).json)).not.toContain('Anna')
  const { components, ...head } = SITE
  const site = { ...head, description: 'new', components }
  await api.asPerson('PUT', path, { version: 1, site, text: written })
  expect(await shown()).toBe(siteAsYaml(site))
  await api.asPerson('PUT', path, { version: 2, site })
  expect(await shown()).toBe(siteAsYaml(site))
  expect(siteAsWritten(SITE, 'components: [')).toBe(siteAsYaml(SITE))
})
