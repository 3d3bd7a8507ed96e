import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PoolWithVm, poolWithVm } from '#test/support/pool-with-vm.ts'

const NULL = 'OpaqueRef:NULL'
type Row = Record<string, never> & Record<string, unknown>

let pool: PoolWithVm
let vm: string
beforeEach(async () => {
  pool = await poolWithVm([Buffer.alloc(2 ** 20, 1), Buffer.alloc(2 ** 20, 2)])
  vm = pool.vm
})
afterEach(() => pool.close())

const record = (cls: string, ref: unknown) => pool.rpc<Row>(`${cls}.get_record`, ref)
const disksOf = async (owner: string) => {
  const vbds = await pool.rpc<string[]>('VM.get_VBDs', owner)
  const rows = await Promise.all(vbds.map(ref => record('VBD', ref)))
  return rows.filter(row => row.type === 'Disk').map(row => row.VDI as unknown as string)
}

test('a snapshot has the field values of a real one', async () => {
  await pool.rpc('VM.add_tags', vm, 'gold')
  await pool.rpc('VM.add_to_blocked_operations', vm, 'destroy', 'no')
  await pool.rpc('VM.set_order', vm, 7)
  const snapshot = await pool.rpc('VM.snapshot', vm, 'before')
  const [live, taken] = [await record('VM', vm), await record('VM', snapshot)]
  expect(taken).toMatchObject({
    name_label: 'before',
    is_a_snapshot: true,
    is_a_template: true,
    is_default_template: false,
    snapshot_of: vm,
    parent: NULL,
    power_state: 'Halted',
    resident_on: NULL,
    tags: ['gold'],
    blocked_operations: {},
    order: 0,
    appliance: NULL,
    other_config: live.other_config,
    snapshot_info: {
      'power-state-at-snapshot': 'Running',
      'disk-snapshot-type': 'crash_consistent',
    },
  })
  expect(taken.snapshot_time).not.toBe('19700101T00:00:00Z')
  expect(taken.snapshot_metadata).toContain(`('uuid' '${pool.vms.db}')`)
  expect(taken.generation_id).not.toBe(live.generation_id)
  expect(live).toMatchObject({ snapshots: [snapshot], parent: snapshot, is_a_snapshot: false })

  const [from, to] = [live, taken].map(row => (row.VIFs as unknown as string[])[0])
  expect((await record('VIF', to)).MAC).toBe((await record('VIF', from)).MAC)
})

test('its disks: snapshots of the live ones, CBT inherited, CD drive left empty', async () => {
  const [first = ''] = await disksOf(vm)
  await pool.rpc('VDI.enable_cbt', first)
  await pool.rpc('VDI.add_to_other_config', first, 'note', 'kept')
  const snapshot = await pool.rpc('VM.snapshot', vm, 'before')
  const disks = await disksOf(snapshot)
  expect(disks).toHaveLength(2)
  expect(await record('VDI', disks[0])).toMatchObject({
    name_label: 'db disk 0',
    is_a_snapshot: true,
    snapshot_of: first,
    cbt_enabled: true,
    other_config: { note: 'kept' },
    virtual_size: 2 ** 20,
  })
  expect(await record('VDI', disks[1])).toMatchObject({ cbt_enabled: false })
  expect(await pool.rpc('VDI.get_snapshots', first)).toStrictEqual([disks[0]])
})

test('snapshots form a chain of parents, mended when a link is destroyed', async () => {
  const one = await pool.rpc('VM.snapshot', vm, 'one')
  const two = await pool.rpc('VM.snapshot', vm, 'two')
  expect(await pool.rpc('VM.get_parent', two)).toBe(one)
  expect(await pool.rpc('VM.get_children', one)).toStrictEqual([two])
  await pool.rpc('VM.destroy', two)
  expect(await pool.rpc('VM.get_parent', vm)).toBe(one)
})

test('disks may be left out; an unknown one is no error for the others', async () => {
  const [, second] = await disksOf(vm)
  const snapshot = await pool.rpc('VM.snapshot', vm, 'partial', [second])
  const [only, ...more] = await disksOf(snapshot)
  expect(more).toStrictEqual([])
  expect((await record('VDI', only)).name_label).toBe('db disk 0')
})

test('when a disk fails, the snapshots made before it are deleted again', async () => {
  const before = await pool.rpc<string[]>('VDI.get_all')
  pool.state.faults.add({
    kind: 'fail-call',
    method: 'VDI.snapshot',
    skip: 1,
    error: ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
  })
  expect((await pool.failure('VM.snapshot', vm, 'x'))[0]).toBe('SR_BACKEND_FAILURE_44')
  expect(await pool.rpc('VDI.get_all')).toStrictEqual(before)
  expect(await pool.rpc('VM.get_snapshots', vm)).toStrictEqual([])
})

test('a snapshot refuses what only VMs can do', async () => {
  const snapshot = await pool.rpc('VM.snapshot', vm, 's')
  expect(await pool.failure('VM.start', snapshot, false, false)).toStrictEqual([
    'VM_IS_SNAPSHOT',
    snapshot,
    'start',
  ])
  await pool.rpc('VM.set_is_a_template', snapshot, false)
  expect(await pool.rpc('VM.get_is_a_template', snapshot)).toBe(false)
})

test('VM.destroy leaves all disks and the snapshots', async () => {
  const snapshot = await pool.rpc('VM.snapshot', vm, 's')
  const disks = [...(await disksOf(vm)), ...(await disksOf(snapshot))]
  await pool.rpc('VM.hard_shutdown', vm)
  await pool.rpc('VM.destroy', vm)
  expect(await pool.rpc('VM.get_snapshot_of', snapshot)).toBe(vm)
  for (const disk of disks) expect(await pool.rpc('VDI.get_managed', disk)).toBe(true)
  await pool.rpc('VM.destroy', snapshot)
  for (const disk of disks) {
    expect(await pool.rpc('VDI.get_VBDs', disk)).toStrictEqual([])
    await pool.rpc('VDI.destroy', disk)
  }
  expect(await pool.failure('VDI.get_uuid', disks[0])).toStrictEqual([
    'HANDLE_INVALID',
    'VDI',
    disks[0],
  ])
})

test('a clone has new MACs, its own disks and no snapshot past', async () => {
  const snapshot = await pool.rpc('VM.snapshot', vm, 's')
  const clone = await pool.rpc('VM.clone', snapshot, 'clone')
  const [original, cloned] = [await record('VM', vm), await record('VM', clone)]
  expect(cloned).toMatchObject({ is_a_snapshot: false, snapshot_of: NULL, parent: NULL })
  expect((cloned.other_config as unknown as Record<string, string>).mac_seed).not.toBe(
    (original.other_config as unknown as Record<string, string>).mac_seed,
  )
  const [disk = ''] = await disksOf(clone)
  expect(await record('VDI', disk)).toMatchObject({ is_a_snapshot: false, read_only: false })
  const { uuid } = await record('VDI', disk)
  expect(await pool.state.disks.read(uuid as unknown as string, 0, 4)).toStrictEqual(
    Buffer.alloc(4, 1),
  )
})
