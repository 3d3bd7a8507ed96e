import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { cognitoTokens } from '#adapters/aws/cognito.ts'
import { lambdaAuthenticator } from '#adapters/aws/lambda-authenticator.ts'
import { signInMail } from '#adapters/aws/sign-in-mail.ts'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { createApiToken, revokeApiToken } from '#core/tokens/token.ts'
import { authorize } from '#functions/events/authorize.ts'

const POOL = 'eu-central-1_AbCdEf123'
const CLIENT = '1example23456789'
const TOKEN = '01J0000000000000000000000T'

const keyPair = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(keyPair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }

/** An access token as Cognito makes it, but for what a test changes. */
const accessToken = (
  change: Record<string, unknown> = {},
  { key = keyPair.privateKey, kid = 'one' } = {},
) => {
  const seconds = Math.floor(Date.now() / 1_000)
  return new SignJWT({
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    username: 'ann',
    'cognito:groups': ['operator'],
    token_use: 'access',
    client_id: CLIENT,
    scope: 'openid',
    iss: `https://cognito-idp.eu-central-1.amazonaws.com/${POOL}`,
    iat: seconds - 60,
    exp: seconds + 3_600,
    ...change,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(key)
}

const site = async (mailOf?: Parameters<typeof authorize>[1]) => {
  const catalog = memoryCatalog()
  let now = Date.now()
  const clock = { now: () => now }
  const tokens = cognitoTokens({
    userPoolId: POOL,
    clientIds: [CLIENT],
    jwks: { keys: [jwk] } as never,
  })
  const ask = authorize(tokens, mailOf)({ catalog, clock })
  const wanted = { tokenId: TOKEN, name: 'tickets', role: 'operator' as const }
  const apiToken = await createApiToken(
    { catalog, random: systemRandom },
    { ...wanted, expires: now + 3_600_000 },
    'ann',
    now,
  )
  return {
    catalog,
    apiToken,
    wait: (ms: number) => {
      now += ms
    },
    now: () => now,
    ask: (token: string | undefined) =>
      ask({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }),
    /** What the function behind the authorizer makes of its word. */
    enter: async (token: string) => {
      const { isAuthorized, context } = await ask({ headers: { authorization: `Bearer ${token}` } })
      expect(isAuthorized).toBe(true)
      return lambdaAuthenticator().person({ authorized: context as never })
    },
  }
}

test('a person of the user pool comes in with the highest role of the groups', async () => {
  const { enter } = await site()
  expect(await enter(await accessToken())).toEqual({ name: 'ann', id: 'ann', role: 'operator' })
  const groups = { 'cognito:groups': ['viewer', 'administrator', 'operator', 'others'] }
  expect(await enter(await accessToken(groups))).toEqual({
    name: 'ann',
    id: 'ann',
    role: 'administrator',
  })
})

test.each([[{ 'cognito:groups': undefined }], [{ 'cognito:groups': ['Administrators'] }]])(
  'a user without a group of ours is told so: %j',
  async change => {
    const { enter } = await site()
    await expect(enter(await accessToken(change))).rejects.toMatchObject({
      code: 'ROLE_MISSING',
      message: '"ann" has signed in, but has no role in XenKeep.',
    })
  },
)

test('who signed in too long ago is told to sign in again', async () => {
  const { enter } = await site()
  const past = { iat: 1_600_000_000, exp: 1_600_003_600 }
  await expect(enter(await accessToken(past))).rejects.toMatchObject({
    code: 'TOKEN_EXPIRED',
    message: 'The token "ann" has expired.',
  })
})

const stranger = (await generateKeyPair('RS256')).privateKey

test.each<[string, () => Promise<string | undefined> | string | undefined]>([
  ['nothing', () => undefined],
  ['no token', () => 'ann'],
  ['an id token', () => accessToken({ token_use: 'id' })],
  ['a token of another client', () => accessToken({ client_id: 'other' })],
  [
    'a token of another pool',
    () =>
      accessToken({ iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other1234' }),
  ],
  ['a token that somebody else signed', () => accessToken({}, { key: stranger })],
  ['an expired one that somebody else signed', () => accessToken({ exp: 1 }, { key: stranger })],
  [
    'an unsigned one',
    async () => {
      const [, payload] = (await accessToken()).split('.')
      const header = Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')
      return `${header}.${payload}.x`
    },
  ],
  [
    'a changed one',
    async () => {
      const [header, , signature] = (await accessToken()).split('.')
      const payload = Buffer.from('{"username":"eve","cognito:groups":["administrator"]}')
      return `${header}.${payload.toString('base64url')}.${signature}`
    },
  ],
])('%s is turned away at the door', async (_, make) => {
  const { ask } = await site()
  expect(await ask(await make())).toEqual({ isAuthorized: false })
})

test('an outside system comes in with a token of ours, until it is revoked', async () => {
  const { catalog, enter, apiToken, ask, now } = await site()
  expect(await enter(apiToken)).toEqual({
    name: `tickets (${TOKEN})`,
    role: 'operator',
    source: 'token',
    createdBy: 'ann',
  })
  await revokeApiToken(catalog, TOKEN, now())
  await expect(enter(apiToken)).rejects.toMatchObject({
    code: 'TOKEN_EXPIRED',
    message: 'The token "tickets" was revoked.',
  })
  expect(await ask(`${apiToken.slice(0, -1)}!`)).toEqual({ isAuthorized: false })
})

test('a token of ours ends when it was said to', async () => {
  const { enter, apiToken, wait } = await site()
  wait(3_600_000)
  await expect(enter(apiToken)).rejects.toMatchObject({
    message: 'The token "tickets" has expired.',
  })
})

test('an unknown id and a wrong secret are turned away alike, and the catalog holds no secret', async () => {
  const { ask, apiToken, catalog } = await site()
  // The secret itself may begin with an underscore.
  const secret = apiToken.slice(`xk_${TOKEN}_`.length)
  const wrong = secret.startsWith('A') ? `B${secret.slice(1)}` : `A${secret.slice(1)}`
  expect(await ask(`xk_${TOKEN}_${wrong}`)).toEqual({ isAuthorized: false })
  expect(await ask(`xk_01J0000000000000000000000X_${secret}`)).toEqual({ isAuthorized: false })
  expect(JSON.stringify(await catalog.query('TOKENS'))).not.toContain(secret)
})

test('that a token was used is noted to within an hour', async () => {
  const { ask, apiToken, catalog, wait, now } = await site()
  const lastUsed = async () =>
    (await catalog.query<{ lastUsed?: number }>('TOKENS')).items[0]?.value.lastUsed
  const begin = now()
  await ask(apiToken)
  wait(1_800_000)
  await ask(apiToken)
  expect(await lastUsed()).toBe(begin)
})

test('nobody comes in whom the authorizer did not name', async () => {
  const { person } = lambdaAuthenticator()
  for (const authorized of [undefined, {}, { name: '' }, { role: 'administrator' }])
    await expect(person({ authorization: 'Bearer x', authorized })).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
    })
  await expect(person({ authorized: { name: 'ann', role: 'root' } })).rejects.toMatchObject({
    code: 'ROLE_MISSING',
  })
})

test('a person stands in records with the mail address, and the id beside it', async () => {
  const asked: unknown[] = []
  const { enter, ask } = await site(async (token, id) => {
    asked.push(id)
    return token === '' ? undefined : 'ann (admin)@example.org\n'
  })
  expect(await enter(await accessToken())).toEqual({
    ...{ name: 'annadmin@example.org (ann)', id: 'ann', role: 'operator' },
  })
  // Nobody is asked about a token that is no good.
  await ask('a.b.c')
  await ask(await accessToken({ exp: 1 }))
  expect(asked).toStrictEqual(['ann'])
})

test('the mail address comes from the user pool, is kept for a while, and keeps nobody out where it does not come', async () => {
  let now = 0
  const calls: string[] = []
  let answer = () => Response.json({ sub: 's', username: 'ann', email: 'ann@example.org' })
  const mailOf = signInMail({
    endpoint: 'https://sign-in.test/oauth2/userInfo',
    now: () => now,
    fetch: async (url, init) => {
      calls.push(`${url} ${new Headers(init?.headers).get('authorization')}`)
      return answer()
    },
  })
  expect(await mailOf('a.b.c', 'ann')).toBe('ann@example.org')
  expect(await mailOf('a.b.c', 'ann')).toBe('ann@example.org')
  expect(calls).toStrictEqual(['https://sign-in.test/oauth2/userInfo Bearer a.b.c'])
  // Whoever else answers there does not name somebody else.
  expect(await mailOf('a.b.c', 'bob')).toBeUndefined()
  answer = () => {
    throw new TypeError('fetch failed')
  }
  expect(await mailOf('a.b.c', 'cem')).toBeUndefined()
  now += 11 * 60_000
  expect(await mailOf('a.b.c', 'ann')).toBe('ann@example.org')
  answer = () => new Response('busy', { status: 429 })
  now += 60_000
  expect(await mailOf('a.b.c', 'cem')).toBeUndefined()
  expect(calls).toHaveLength(5)
})
