import { afterEach, describe, expect, test } from 'vitest'
import {
  jsonRpc,
  type SimulatedPool,
  simulatedPool,
  type XapiFailure,
} from '#test/support/simulated-pool.ts'

let pool: SimulatedPool
afterEach(() => pool.close())

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => ['no failure'],
    (error: XapiFailure) => error.description,
  )

describe('login', () => {
  test('takes two, three or four parameters', async () => {
    pool = await simulatedPool()
    for (const more of [[], ['1.0'], ['1.0', 'xenkeep']])
      expect(await pool.bare('session.login_with_password', 'root', 'xenserver', ...more)).toMatch(
        /^OpaqueRef:[0-9a-f-]{36}$/,
      )
  })

  test('with a wrong password fails only after the delay', async () => {
    pool = await simulatedPool({ timing: { authenticationDelay: 80 } })
    const start = performance.now()
    const failure = await failureOf(pool.bare('session.login_with_password', 'root', 'wrong'))
    expect(failure.slice(0, 2)).toStrictEqual(['SESSION_AUTHENTICATION_FAILED', 'root'])
    expect(performance.now() - start).toBeGreaterThanOrEqual(75)
  })

  test('at a supporter is redirected before the password is looked at', async () => {
    pool = await simulatedPool({ hosts: 2, timing: { authenticationDelay: 60_000 } })
    const supporter = pool.hosts[1]?.url ?? ''
    const login = jsonRpc(supporter, 'session.login_with_password', ['root', 'wrong'])
    expect(await failureOf(login)).toStrictEqual(['HOST_IS_SLAVE', '127.0.0.1'])
  })
})

describe('a session', () => {
  test('ends at logout', async () => {
    pool = await simulatedPool()
    await pool.rpc('session.logout')
    expect(await pool.failure('VM.get_all')).toStrictEqual(['SESSION_INVALID', pool.session])
  })

  test('ends after a day without use', async () => {
    let now = Date.parse('2026-08-21T00:00:00Z')
    pool = await simulatedPool({ clock: () => new Date(now) })
    now += 23 * 3_600_000
    await pool.rpc('VM.get_all')
    now += 23 * 3_600_000
    await pool.rpc('VM.get_all')
    now += 25 * 3_600_000
    expect(await pool.failure('VM.get_all')).toStrictEqual(['SESSION_INVALID', pool.session])
  })

  test('is crowded out by 500 others of its originator, not by those of another', async () => {
    let now = 0
    pool = await simulatedPool({ clock: () => new Date(now++ * 60_000) })
    const login = (originator: string) =>
      pool.bare('session.login_with_password', 'root', 'xenserver', '1.0', originator)
    const other = await login('other')
    for (let i = 0; i < 500; i++) await login('test')
    expect(await pool.failure('VM.get_all')).toStrictEqual(['SESSION_INVALID', pool.session])
    expect(await pool.bare('session.get_uuid', other, other)).toMatch(/^[0-9a-f-]{36}$/)
  })
})
