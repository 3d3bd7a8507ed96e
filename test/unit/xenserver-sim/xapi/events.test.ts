import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

interface Event {
  id: number
  class: string
  operation: string
  ref: string
  timestamp: string
  snapshot?: Record<string, unknown>
}
interface Batch {
  events: Event[]
  token: string
  valid_ref_counts: Record<string, number>
}

let pool: SimulatedPool
let vm: string
beforeEach(async () => {
  pool = await simulatedPool({ vms: [{ name: 'web', disks: [] }], running: false })
  vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
})
afterEach(() => pool.close())

const from = (classes: string[], token: string, timeout = 5) =>
  pool.rpc<Batch>('event.from', classes, token, timeout)

describe('event.from', () => {
  test('an empty token yields an add for every object, with its whole record', async () => {
    const { events, token, valid_ref_counts } = await from(['*'], '')
    const counts = Map.groupBy(events, e => e.class)
    for (const [name, seen] of counts) expect(seen).toHaveLength(valid_ref_counts[name] ?? -1)
    expect(events.every(e => e.operation === 'add' && e.timestamp === '0.0')).toBe(true)
    expect(events.find(e => e.ref === vm)).toMatchObject({
      class: 'vm',
      snapshot: { name_label: 'web' },
    })
    expect(valid_ref_counts).not.toHaveProperty('session')
    expect(token).toMatch(/^\d{20},\d{20}$/)
  })

  test('merges what happened to one object into its newest state', async () => {
    const { token } = await from(['VM'], '')
    await pool.rpc('VM.set_name_label', vm, 'one')
    await pool.rpc('VM.set_name_label', vm, 'two')
    const { events } = await from(['vm'], token)
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ operation: 'mod', snapshot: { name_label: 'two' } })
  })

  test('tells of deletions without a record, and not of what came and went in between', async () => {
    const first = await from(['VM'], '')
    const copy = await pool.rpc('VM.clone', vm, 'copy')
    const second = await from(['vm'], first.token)
    await pool.rpc('VM.destroy', copy)
    const third = await from([`vm/${copy}`], second.token)
    expect(third.events).toStrictEqual([
      { id: expect.any(Number), timestamp: '0.0', class: 'vm', operation: 'del', ref: copy },
    ])
    expect((await from([`vm/${copy}`], first.token, 0)).events).toStrictEqual([])
    // Who asks for the first time after what is gone hears nothing, as long as he waits.
    const began = performance.now()
    expect((await from([`vm/${copy}`], '', 0.2)).events).toStrictEqual([])
    expect(performance.now() - began).toBeGreaterThan(190)
  })

  test('orders a batch: messages, add, mod, del', async () => {
    const copy = await pool.rpc('VM.clone', vm, 'copy')
    const { token } = await from(['*'], '')
    await pool.rpc('VM.destroy', copy)
    await pool.rpc('VM.set_name_label', vm, 'changed')
    await pool.rpc('task.create', 'task', '')
    await pool.rpc('message.create', 'NAME', 5, 'VM', pool.vms.web, 'body')
    const { events } = await from(['message', 'task', 'VM'], token)
    expect(events.map(e => `${e.operation} ${e.class}`)).toStrictEqual([
      'add message',
      'add task',
      'mod vm',
      'del vm',
    ])
  })

  test('blocks until something relevant happens', async () => {
    const { token } = await from(['VM'], '')
    const waiting = from(['VM'], token, 30)
    await pool.rpc('task.create', 'irrelevant', '')
    await pool.rpc('VM.set_name_label', vm, 'relevant')
    expect((await waiting).events).toMatchObject([{ snapshot: { name_label: 'relevant' } }])
  })

  test('answers an empty batch with a fresh token when the time is over', async () => {
    const { token } = await from(['VM'], '')
    await pool.rpc('task.create', 'irrelevant', '')
    const batch = await from(['VM'], token, 0.02)
    expect(batch.events).toStrictEqual([])
    expect(batch.token > token).toBe(true)
  })

  test('a dying session ends the blocked call', async () => {
    const { token } = await from(['VM'], '')
    const waiting = pool.failure('event.from', ['VM'], token, 30)
    const other = await pool.bare('session.login_with_password', 'root', 'xenserver')
    await pool.rpc('session.logout')
    await pool.bare('VM.set_name_label', other, vm, 'wake')
    expect(await waiting).toStrictEqual(['SESSION_INVALID', pool.session])
  })

  test('refuses tokens and subscriptions that are none', async () => {
    expect(await pool.failure('event.from', ['VM'], 'x', 0)).toStrictEqual([
      'EVENT_FROM_TOKEN_PARSE_FAILURE',
      'x',
    ])
    expect(await pool.failure('event.from', ['a/b/c'], '', 0)).toStrictEqual([
      'EVENT_SUBSCRIPTION_PARSE_FAILURE',
      'a/b/c',
    ])
  })
})

test('event.inject: nothing is lost between its token and the records read after it', async () => {
  const token = await pool.rpc('event.inject', 'VM', vm)
  const { events } = await from([`VM/${vm}`], token)
  expect(events).toMatchObject([{ operation: 'mod', ref: vm }])
})

test('the old calls: register, next, unregister', async () => {
  expect(await pool.failure('event.next')).toStrictEqual(['SESSION_NOT_REGISTERED', pool.session])
  await pool.rpc('event.register', ['VM'])
  const next = pool.rpc<Event[]>('event.next')
  await pool.rpc('VM.set_name_label', vm, 'seen')
  expect(await next).toMatchObject([{ class: 'vm', snapshot: { name_label: 'seen' } }])
  await pool.rpc('event.unregister', ['VM'])
})
