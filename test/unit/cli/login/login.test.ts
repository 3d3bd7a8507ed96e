import { createHash } from 'node:crypto'
import { chmod, readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readSession, sessionFile, writeSession } from '#cli/login/kept-session.ts'
import { signInByBrowser, signInByHand } from '#cli/login/login.ts'
import { runProgram } from '#cli/program.ts'
import { cliHost, status } from '#test/support/cli-host.ts'
import { freePort } from '#test/support/free-port.ts'

const HOME = 'https://xenkeep.example.com'
const PROVIDER = {
  host: 'https://pool.auth.example.com',
  issuer: 'https://idp.example.com/pool',
  clientId: 'command-line',
}

/** A Cognito of our own: it verifies PKCE, takes each code once, and can end refresh tokens. */
const standIn = () => {
  const begun = new Map<string, URLSearchParams>()
  const ended = new Set<string>()
  let made = 0
  const authorize = (address: string): URL => {
    const query = new URL(address).searchParams
    const code = `code-${begun.size}`
    begun.set(code, query)
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    return back
  }
  const tokens = () => {
    made++
    return { access_token: `access-${made}`, token_type: 'Bearer', expires_in: 900 }
  }
  const byCode = (form: URLSearchParams) => {
    const query = begun.get(form.get('code') ?? '')
    begun.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    return query?.get('code_challenge') === challenge &&
      query.get('code_challenge_method') === 'S256' &&
      query.get('redirect_uri') === form.get('redirect_uri') &&
      form.get('client_id') === PROVIDER.clientId
      ? Response.json({ ...tokens(), refresh_token: 'refresh-1' })
      : refused
  }
  const fetch = async (url: URL | string, init?: RequestInit): Promise<Response | undefined> => {
    const { origin, pathname } = new URL(url)
    if (origin !== PROVIDER.host) return undefined
    const form = new URLSearchParams(String(init?.body))
    if (pathname === '/oauth2/revoke') {
      ended.add(form.get('token') ?? '')
      return new Response()
    }
    if (form.get('grant_type') === 'authorization_code') return byCode(form).clone()
    return ended.has(form.get('refresh_token') ?? '') ? refused.clone() : Response.json(tokens())
  }
  return { authorize, fetch, ended }
}
const refused = Response.json({ error: 'invalid_grant' }, { status: 400 })

const site = (signIn: 'cognito' | 'password' = 'cognito') => {
  const provider = standIn()
  const said: string[] = []
  const authorizations: (string | null)[] = []
  const caller = { name: 'ann@example.com', role: 'operator' }
  const cli = cliHost({
    'GET /settings.json':
      signIn === 'password'
        ? { signIn }
        : { signIn, ...PROVIDER, commandLineClientId: PROVIDER.clientId, region: 'eu-central-1' },
    'GET /v1/caller': caller,
    'GET /v1/runs': { items: [] },
    'POST /local/session': ({ body }: { body: unknown }) =>
      (body as { password: string }).password === 'right'
        ? { token: 'xks_a', until: Date.UTC(2026, 10, 23) }
        : status(401, {
            code: 'SIGN_IN_REFUSED',
            message: 'No.',
            advice: 'Try.',
            retryable: false,
          }),
    'DELETE /local/session': {},
  })
  const { host } = cli
  const ours = host.fetch
  host.fetch = (async (url: URL, init: RequestInit) => {
    const answer = await provider.fetch(url, init)
    if (answer) return answer
    authorizations.push(new Headers(init.headers).get('authorization'))
    return ours(url, init)
  }) as typeof fetch
  host.env.HOME = cli.dataDir
  host.env.XENKEEP_URL = HOME
  host.stderr = { write: (text: string) => said.push(text) > 0, isTTY: false }
  host.stdout = { write: (text: string) => said.push(text) > 0, isTTY: false }
  const file = sessionFile(host.env, HOME)
  return {
    ...cli,
    provider,
    file,
    authorizations,
    said: () => said.join(''),
    run: (...args: string[]) => runProgram(host, args, '0.0.0'),
    byHand: (change: (back: URL) => string = String) =>
      signInByHand(host, PROVIDER, async () =>
        change(provider.authorize(/https:\/\/pool\S+/.exec(said.join(''))?.[0] ?? '')),
      ),
  }
}

test('by hand: the code of the address is exchanged with the verifier of this sign-in', async () => {
  const { byHand, said } = site()
  const session = await byHand()
  expect(session).toEqual({
    kind: 'cognito',
    ...PROVIDER,
    access: 'access-1',
    refresh: 'refresh-1',
    until: Date.UTC(2026, 10, 22, 14, 15),
  })
  expect(said()).not.toMatch(/access-|refresh-|code-/)
})

