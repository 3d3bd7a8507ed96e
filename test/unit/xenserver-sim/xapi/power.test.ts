import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

let pool: SimulatedPool
let vm: string
beforeEach(async () => {
  pool = await simulatedPool({ hosts: 2, vms: [{ name: 'web', disks: [] }], running: false })
  vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
})
afterEach(() => pool.close())

const start = () => pool.rpc('VM.start', vm, false, false)
const record = () => pool.rpc<Record<string, unknown>>('VM.get_record', vm)

describe('the power state decides first', () => {
  test.each([
    ['start', [false, false], 'halted', 'running'],
    ['resume', [false, false], 'suspended', 'running'],
    ['unpause', [], 'paused', 'running'],
    ['destroy', [], 'halted, suspended', 'running'],
    ['clone', ['copy'], 'halted', 'running'],
  ])('VM.%s of a running VM', async (operation, more, expected, actual) => {
    await start()
    expect(await pool.failure(`VM.${operation}`, vm, ...more)).toStrictEqual([
      'VM_BAD_POWER_STATE',
      vm,
      expected,
      actual,
    ])
  })

  test.each([
    ['clean_shutdown', 'running'],
    ['hard_shutdown', 'paused, suspended, running'],
    ['hard_reboot', 'paused, running'],
    ['suspend', 'running'],
  ])('VM.%s of a halted VM', async (operation, expected) => {
    expect(await pool.failure(`VM.${operation}`, vm)).toStrictEqual([
      'VM_BAD_POWER_STATE',
      vm,
      expected,
      'halted',
    ])
  })
})

test('a start attaches the devices, a shutdown lets go of them', async () => {
  await start()
  const running = await record()
  expect(running).toMatchObject({ power_state: 'Running', affinity: 'OpaqueRef:NULL' })
  expect(running.resident_on).toMatch(/^OpaqueRef:[0-9a-f]/)
  const [vif] = running.VIFs as string[]
  expect(await pool.rpc('VIF.get_currently_attached', vif)).toBe(true)
  expect(await pool.rpc('VM_guest_metrics.get_PV_drivers_detected', running.guest_metrics)).toBe(
    true,
  )
  expect(await pool.rpc('host.get_resident_VMs', running.resident_on)).toContain(vm)

  await pool.rpc('VM.clean_shutdown', vm)
  expect(await record()).toMatchObject({ power_state: 'Halted', resident_on: 'OpaqueRef:NULL' })
  expect(await pool.rpc('VIF.get_currently_attached', vif)).toBe(false)
  expect(await pool.rpc('host.get_resident_VMs', running.resident_on)).not.toContain(vm)
})

test('suspend keeps the memory on a disk, resume removes it', async () => {
  await start()
  await pool.rpc('VM.suspend', vm)
  const { power_state, suspend_VDI } = await record()
  expect(power_state).toBe('Suspended')
  expect(await pool.rpc('VDI.get_type', suspend_VDI)).toBe('suspend')
  await pool.rpc('VM.resume', vm, false, false)
  expect(await record()).toMatchObject({ power_state: 'Running', suspend_VDI: 'OpaqueRef:NULL' })
  expect(await pool.failure('VDI.get_type', suspend_VDI)).toStrictEqual([
    'HANDLE_INVALID',
    'VDI',
    suspend_VDI,
  ])
})

test('a suspended VM has the devices that it had, and what its image lacks it cannot go on from', async () => {
  await start()
  const [vif] = await pool.rpc('VM.get_VIFs', vm)
  await pool.rpc('VIF.unplug', vif)
  await pool.rpc('VM.suspend', vm)
  const { suspend_VDI } = await record()
  const uuid = await pool.rpc('VDI.get_uuid', suspend_VDI)
  const byte = Buffer.from(await pool.state.disks.read(uuid, 4096, 1))
  await pool.state.disks.write(uuid, 4096, Buffer.from([(byte[0] ?? 0) ^ 0xff]))
  const [code, why] = await pool.failure('VM.resume', vm, false, false)
  expect([code, why]).toStrictEqual(['INTERNAL_ERROR', expect.stringContaining('signature')])
  expect(await record()).toMatchObject({ power_state: 'Suspended', suspend_VDI })
  await pool.state.disks.write(uuid, 4096, byte)
  await pool.rpc('VM.resume', vm, false, false)
  expect(await pool.rpc('VIF.get_currently_attached', vif)).toBe(false)
})

