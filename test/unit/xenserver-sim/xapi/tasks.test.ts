import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

let now = 0
let pool: SimulatedPool
beforeEach(async () => {
  now = Date.parse('2026-08-21T02:00:00Z')
  pool = await simulatedPool({
    vms: [{ name: 'web', disks: [] }],
    running: false,
    clock: () => new Date(now),
  })
})
afterEach(() => pool.close())

test('an Async call yields a task whose result is the XML-RPC text of the value', async () => {
  const vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  const task = await pool.outcome('VM.clone', vm, 'copy')
  expect(task).toMatchObject({
    name_label: 'Async.VM.clone',
    status: 'success',
    progress: 1,
    error_info: [],
    allowed_operations: ['destroy'],
    finished: '20260821T02:00:00Z',
  })
  const [copy] = await pool.rpc<string[]>('VM.get_by_name_label', 'copy')
  expect(task.result).toBe(`<value>${copy}</value>`)
})

test('a failed one carries the error, a void one an empty value', async () => {
  const vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  expect(await pool.outcome('VM.hard_shutdown', vm)).toMatchObject({
    status: 'failure',
    progress: 1,
    error_info: ['VM_BAD_POWER_STATE', vm, 'paused, suspended, running', 'halted'],
  })
  expect(await pool.outcome('VM.start', vm, false, false)).toMatchObject({
    status: 'success',
    result: '<value></value>',
  })
})

test('sessions, events and tasks have no Async form', async () => {
  for (const method of ['session.logout', 'task.get_all', 'event.get_current_id'])
    expect(await pool.failure(`Async.${method}`)).toStrictEqual([
      'Fault',
      `No async mode for this operation (rpc: Async.${method})`,
    ])
})

test("a client's own task: created pending, cancelled by wish, destroyed once finished", async () => {
  const task = await pool.rpc('task.create', 'export', 'of a disk')
  expect(await pool.rpc('task.get_record', task)).toMatchObject({
    name_label: 'export',
    name_description: 'of a disk',
    status: 'pending',
    type: '<none/>',
    result: '',
  })
  await pool.rpc('task.cancel', task)
  expect(await pool.rpc('task.get_current_operations', task)).toStrictEqual({ [task]: 'cancel' })
  expect(await pool.rpc('task.get_status', task)).toBe('pending')

  await pool.rpc('task.destroy', task)
  expect(await pool.rpc('task.get_status', task)).toBe('pending')
  await pool.rpc('task.set_status', task, 'cancelled')
  expect(await pool.failure('task.get_status', task)).toStrictEqual([
    'HANDLE_INVALID',
    'task',
    task,
  ])
})

test('old tasks are collected: finished after 65 minutes, idle after a day, any beyond 200', async () => {
  const idle = await pool.rpc('task.create', 'idle', '')
  const done = await pool.rpc('task.create', 'done', '')
  await pool.rpc('task.set_status', done, 'success')
  const left = async () => {
    pool.state.tasks.collect()
    return Object.keys(await pool.rpc<object>('task.get_all_records'))
  }
  now += 64 * 60_000
  expect(await left()).toStrictEqual([idle, done])
  now += 2 * 60_000
  expect(await left()).toStrictEqual([idle])
  for (let i = 0; i < 205; i++) {
    const task = await pool.rpc('task.create', `task ${i}`, '')
    if (i < 100) await pool.rpc('task.set_status', task, 'success')
  }
  expect(await left()).toHaveLength(200)
  expect(await pool.rpc('task.get_status', idle)).toBe('pending')
})
