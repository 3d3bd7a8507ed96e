import { expect, test } from 'vitest'
import type { StorageGrant } from '#core/contracts/gateway-api.ts'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'
import { createSession } from '#gateway-agent/storage/session.ts'
import { memoryLog } from '#test/support/patience.ts'

const MINUTE = 60_000

/** A session of a quarter of an hour, and a control plane that gives further ones. */
const setUp = () => {
  let now = 0
  const grants: StorageGrant[] = []
  const give = (): StorageGrant => {
    const accessKeyId = `AKIA${grants.length}`
    const secrets = { secretAccessKey: 'the secret', sessionToken: 'the token' }
    const grant = { accessKeyId, ...secrets, expires: now + 15 * MINUTE }
    grants.push(grant)
    return grant
  }
  const state = { away: false, asked: 0 }
  const log = memoryLog()
  const session = createSession({
    first: give(),
    ask: async () => {
      state.asked++
      if (state.away) throw new ControlPlaneUnreachableError('http://control')
      return give()
    },
    clock: { now: () => now },
    log,
  })
  const pass = (ms: number) => {
    now += ms
  }
  return { session, state, pass, log, key: async () => (await session.current()).accessKeyId }
}

test('credentials serve until five minutes before their end, then there are others, asked for once', async () => {
  const { pass, key, state } = setUp()
  pass(9 * MINUTE)
  expect(await key()).toBe('AKIA0')
  pass(2 * MINUTE)
  expect(await Promise.all([key(), key(), key()])).toEqual(['AKIA1', 'AKIA1', 'AKIA1'])
  expect(state.asked).toBe(1)
})

test('a control plane that is away costs nothing until the very end, and then says why', async () => {
  const { pass, key, state, log } = setUp()
  state.away = true
  pass(11 * MINUTE)
  expect(await key()).toBe('AKIA0')
  pass(3.6 * MINUTE)
  await expect(key()).rejects.toMatchObject({ code: 'CONTROL_PLANE_UNREACHABLE', retryable: true })
  state.away = false
  expect(await key()).toBe('AKIA1')
  expect(log.lines.join()).not.toMatch(/AKIA|the secret|the token/)
})

test('what the store calls ended is not used again; what ended before it is no reason', async () => {
  const { session, pass, key, state } = setUp()
  pass(2 * MINUTE)
  session.expired('AKIA0')
  expect(await key()).toBe('AKIA1')
  session.expired('AKIA0') // of a request that was still under way
  expect(await key()).toBe('AKIA1')
  expect(state.asked).toBe(1)
})

test('a clock that is far ahead does not make each request ask for others', async () => {
  const { pass, key, state } = setUp()
  pass(20 * MINUTE)
  await key()
  for (let i = 0; i < 5; i++) await key()
  expect(state.asked).toBe(1)
})