test('a VM is resumed only by a processor like the one it booted on', async () => {
  await start()
  await pool.rpc('VM.suspend', vm)
  for (const [ref, { cpu_info }] of pool.state.database.all('host'))
    pool.state.database.update('host', ref, { cpu_info: { ...cpu_info, vendor: 'AuthenticAMD' } })
  expect(await pool.failure('VM.resume', vm, false, false)).toStrictEqual([
    ...['VM_INCOMPATIBLE_WITH_THIS_HOST', vm, expect.any(String)],
    expect.stringContaining('different vendor'),
  ])
  await pool.rpc('VM.hard_shutdown', vm)
  await start()
})

test('a blocked operation is refused before anything else; start and start_on are two', async () => {
  await pool.rpc('VM.add_to_blocked_operations', vm, 'start', 'a replica')
  await start().catch(() => {})
  expect(await pool.failure('VM.start', vm, false, false)).toStrictEqual([
    'OPERATION_BLOCKED',
    vm,
    'a replica',
  ])
  const [, second] = await pool.rpc<string[]>('host.get_all')
  await pool.rpc('VM.start_on', vm, second, false, false)
  expect((await record()).resident_on).toBe(second)
  expect((await pool.failure('VM.start', vm, false, false))[0]).toBe('OPERATION_BLOCKED')
})

test('allowed_operations is stale after blocked_operations changed, until asked to refresh', async () => {
  await pool.rpc('VM.add_to_blocked_operations', vm, 'start', 'a replica')
  expect((await record()).allowed_operations).toContain('start')
  await pool.rpc('VM.update_allowed_operations', vm)
  expect((await record()).allowed_operations).not.toContain('start')
})

test('an operation under way is shown, and a conflicting one waits for it', async () => {
  await pool.close()
  pool = await simulatedPool({
    vms: [{ name: 'web', disks: [] }],
    running: false,
    timing: { power: 150 },
  })
  vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  const starting = start()
  const { token } = await pool.rpc<{ token: string }>('event.from', [`VM/${vm}`], '', 1)
  expect(token).not.toBe('')
  expect(Object.values((await record()).current_operations as object)).toStrictEqual(['start'])
  const copying = pool.failure('VM.clone', vm, 'copy')
  await starting
  // By then the VM runs, so the wait ends with the power state's refusal.
  expect(await copying).toStrictEqual(['VM_BAD_POWER_STATE', vm, 'halted', 'running'])
})

test('a lock that never goes away ends in OTHER_OPERATION_IN_PROGRESS', async () => {
  await pool.close()
  pool = await simulatedPool({
    vms: [{ name: 'web', disks: [] }],
    running: false,
    timing: { power: 5_000, lockWait: 30 },
  })
  vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  const task = await pool.rpc('Async.VM.start', vm, false, false)
  expect(await pool.failure('VM.snapshot', vm, 'too soon')).toStrictEqual([
    'OTHER_OPERATION_IN_PROGRESS',
    'VM',
    vm,
    'start',
    task,
  ])
})

describe('placement', () => {
  const reason = async () => {
    const [host] = await pool.rpc<string[]>('host.get_all')
    return pool.failure('VM.assert_can_boot_here', vm, host)
  }

  test('a host that is disabled, lacks memory or a network', async () => {
    const [host, other] = await pool.rpc<string[]>('host.get_all')
    expect(await pool.rpc('VM.get_possible_hosts', vm)).toStrictEqual([host, other])
    await pool.rpc('host.disable', host)
    expect(await reason()).toStrictEqual(['HOST_DISABLED', host])
    expect(await pool.rpc('VM.get_possible_hosts', vm)).toStrictEqual([other])
    await pool.rpc('host.enable', host)

    const much = 2 ** 40
    await pool.rpc('VM.set_memory_limits', vm, 1, much, much, much)
    expect((await reason())[0]).toBe('HOST_NOT_ENOUGH_FREE_MEMORY')
    expect((await pool.failure('VM.start', vm, false, false))[0]).toBe(
      'HOST_NOT_ENOUGH_FREE_MEMORY',
    )
  })

  test('hosts that differ in their reasons: NO_HOSTS_AVAILABLE', async () => {
    const [host] = await pool.rpc<string[]>('host.get_all')
    await pool.rpc('host.disable', host)
    const much = 2 ** 40
    await pool.rpc('VM.set_memory_limits', vm, 1, much, much, much)
    expect(await pool.failure('VM.start', vm, false, false)).toStrictEqual(['NO_HOSTS_AVAILABLE'])
  })
})
