import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'
import { jsonRpc, type XapiFailure } from '#test/support/simulated-pool.ts'

let pool: PoolWithVm
beforeEach(async () => {
  pool = await poolWithVm([Buffer.alloc(4 * 1024 * 1024, 3)], { hosts: 2 })
})
afterEach(() => pool.close())

const basic = { authorization: `Basic ${Buffer.from('root:xenserver').toString('base64')}` }
const sim = async (host: number, path: string) =>
  (await fetch(`${pool.hosts[host]?.url}/sim/${path}`, { method: 'POST', headers: basic })).json()
const vm = () => pool.state.database.get('VM', pool.vm)
const hostRef = (index: number) => pool.state.hosts[index]?.ref
const messages = () => [...pool.state.database.all('message').values()].map(({ name }) => name)
const login = (host: number) =>
  jsonRpc<string>(pool.hosts[host]?.url ?? '', 'session.login_with_password', [
    'root',
    'xenserver',
  ]).catch((error: XapiFailure) => error.description?.join(' ') ?? 'unreachable')

test('with HA the coordinator dies, another takes over, and the protected VM runs there', async () => {
  await pool.rpc('pool.enable_ha', [], {})
  await pool.rpc('VM.set_ha_restart_priority', pool.vm, 'restart')
  await pool.rpc('VM.clean_shutdown', pool.vm)
  await pool.rpc('VM.start_on', pool.vm, hostRef(0), false, false)
  const states = new Set<string>()
  const stop = pool.state.database.onChange(() => void states.add(vm().power_state))
  await sim(0, `host-death?host=${pool.hosts[0]?.uuid}`)
  await expect.poll(() => vm().resident_on).toBe(hostRef(1))
  stop()
  expect(vm().power_state).toBe('Running')
  expect([...states]).toContain('Halted')
  expect(messages()).toEqual(expect.arrayContaining(['HA_HOST_FAILED', 'POOL_MASTER_TRANSITION']))
  expect(await login(1)).toMatch(/^OpaqueRef:/)
})

test('with HA a VM that nobody protects is halted and stays so', async () => {
  await pool.rpc('pool.enable_ha', [], {})
  await sim(0, `host-death?host=${pool.hosts[0]?.uuid}`)
  await expect.poll(() => vm().power_state).toBe('Halted')
  expect(vm().resident_on).toBe('OpaqueRef:NULL')
})

test('without HA the VM keeps saying Running on a dead host, and operations on it are refused', async () => {
  await sim(1, `host-death?host=${pool.hosts[0]?.uuid}&successor=${pool.hosts[1]?.uuid}`)
  await expect.poll(() => login(1)).toMatch(/^OpaqueRef:/)
  expect(vm()).toMatchObject({ power_state: 'Running', resident_on: hostRef(0) })
  const session = await login(1)
  await expect(
    jsonRpc(pool.hosts[1]?.url ?? '', 'VM.snapshot', [session, pool.vm, 's', []]),
  ).rejects.toThrow('HOST_OFFLINE')
})

test('a host that dies in silence sends nothing more, and resets no connection', async () => {
  const snapshot = await pool.rpc('VM.snapshot', pool.vm, 's')
  const [vbd] = await pool.rpc<string[]>('VM.get_VBDs', snapshot)
  const vdi = await pool.rpc('VBD.get_VDI', vbd)
  await fetch(`${pool.url}/sim/limits`, {
    method: 'POST',
    headers: basic,
    body: JSON.stringify({ bytesPerSecond: 20_000_000 }),
  })
  const url = `${pool.hosts[1]?.url}/export_raw_vdi?vdi=${vdi}&session_id=${pool.session}`
  const reader = (await fetch(url)).body?.getReader()
  await reader?.read()
  await sim(0, `host-death?host=${pool.hosts[1]?.uuid}&silent=true`)
  let quiet = false
  const drain = async () => {
    for (;;) {
      const read = await Promise.race([
        reader?.read().then(({ done }) => (done ? 'ended' : 'data')),
        new Promise<string>(resolve => setTimeout(() => resolve('silence'), 150)),
      ])
      if (read === 'data') continue
      quiet = read === 'silence'
      return
    }
  }
  await drain()
  expect(quiet).toBe(true)
  expect(await login(1)).toBe('unreachable')
  await sim(0, `host-return?host=${pool.hosts[1]?.uuid}`)
  expect(await login(1)).toBe('HOST_IS_SLAVE 127.0.0.1')
})