test.each([
  [
    'another state',
    (back: URL) => `${back}`.replace(/state=[^&]+/, 'state=other'),
    'another sign-in',
  ],
  ['no address', () => 'code-0', 'not the address of the page'],
  [
    'a refusal',
    (back: URL) => `${back}`.replace(/code=[^&]+/, 'error=access_denied'),
    'access_denied',
  ],
  ['a made-up code', (back: URL) => `${back}`.replace(/code=[^&]+/, 'code=x'), 'invalid_grant'],
])('by hand: %s is refused', async (_, change, why) => {
  await expect(site().byHand(change)).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: expect.stringContaining(why),
  })
})

test('by browser: what comes back with another state is refused, and the right one is waited for', async () => {
  const { host, provider, said } = site()
  host.env.BROWSER = '/bin/true'
  const callback = `http://localhost:${await freePort()}/signed-in`
  const session = signInByBrowser(host, PROVIDER, callback)
  await expect.poll(said).toContain(PROVIDER.host)
  const back = provider.authorize(/https:\/\/pool\S+/.exec(said())?.[0] ?? '')
  const foreign = new URL(back)
  foreign.searchParams.set('state', 'other')
  expect((await fetch(foreign)).status).toBe(400)
  expect((await fetch(back)).status).toBe(200)
  expect(await session).toMatchObject({ access: 'access-1' })
  await expect(fetch(back)).rejects.toThrow()
})

test('a session is the owner’s alone, renewed before it ends, and told when it cannot be', async () => {
  const { host, provider, file, run, byHand, authorizations, said } = site()
  await writeSession(file, await byHand())
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await run('runs')).toBe(0)
  host.now = () => Date.UTC(2026, 10, 22, 14, 14, 30)
  expect(await run('runs')).toBe(0)
  expect(authorizations).toEqual(['Bearer access-1', 'Bearer access-2'])
  expect(await readSession(file)).toMatchObject({ access: 'access-2', refresh: 'refresh-1' })
  expect(said()).not.toMatch(/access-|refresh-/)

  await chmod(file, 0o644)
  expect(await run('runs')).toBe(5)
  expect(said()).toContain('TOKEN_FILE_OPEN')
  await chmod(file, 0o600)

  provider.ended.add('refresh-1')
  host.now = () => Date.UTC(2026, 10, 22, 20)
  expect(await run('runs')).toBe(5)
  expect(said()).toContain(`what to do: Run "xenkeep login ${HOME}".\n  code: SIGN_IN_ENDED`)
  expect(await readSession(file)).toBeUndefined()
})

test('logout ends the refresh token there and here', async () => {
  const { provider, file, run, byHand, said } = site()
  await writeSession(file, await byHand())
  expect(await run('logout')).toBe(0)
  expect([...provider.ended]).toEqual(['refresh-1'])
  expect(await readSession(file)).toBeUndefined()
  expect(said()).toContain(`You are signed out of ${HOME}.`)
  expect(await run('runs')).toBe(5)
  expect(said()).toContain('TOKEN_MISSING')
})

test('one machine asks for the password of its console', async () => {
  const { host, run, file, authorizations, said, calls } = site('password')
  host.env.XENKEEP_CONSOLE_PASSWORD = 'wrong'
  expect(await run('login')).toBe(5)
  host.env.XENKEEP_CONSOLE_PASSWORD = 'right'
  expect(await run('login')).toBe(0)
  expect(said()).toContain(`You are signed in to ${HOME} as ann@example.com (operator).`)
  expect(authorizations.at(-1)).toBe('Bearer xks_a')
  expect(await readFile(file, 'utf8')).not.toContain('right')
  expect(said()).not.toMatch(/xks_a|right/)
  host.now = () => Date.UTC(2026, 10, 24)
  expect(await run('runs')).toBe(5)
  expect(said()).toContain('SIGN_IN_ENDED')
  expect(calls.filter(call => call.startsWith('GET /v1/runs'))).toEqual([])
})

test('without an address, and where no console answers', async () => {
  const { host, run, said } = site()
  delete host.env.XENKEEP_URL
  expect(await run('login')).toBe(2)
  expect(said()).toContain('Which XenKeep is meant?')
  expect(await run('login', 'http://xenkeep.example.com')).toBe(2)
  expect(said()).toContain('CONTROL_URL_INVALID')
})
