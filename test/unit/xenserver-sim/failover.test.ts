import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'
import { jsonRpc, type XapiFailure } from '#test/support/simulated-pool.ts'

let pool: PoolWithVm
beforeEach(async () => {
  pool = await poolWithVm([Buffer.alloc(32 * 1024 * 1024, 3)], { hosts: 2 })
})
afterEach(() => pool.close())

const basic = { authorization: `Basic ${Buffer.from('root:xenserver').toString('base64')}` }
const sim = (host: number, path: string) =>
  fetch(`${pool.hosts[host]?.url}/sim/${path}`, { method: 'POST', headers: basic })
const login = (host: number) =>
  jsonRpc<string>(pool.hosts[host]?.url ?? '', 'session.login_with_password', [
    'root',
    'xenserver',
  ]).catch((error: XapiFailure) => error.description?.join(' ') ?? 'unreachable')

test('a new coordinator: the old one redirects, sessions and tasks are gone, references stay', async () => {
  const [, second] = await pool.rpc<string[]>('host.get_all')
  await pool.rpc('pool.designate_new_master', second)
  await expect.poll(() => login(0)).toBe('HOST_IS_SLAVE 127.0.0.2')
  const session = await login(1)
  expect(session).toMatch(/^OpaqueRef:/)
  const url = pool.hosts[1]?.url ?? ''
  expect(await jsonRpc(url, 'VM.get_name_label', [session, pool.vm])).toBe('db')
  await expect(jsonRpc(url, 'VM.get_all', [pool.session])).rejects.toThrow('SESSION_INVALID')
  const messages = await jsonRpc<Record<string, { name: string }>>(url, 'message.get_all_records', [
    session,
  ])
  expect(Object.values(messages).map(m => m.name)).toContain('POOL_MASTER_TRANSITION')
})

test('a supporter dies in mid-export: its task stays pending until it is back, then is cancelled', async () => {
  const snapshot = await pool.rpc('VM.snapshot', pool.vm, 's')
  const [vbd] = await pool.rpc<string[]>('VM.get_VBDs', snapshot)
  const vdi = await pool.rpc('VBD.get_VDI', vbd)
  const supporter = pool.hosts[1]
  const query = `vdi=${vdi}&session_id=${pool.session}`
  const response = await fetch(`${supporter?.url}/export_raw_vdi?${query}`)
  const reader = response.body?.getReader()
  expect((await reader?.read())?.done).toBe(false)

  await sim(0, `host-death?host=${supporter?.uuid}`)
  // Many clients take the reset for the end of the stream: only the task and the length tell.
  const received = async () => {
    let length = 0
    for (;;) {
      const piece = await reader?.read().catch(() => undefined)
      if (!piece?.value) return length
      length += piece.value.length
    }
  }
  expect(await received()).toBeLessThan(30 * 1024 * 1024)
  await expect.poll(() => login(1)).toBe('unreachable')
  const task = response.headers.get('task-id')
  expect(await pool.rpc('task.get_status', task)).toBe('pending')
  const host = await pool.rpc('host.get_by_uuid', supporter?.uuid)
  const metrics = await pool.rpc('host.get_metrics', host)
  expect(await pool.rpc('host_metrics.get_live', metrics)).toBe(false)
  expect(await pool.failure('VM.assert_can_boot_here', pool.vm, host)).toStrictEqual([
    'HOST_NOT_LIVE',
  ])

  await sim(0, `host-return?host=${supporter?.uuid}`)
  expect(await pool.rpc('task.get_record', task)).toMatchObject({
    status: 'cancelled',
    error_info: ['TASK_CANCELLED', task],
  })
  expect(await login(1)).toBe('HOST_IS_SLAVE 127.0.0.1')
})

test('the coordinator dies and HA lets another take over', async () => {
  const [first, second] = pool.hosts
  await sim(1, `host-death?host=${first?.uuid}&successor=${second?.uuid}`)
  await expect.poll(() => login(1)).toMatch(/^OpaqueRef:/)
  expect(await login(0)).toBe('unreachable')
})