test('what a dead host had attached stays attached until it is back', async () => {
  const snapshot = await pool.rpc('VM.snapshot', pool.vm, 's')
  const [vbd] = await pool.rpc<string[]>('VM.get_VBDs', snapshot)
  const vdi = await pool.rpc('VBD.get_VDI', vbd)
  await pool.rpc('VM.destroy', snapshot)
  pool.state.limits.set({ bytesPerSecond: 1_000_000 })
  const url = `${pool.hosts[1]?.url}/export_raw_vdi?vdi=${vdi}&session_id=${pool.session}`
  const reader = (await fetch(url)).body?.getReader()
  await reader?.read()
  await sim(0, `host-death?host=${pool.hosts[1]?.uuid}`)
  while (!(await reader?.read().catch(() => ({ done: true })))?.done);
  expect(await pool.failure('VDI.destroy', vdi)).toMatchObject(['VDI_IN_USE', vdi, 'destroy'])
  await sim(0, `host-return?host=${pool.hosts[1]?.uuid}`)
  await pool.rpc('VDI.destroy', vdi)
})

test('emergency mode answers every call with its reason until it is over', async () => {
  const query = `host=${pool.hosts[1]?.uuid}&reason=HOST_MASTER_CANNOT_TALK_BACK&reason=127.0.0.1`
  await sim(0, `emergency?${query}`)
  expect(await login(1)).toBe('HOST_MASTER_CANNOT_TALK_BACK 127.0.0.1')
  await sim(0, `emergency?host=${pool.hosts[1]?.uuid}`)
  expect(await login(1)).toBe('HOST_IS_SLAVE 127.0.0.1')
})

test('all sessions end at once when told so', async () => {
  await sim(0, 'end-sessions')
  expect(await pool.failure('VM.get_all')).toEqual(['SESSION_INVALID', pool.session])
})

test('storage that is pulled away refuses snapshots and streams, and serves again', async () => {
  const [ref, sr] = [...pool.state.database.all('SR')].find(([, { type }]) => type === 'nfs') ?? []
  const snapshot = await pool.rpc('VM.snapshot', pool.vm, 's')
  const [vbd] = await pool.rpc<string[]>('VM.get_VBDs', snapshot)
  const vdi = await pool.rpc('VBD.get_VDI', vbd)
  expect(await sim(0, `unplug-sr?sr=${sr?.uuid}`)).toEqual({ unplugged: 2 })
  expect(await pool.failure('VM.snapshot', pool.vm, 's')).toEqual(['SR_NOT_ATTACHED', ref])
  const export_ = () =>
    fetch(`${pool.url}/export_raw_vdi?vdi=${vdi}&session_id=${pool.session}`).then(r => r.status)
  expect(await export_()).toBe(500)
  expect(await sim(0, `plug-sr?sr=${sr?.uuid}`)).toEqual({ plugged: 2 })
  expect(await export_()).toBe(200)
  expect(await pool.rpc('VM.snapshot', pool.vm, 's')).toMatch(/^OpaqueRef:/)
})

test('a storage migration gives the disk another identity, and needs CBT to be off', async () => {
  const live = await pool.diskOf(pool.vm)
  const other = pool.state.database.create('SR', {
    ...pool.state.database.get('SR', await pool.rpc('VDI.get_SR', live)),
    uuid: pool.state.newUuid(),
    VDIs: [],
    PBDs: [],
  })
  for (const { ref } of pool.state.hosts)
    pool.state.database.create('PBD', { host: ref, SR: other, currently_attached: true })
  await pool.rpc('VDI.enable_cbt', live)
  expect(await pool.failure('VDI.pool_migrate', live, other, {})).toEqual(['VDI_CBT_ENABLED', live])
  await pool.rpc('VDI.disable_cbt', live)
  await pool.rpc('VM.add_to_blocked_operations', pool.vm, 'migrate_send', 'backup')
  expect(await pool.failure('VDI.pool_migrate', live, other, {})).toMatchObject([
    'OPERATION_BLOCKED',
    pool.vm,
    'backup',
  ])
  await pool.rpc('VM.remove_from_blocked_operations', pool.vm, 'migrate_send')
  const moved = await pool.rpc('VDI.pool_migrate', live, other, {})
  expect(await pool.diskOf(pool.vm)).toBe(moved)
  expect(await pool.rpc('VDI.get_SR', moved)).toBe(other)
  expect(await pool.failure('VDI.get_uuid', live)).toEqual(['HANDLE_INVALID', 'VDI', live])
})

test('events can be told twice, as after a lost answer', async () => {
  const all = await pool.rpc<{ token: string; events: unknown[] }>('event.from', ['vm'], '', 1)
  pool.state.faults.add({ kind: 'repeat-events' })
  const again = await pool.rpc<typeof all>('event.from', ['vm'], all.token, 1)
  expect(again.events).toHaveLength(all.events.length)
})
