import { expect, test } from 'vitest'
import { federate, handler } from '#functions/events/federate.ts'

const NOW = 1_790_000_000_000
const HOUR = 3_600_000 // ms

const settings = {
  providers: {
    entra: { groups: 'groups', roles: { administrator: ['admins'], viewer: ['staff'] } },
    okta: { groups: 'memberOf', roles: { operator: ['ops'] } },
  },
  sessionHours: 12,
}
const at = (now: number) => federate(settings)({ clock: { now: () => now } })

const inbound = (providerName: string, attributes: Record<string, unknown>) => ({
  version: '1',
  triggerSource: 'InboundFederation_ExternalProvider',
  request: { providerName, attributes },
  response: {},
})
const saidOf = async (providerName: string, attributes: Record<string, unknown>) =>
  (
    (await at(NOW)(inbound(providerName, attributes))) as {
      response: { userAttributesToMap: Record<string, string> }
    }
  ).response.userAttributesToMap

const tokenFor = (userName: string, userAttributes: Record<string, string>) => ({
  version: '1',
  triggerSource: 'TokenGeneration_HostedAuth',
  userName,
  request: { userAttributes, groupConfiguration: { groupsToOverride: ['administrator'] } },
  response: { claimsOverrideDetails: null },
})
const groupsOf = async (userName: string, attributes: Record<string, string>, now = NOW) => {
  const { response } = (await at(now)(tokenFor(userName, attributes))) as {
    response: {
      claimsOverrideDetails: { groupOverrideDetails: { groupsToOverride: string[] } } | null
    }
  }
  return response.claimsOverrideDetails?.groupOverrideDetails.groupsToOverride
}
const EXTERNAL = { 'cognito:user_status': 'EXTERNAL_PROVIDER' }

test('what a provider says of groups becomes a role with its time; its other claims stay', async () => {
  expect(
    await saidOf('entra', {
      tokenResponse: { access_token: 'secret' },
      userInfo: { sub: 'u1', email: 'a@example.com', groups: '["staff"]' },
      idToken: { sub: 'u1', groups: '["admins"]', amr: ['mfa'] },
    }),
  ).toEqual({
    sub: 'u1',
    email: 'a@example.com',
    groups: '["admins"]',
    amr: '["mfa"]',
    'custom:role': 'administrator 1790000000',
  })
  expect(await saidOf('okta', { samlResponse: { memberOf: '[ops, staff]' } })).toMatchObject({
    'custom:role': 'operator 1790000000',
  })
})

test('who has left all groups loses the role, though the provider then sends no groups at all', async () => {
  expect(await saidOf('entra', { idToken: { sub: 'u1' } })).toEqual({
    sub: 'u1',
    'custom:role': 'none 1790000000',
  })
})

test('groups count at their own provider only, and nobody brings a role along', async () => {
  for (const [provider, claims] of [
    ['okta', { groups: 'admins', memberOf: 'admins' }],
    ['other', { groups: 'admins' }],
    ['entra', { 'custom:role': 'administrator 1790000000' }],
  ] as const)
    expect((await saidOf(provider, { idToken: claims }))['custom:role']).toBe('none 1790000000')
})

test('claims in a text of JSON are read; a text that is none is nobody', async () => {
  const role = async (idToken: string) => (await saidOf('entra', { idToken }))['custom:role']
  expect(await role('{"groups":"admins"}')).toBe('administrator 1790000000')
  expect(await role('admins')).toBe('none 1790000000')
})

test('the role is the one group in the tokens of who comes from a provider, whatever groups the pool has for them', async () => {
  const said = { ...EXTERNAL, 'custom:role': 'viewer 1790000000' }
  expect(await groupsOf('entra_u1', said)).toEqual(['viewer'])
  expect(await groupsOf('entra_u1', { ...EXTERNAL, 'custom:role': 'none 1790000000' })).toEqual([
    'none',
  ])
  expect(await groupsOf('entra_u1', EXTERNAL)).toEqual(['none'])
  // Any sign of a provider counts.
  expect(await groupsOf('Entra_u1', {})).toEqual(['none'])
  expect(await groupsOf('5a1c', { 'cognito:user_status': 'CONFIRMED', identities: '[]' })).toEqual([
    'none',
  ])
})

test('what was said is believed for a session and the hour of the sign-in page', async () => {
  const said = { ...EXTERNAL, 'custom:role': 'viewer 1790000000' }
  expect(await groupsOf('entra_u1', said, NOW + 13 * HOUR)).toEqual(['viewer'])
  expect(await groupsOf('entra_u1', said, NOW + 13 * HOUR + 1_000)).toEqual(['none'])
})

test('people of the pool keep their groups', async () => {
  expect(
    await groupsOf('5a1c2f00-0000-4000-8000-000000000001', { 'cognito:user_status': 'CONFIRMED' }),
  ).toBeUndefined()
})

test('an event of something else is refused', async () => {
  await expect(handler({ triggerSource: 'PreSignUp_SignUp' })).rejects.toThrow()
})
