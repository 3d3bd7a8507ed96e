import { expect, test } from 'vitest'
import { z } from 'zod'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { PoolRecord, RefText, recordsOf } from '#gateway-agent/xapi/records.ts'
import { clientOnPool, impatient } from '#test/support/pool-client.ts'

const Pools = recordsOf(PoolRecord)

test('a wrong password is told once and not tried again', async () => {
  await using client = await clientOnPool({})
  const failure = await openPool({ ...client.options, password: 'wrong' }).catch(error => error)
  expect(failure).toMatchObject({
    code: 'XAPI_WRONG_PASSWORD',
    xapiCode: 'SESSION_AUTHENTICATION_FAILED',
    message:
      'XenServer refused the user name or the password of "root" (session.login_with_password: SESSION_AUTHENTICATION_FAILED).',
    retryable: false,
  })
  expect(JSON.stringify(failure)).not.toContain('wrong')
})

test('a password that was changed behind a session is refused once, however many ask', async () => {
  const settings = { password: '' }
  await using client = await clientOnPool({})
  const { pool } = client
  settings.password = pool.password
  const timeouts = { refused: 60_000 }
  const password = async () => settings.password
  const xapi = await openPool({ ...client.options, password, timeouts }, impatient())
  const ask = () => xapi.call('VM.get_all', [], z.array(RefText))
  const lost = { kind: 'fail-call', method: 'VM.get_all', error: ['SESSION_INVALID', 'x'] } as const
  client.fault(lost)
  const refuse = {
    kind: 'fail-call',
    method: 'session.login_with_password',
    error: ['SESSION_AUTHENTICATION_FAILED', 'root', 'no'],
  } as const
  client.fault(refuse)
  await expect(ask()).rejects.toMatchObject({ code: 'XAPI_WRONG_PASSWORD' })
  // The pool would take it now, but it is not asked.
  await expect(ask()).rejects.toMatchObject({ code: 'XAPI_WRONG_PASSWORD' })
  settings.password = 'another one, and wrong'
  await expect(ask()).rejects.toMatchObject({ code: 'XAPI_WRONG_PASSWORD' })
  settings.password = pool.password
  expect(await ask()).not.toHaveLength(0)
  await xapi.close()

  const brief = { password, timeouts: { refused: 0 } }
  const again = await openPool({ ...client.options, ...brief }, impatient())
  client.fault(lost)
  client.fault(refuse)
  const failure = await again.call('VM.get_all', [], z.array(RefText)).catch(error => error)
  expect(failure.code).toBe('XAPI_WRONG_PASSWORD')
  expect(await again.call('VM.get_all', [], z.array(RefText))).not.toHaveLength(0)
  await again.close()
})

test('nobody there', async () => {
  const options = { user: 'root', password: 'x', fingerprints: ['00'.repeat(32)] }
  await expect(openPool({ ...options, url: 'https://127.0.0.1:9' })).rejects.toMatchObject({
    code: 'XAPI_UNREACHABLE',
    message: expect.stringContaining('No XenServer host answers at 127.0.0.1:9'),
  })
})

test('the address of a supporter leads to the coordinator', async () => {
  await using client = await clientOnPool({}, { hosts: 2 })
  const [coordinator, supporter] = client.pool.hosts
  const xapi = await openPool({ ...client.options, url: supporter?.url ?? '' })
  expect(xapi.poolUuid).toBe(client.pool.poolUuid)
  const pools = await xapi.call('pool.get_all_records', [], Pools)
  expect(Object.values(pools)[0]?.uuid).toBe(client.pool.poolUuid)
  await xapi.close()

  // Trust in the supporter alone is not trust in the coordinator.
  const only = [supporter?.certificateFingerprint ?? '']
  const options = { ...client.options, url: supporter?.url ?? '', fingerprints: only }
  await expect(openPool(options)).rejects.toMatchObject({
    code: 'XAPI_CERTIFICATE_MISMATCH',
    message: expect.stringContaining(new URL(coordinator?.url ?? '').host),
  })
})

