import { describe, expect, it } from 'vitest'
import { XapiError, XapiUnreachableError } from '#core/errors/xenserver.ts'
import { createPools, type PoolEntry } from '#gateway-agent/pools.ts'
import { createFakePool } from '#test/support/fake-pool.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'

const unreachable = () => new XapiUnreachableError(['10.0.0.1'], 'no route')
const wrongPassword = () =>
  new XapiError(['SESSION_AUTHENTICATION_FAILED', 'root', 'no'], 'session.login_with_password')

/** Pools of a gateway with one entry whose connecting fails as long as `trouble` is set. */
const gateway = async ({ remembered = {} }: { remembered?: Record<string, string> } = {}) => {
  const { pool } = createFakePool()
  const state = {
    trouble: unreachable as (() => Error) | undefined,
    attempts: 0,
    closed: 0,
    unsaved: false,
    stamp: 'a',
    told: 0,
  }
  const saved: unknown[] = []
  const swept: string[] = []
  const entry: PoolEntry = {
    url: 'https://10.0.0.1',
    async connect() {
      state.attempts++
      if (state.trouble) throw state.trouble()
      return { pool, close: async () => void state.closed++ }
    },
    passwordStamp: async () => state.stamp,
  }
  const log = memoryLog()
  const pools = await createPools({
    entries: [entry],
    memory: {
      load: async () => remembered,
      async save(uuids) {
        if (state.unsaved) throw new Error('no space left')
        saved.push(uuids)
      },
    },
    connected: async ({ uuid }) => void swept.push(uuid),
    failed: () => void state.told++,
    patience: impatience,
    log,
  })
  const stopping = new AbortController()
  const running = pools.run(stopping.signal)
  return {
    pool,
    pools,
    state,
    saved,
    swept,
    log,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

describe('the pools of a gateway', () => {
  it('are tried until they answer; the reason is logged once, and leftovers go before any job', async () => {
    const { pool, pools, state, saved, swept, log, stop } = await gateway()
    await until('tried again', () => state.attempts > 3)
    expect(pools.uuids()).toEqual([])
    expect(log.lines.filter(line => line.includes('XAPI_UNREACHABLE'))).toHaveLength(1)
    expect(state.told).toBe(1)
    const [{ address, problem } = { address: '', problem: '' }, ...more] = pools.unreachable()
    expect([address, more]).toEqual(['https://10.0.0.1', []])
    expect(problem).toContain('No XenServer host answers')
    state.trouble = undefined
    await until('connected', () => pools.connected().length === 1)
    expect(pools.unreachable()).toEqual([])
    expect(pools.addressOf(pool)).toBe('https://10.0.0.1')
    expect(pools.uuids()).toEqual([pool.uuid])
    expect(saved).toEqual([{ 'https://10.0.0.1': { uuid: pool.uuid } }])
    expect(swept).toEqual([pool.uuid])
    expect(await pools.use(pool.uuid)).toBe(pool)
    await stop()
  })

  it('that were known once are asked for jobs while they are down, so that jobs fail with the reason', async () => {
    const uuid = '00000000-0000-4000-8000-00000000abcd'
    const { pools, stop } = await gateway({ remembered: { 'https://10.0.0.1': uuid } })
    expect(pools.uuids()).toEqual([uuid])
    await expect(pools.use(uuid)).rejects.toMatchObject({ code: 'XAPI_UNREACHABLE' })
    await stop()
  })

  it('get a wrong password once, and again only when it was changed', async () => {
    const { pools, state, stop } = await gateway()
    state.trouble = wrongPassword
    await until('the password was refused', () => state.attempts > 0)
    await new Promise(resolve => setTimeout(resolve, 30))
    const refused = state.attempts
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(state.attempts).toBe(refused)
    Object.assign(state, { stamp: 'b', trouble: undefined })
    await until('connected', () => pools.connected().length === 1)
    await stop()
  })

  it('get it from no job either', async () => {
    const uuid = '00000000-0000-4000-8000-00000000abcd'
    const { pools, state, stop } = await gateway({ remembered: { 'https://10.0.0.1': uuid } })
    state.trouble = wrongPassword
    await expect.poll(() => pools.use(uuid).catch(({ code }) => code)).toBe('XAPI_WRONG_PASSWORD')
    const refused = state.attempts
    for (let job = 0; job < 5; job++)
      await expect(pools.use(uuid)).rejects.toMatchObject({ code: 'XAPI_WRONG_PASSWORD' })
    expect(state.attempts).toBe(refused)
    await stop()
  })

  it('leave no session behind where connecting fails after the login', async () => {
    const { pools, state, stop } = await gateway()
    Object.assign(state, { trouble: undefined, unsaved: true })
    await until('connected', () => pools.connected().length === 1)
    expect(state.closed).toBe(1)
    await stop()
  })

  it('without settings are refused by their UUID', async () => {
    const { pools, stop } = await gateway()
    await expect(pools.use('00000000-0000-4000-8000-00000000ffff')).rejects.toMatchObject({
      code: 'POOL_NOT_CONFIGURED',
    })
    await stop()
  })
})
