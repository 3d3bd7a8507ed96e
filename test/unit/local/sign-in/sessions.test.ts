import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { setPassword } from '#local/sign-in/password.ts'
import { localSessions, withSessions } from '#local/sign-in/sessions.ts'

const HOUR = 3600_000
let folder: string
let file: string
let now: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-sign-in-'))
  file = join(folder, 'password.json')
  now = Date.UTC(2026, 10, 23)
})
afterEach(() => rm(folder, { recursive: true }))

const others = { person: async () => ({ name: 'somebody else', role: 'viewer' as const }) }

const site = () => {
  const ports = { catalog: memoryCatalog(), clock: { now: () => now }, random: systemRandom }
  const sessions = localSessions(ports, file)
  const authenticator = withSessions(others, ports, file)
  return {
    ...ports,
    ...sessions,
    signIn: (password: string, address = '192.0.2.1') => sessions.signIn(password, address),
    call: (token: string) => authenticator.person({ authorization: `Bearer ${token}` }),
  }
}

test('the password signs in for twelve hours, and a copy of the files tells nobody what it is', async () => {
  const password = await setPassword(file)
  expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
  expect(await readFile(file, 'utf8')).not.toContain(password)
  expect((await stat(file)).mode & 0o077).toBe(0)
  const { signIn, call, catalog } = site()
  const { token, until } = await signIn(` ${password}\n`)
  expect(until).toBe(now + 12 * HOUR)
  expect(await call(token)).toEqual({ name: 'owner', role: 'administrator' })
  const kept = await catalog.query('SESSIONS')
  expect(JSON.stringify(kept)).not.toContain(token)
  now = until - 1
  await call(token)
  now = until
  await expect(call(token)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
})

test('a session ends by signing out, and all of them by another password', async () => {
  const { signIn, signOut, call } = site()
  const first = await setPassword(file)
  const [one, two] = [await signIn(first), await signIn(first)]
  await signOut(one.token)
  await signOut(one.token)
  await expect(call(one.token)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
  await call(two.token)
  await setPassword(file)
  await expect(call(two.token)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
  await expect(signIn(first)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
})

test('who guesses waits longer each time, also who guesses many at once', async () => {
  const password = await setPassword(file)
  const { signIn, call } = site()
  const tries = await Promise.allSettled(Array.from({ length: 9 }, () => signIn('guess')))
  const codes = tries.map(one => one.status === 'rejected' && one.reason.code)
  // Sorted: each reads the file of the password first, and they come back in any order.
  const [refused, limited] = [Array(6).fill('SIGN_IN_REFUSED'), Array(3).fill('SIGN_IN_LIMITED')]
  expect(codes.sort()).toEqual([...limited, ...refused])
  await expect(signIn(password)).rejects.toMatchObject({ code: 'SIGN_IN_LIMITED', seconds: 2 })
  now += 2_000
  await expect(signIn('guess')).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  await expect(signIn('guess')).rejects.toMatchObject({ code: 'SIGN_IN_LIMITED', seconds: 4 })
  now += 4_000
  await call((await signIn(password)).token)
  await expect(signIn('guess')).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
})

test('a new password lets its owner in at once, whoever guessed before', async () => {
  await setPassword(file)
  const { signIn } = site()
  await Promise.allSettled(Array.from({ length: 9 }, () => signIn('guess')))
  await expect(signIn('guess')).rejects.toMatchObject({ code: 'SIGN_IN_LIMITED' })
  await signIn(await setPassword(file))
})

test('sessions that ended are swept when somebody signs in', async () => {
  const password = await setPassword(file)
  const { signIn, catalog } = site()
  await signIn(password)
  now += 13 * HOUR
  await signIn(password)
  expect((await catalog.query('SESSIONS')).items).toHaveLength(1)
})

test('without a password nobody signs in, and other callers are not touched', async () => {
  const { signIn, call } = site()
  await expect(signIn('')).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  await expect(call(`xks_${'a'.repeat(43)}`)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
  expect(await call('another-token')).toMatchObject({ name: 'somebody else' })
})
