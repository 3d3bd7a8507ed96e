import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'

const NULL = 'OpaqueRef:NULL'
type Row = Record<string, unknown>

let pool: PoolWithVm
let vm: string
beforeEach(async () => {
  pool = await poolWithVm([Buffer.alloc(2 ** 18, 1)], { hosts: 2 })
  vm = pool.vm
})
afterEach(() => pool.close())

const record = (cls: string, ref: unknown) => pool.rpc<Row>(`${cls}.get_record`, ref)
const firstByte = async (vdi: string) =>
  (await pool.state.disks.read(await pool.rpc('VDI.get_uuid', vdi), 0, 1))[0]
const guestWrites = async (byte: number) =>
  pool.state.disks.write(
    await pool.rpc('VDI.get_uuid', await pool.diskOf(vm)),
    0,
    Buffer.from([byte]),
  )

test('a revert gives the old content on new disks, and leaves the VM halted', async () => {
  const before = await pool.diskOf(vm)
  const mac = async () => {
    const [vif] = await pool.rpc<string[]>('VM.get_VIFs', vm)
    return pool.rpc('VIF.get_MAC', vif)
  }
  const oldMac = await mac()
  await pool.rpc('VDI.enable_cbt', before)
  const snapshot = await pool.rpc('VM.snapshot', vm, 's')
  await guestWrites(9)
  await pool.rpc('VM.revert', snapshot)
  const after = await pool.diskOf(vm)
  expect(after).not.toBe(before)
  expect(await pool.failure('VDI.get_uuid', before)).toStrictEqual([
    'HANDLE_INVALID',
    'VDI',
    before,
  ])
  expect(await firstByte(after)).toBe(1)
  expect(await record('VDI', after)).toMatchObject({ is_a_snapshot: false, cbt_enabled: false })
  expect(await record('VM', vm)).toMatchObject({
    name_label: 'db',
    power_state: 'Halted',
    parent: snapshot,
    snapshots: [snapshot],
  })
  expect(await mac()).toBe(oldMac)
  await pool.rpc('VM.start', vm, false, false)
})

test('a VM that was destroyed comes back under its old uuid, with its snapshots', async () => {
  const snapshot = await pool.rpc('VM.snapshot', vm, 's')
  await pool.rpc('VM.hard_shutdown', vm)
  await pool.rpc('VM.destroy', vm)
  await pool.rpc('VM.revert', snapshot)
  expect(await record('VM', await pool.rpc('VM.get_by_uuid', pool.vms.db))).toMatchObject({
    name_label: 'db',
    is_a_snapshot: false,
    is_a_template: false,
    snapshots: [snapshot],
  })
})

test('only snapshots can be reverted to', async () => {
  expect(await pool.failure('VM.revert', vm)).toStrictEqual(['REVERT_ONLY_ALLOWED_ON_SNAPSHOT'])
})

test('a checkpoint keeps the memory; the VM runs on; reverting to it resumes there', async () => {
  const checkpoint = await pool.rpc('VM.checkpoint', vm, 'with memory')
  expect(await pool.rpc('VM.get_power_state', vm)).toBe('Running')
  const kept = await record('VM', checkpoint)
  expect(kept).toMatchObject({ power_state: 'Suspended', is_a_snapshot: true })
  expect(await record('VDI', kept.suspend_VDI)).toMatchObject({
    type: 'suspend',
    virtual_size: 2 * 1024 ** 3,
  })
  await guestWrites(9)
  await pool.rpc('VM.revert', checkpoint)
  const reverted = await record('VM', vm)
  expect(reverted.power_state).toBe('Suspended')
  expect(reverted.suspend_VDI).not.toBe(kept.suspend_VDI)
  await pool.rpc('VM.resume', vm, false, false)
  expect(await record('VM', vm)).toMatchObject({ power_state: 'Running', suspend_VDI: NULL })
  expect(await firstByte(await pool.diskOf(vm))).toBe(1)
})

test('a halted VM has no memory to keep', async () => {
  await pool.rpc('VM.hard_shutdown', vm)
  expect(await pool.failure('VM.checkpoint', vm, 'c')).toStrictEqual([
    'VM_BAD_POWER_STATE',
    vm,
    'paused, suspended, running',
    'halted',
  ])
})

test('a live migration changes where the VM is, and its disks stay', async () => {
  const [first, second] = await pool.rpc<string[]>('host.get_all')
  const disk = await pool.diskOf(vm)
  expect(await pool.rpc('VM.get_resident_on', vm)).toBe(first)
  await pool.rpc('VM.pool_migrate', vm, second, { live: 'true' })
  expect(await pool.rpc('VM.get_resident_on', vm)).toBe(second)
  expect(await pool.rpc('host.get_resident_VMs', first)).not.toContain(vm)
  expect(await pool.diskOf(vm)).toBe(disk)
})

test('the power state of a living domain cannot be forgotten', async () => {
  expect((await pool.failure('VM.power_state_reset', vm))[0]).toBe('DOMAIN_EXISTS')
})