test('a session that ended is replaced without a word', async () => {
  await using client = await clientOnPool({})
  const { xapi, pool } = client
  client.fault({
    kind: 'fail-call',
    method: 'VM.get_all',
    error: ['SESSION_INVALID', 'OpaqueRef:x'],
  })
  expect(await xapi.call('VM.get_all', [], z.array(RefText))).not.toHaveLength(0)
  // Three in a row are no accident.
  client.fault({
    kind: 'fail-call',
    method: 'VM.get_all',
    error: ['SESSION_INVALID', 'OpaqueRef:x'],
    times: 3,
  })
  const failure = await xapi.call('VM.get_all', [], z.array(RefText)).catch(error => error)
  expect(failure.code).toBe('XAPI_SESSION_LOST')
  expect(failure.message).not.toContain('OpaqueRef')
  expect(pool.state.faults.waiting()).toEqual([])
})

test('a toolstack restart is waited for', async () => {
  await using client = await clientOnPool({})
  const { xapi } = client
  await client.simulator('/sim/restart-toolstack?milliseconds=150')
  expect(await xapi.call('VM.get_all', [], z.array(RefText))).not.toHaveLength(0)
})

test('a busy pool is waited for, with growing and jittered pauses', async () => {
  await using client = await clientOnPool({})
  const waiting = impatient()
  const xapi = await openPool(client.options, waiting)
  client.fault({
    kind: 'fail-call',
    method: 'VM.get_all',
    error: ['TOO_MANY_PENDING_TASKS'],
    times: 3,
  })
  await xapi.call('VM.get_all', [], z.array(RefText))
  expect(waiting.waited).toEqual([750, 1500, 3000])
  await xapi.close()
})

test('an answer that got lost: reads and writes that may run twice are sent again, others are not', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(1024 * 1024)] })
  const { xapi, pool } = client
  client.fault({ kind: 'drop-call', method: 'VM.get_by_uuid' })
  const vm = await xapi.call('VM.get_by_uuid', [pool.vms.web as string], RefText)
  client.fault({ kind: 'drop-call', method: 'VM.set_name_label', after: true })
  await xapi.call('VM.set_name_label', [vm, 'new'], z.unknown())
  client.fault({ kind: 'drop-call', method: 'VM.add_to_other_config', after: true })
  const add = xapi.call('VM.add_to_other_config', [vm, 'colour', 'red'], z.unknown())
  await expect(add).rejects.toMatchObject({ code: 'XAPI_INTERRUPTED' })
})

test('a call without an answer is given up, and one that nobody wants any more is cut', async () => {
  await using client = await clientOnPool({})
  const { xapi } = client
  const slow = { kind: 'delay-call', method: 'VM.get_all', milliseconds: 2_000 } as const
  client.fault({ ...slow, times: 20 })
  const stop = AbortSignal.timeout(50)
  const aborted = xapi.call('VM.get_all', [], z.array(RefText), { signal: stop })
  await expect(aborted).rejects.toMatchObject({ name: 'TimeoutError' })
  const late = xapi.call('VM.get_all', [], z.array(RefText), { timeout: 20 })
  await expect(late).rejects.toMatchObject({
    code: 'XAPI_INTERRUPTED',
    message: expect.stringContaining('no answer within 0.02 s'),
  })
})

test('records that are not what the data model promises are refused by name', async () => {
  await using client = await clientOnPool({})
  const wrong = z.record(z.string(), z.looseObject({ uuid: z.number() }))
  await expect(client.xapi.call('VM.get_all_records', [], wrong)).rejects.toMatchObject({
    code: 'XAPI_UNINTELLIGIBLE',
    message: expect.stringMatching(/uuid: Invalid input: expected number, received string/),
  })
})

test.each([
  { method: 'pool.get_all_records', error: ['INTERNAL_ERROR', 'no'] },
  { method: 'host.get_all_records', error: ['INTERNAL_ERROR', 'no'] },
  { method: 'host.get_all_records', error: ['HOST_STILL_BOOTING'] },
])('a login that fails at $method ($error) leaves no session behind', async ({ method, error }) => {
  await using client = await clientOnPool({})
  const ours = () =>
    [...client.pool.state.database.all('session').values()].filter(
      ({ originator }) => originator === 'xenkeep',
    ).length
  const before = ours()
  client.fault({ kind: 'fail-call', method, error })
  await expect(openPool(client.options, impatient())).rejects.toThrow()
  expect(ours()).toBe(before)
})
