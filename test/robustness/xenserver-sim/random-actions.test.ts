import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClassName } from '#sim/xapi/records/index.ts'
import { relations } from '#sim/xapi/relations.ts'
import {
  rawFiles,
  type SimulatedPool,
  simulatedPool,
  XapiFailure,
} from '#test/support/simulated-pool.ts'

// Whatever clients do in whatever order, the pool must stay consistent: both sides of every relation agree, nothing
// points at what is gone (but the past of snapshots), every disk record has a disk, every operation ends, and no call
// ends in INTERNAL_ERROR, which is how a fault of the simulator itself would show.

type Row = Record<string, unknown>
type Action = (pool: SimulatedPool, pick: Picks) => Promise<unknown>
interface Picks {
  readonly vm: string
  readonly vdi: string
  readonly vbd: string
  readonly host: string
}

const create: Action = async (pool, { vm }) => {
  const record = await pool.rpc<Row>('VM.get_record', vm)
  return pool.rpc('VM.create', { ...record, power_state: 'Halted', name_label: 'made' })
}
const attach: Action = (pool, { vm, vdi }) =>
  pool.rpc('VBD.create', {
    VM: vm,
    VDI: vdi,
    userdevice: 'autodetect',
    bootable: false,
    mode: 'RW',
    type: 'Disk',
    empty: false,
    other_config: {},
    qos_algorithm_type: '',
    qos_algorithm_params: {},
  })

const actions: Readonly<Record<string, Action>> = {
  create,
  attach,
  start: (pool, { vm }) => pool.rpc('VM.start', vm, false, false),
  shutdown: (pool, { vm }) => pool.rpc('VM.hard_shutdown', vm),
  suspend: (pool, { vm }) => pool.rpc('VM.suspend', vm),
  resume: (pool, { vm }) => pool.rpc('VM.resume', vm, false, false),
  migrate: (pool, { vm, host }) => pool.rpc('VM.pool_migrate', vm, host, {}),
  snapshot: (pool, { vm, vdi }) => pool.rpc('VM.snapshot', vm, 's', [vdi]),
  asyncSnapshot: (pool, { vm }) => pool.rpc('Async.VM.snapshot', vm, 's'),
  checkpoint: (pool, { vm }) => pool.rpc('VM.checkpoint', vm, 'c'),
  revert: (pool, { vm }) => pool.rpc('VM.revert', vm),
  clone: (pool, { vm }) => pool.rpc('VM.clone', vm, 'clone'),
  destroyVm: (pool, { vm }) => pool.rpc('VM.destroy', vm),
  untemplate: (pool, { vm }) => pool.rpc('VM.set_is_a_template', vm, false),
  cloneVdi: (pool, { vdi }) => pool.rpc('VDI.clone', vdi),
  snapshotVdi: (pool, { vdi }) => pool.rpc('VDI.snapshot', vdi),
  destroyVdi: (pool, { vdi }) => pool.rpc('VDI.destroy', vdi),
  enableCbt: (pool, { vdi }) => pool.rpc('VDI.enable_cbt', vdi),
  disableCbt: (pool, { vdi }) => pool.rpc('VDI.disable_cbt', vdi),
  dataDestroy: (pool, { vdi }) => pool.rpc('VDI.data_destroy', vdi),
  changedBlocks: async (pool, { vdi }) => {
    const snapshots = await pool.rpc<string[]>('VDI.get_snapshots', vdi)
    return pool.rpc('VDI.list_changed_blocks', snapshots[0] ?? vdi, snapshots.at(-1) ?? vdi)
  },
  plug: (pool, { vbd }) => pool.rpc('VBD.plug', vbd),
  unplug: (pool, { vbd }) => pool.rpc('VBD.unplug', vbd),
  destroyVbd: (pool, { vbd }) => pool.rpc('VBD.destroy', vbd),
}

const at = (refs: readonly string[], n: number) =>
  refs[n % Math.max(refs.length, 1)] ?? 'OpaqueRef:none'

const picks = ({ state }: SimulatedPool, n: number): Picks => {
  const vms = [...state.database.all('VM')].filter(([, vm]) => !vm.is_control_domain)
  return {
    vm: at(
      vms.map(([ref]) => ref),
      n,
    ),
    vdi: at([...state.database.all('VDI').keys()], n),
    vbd: at([...state.database.all('VBD').keys()], n),
    host: at([...state.database.all('host').keys()], n),
  }
}

const settled = async ({ state }: SimulatedPool) => {
  const busy = () => [...state.database.all('task').values()].some(t => t.status === 'pending')
  await expect.poll(busy, { interval: 5 }).toBe(false)
}

const past = ['snapshot_of', 'parent']

const assertConsistent = ({ state }: SimulatedPool) => {
  const { database } = state
  const rows = (name: ClassName) => database.all(name) as ReadonlyMap<string, unknown>
  for (const { from, field, to, set } of relations) {
    for (const [ref, row] of rows(to)) {
      const members = [...rows(from)].filter(([, r]) => (r as Row)[field] === ref).map(([r]) => r)
      expect(new Set((row as Row)[set] as string[]), `${to}.${set}`).toStrictEqual(new Set(members))
    }
    if (past.includes(field)) continue
    for (const row of rows(from).values()) {
      const target = (row as Row)[field] as string
      if (target !== 'OpaqueRef:NULL') expect(rows(to).has(target), `${from}.${field}`).toBe(true)
    }
  }
  for (const vdi of database.all('VDI').values()) {
    if (vdi.is_tools_iso) continue
    expect(state.disks.has(vdi.uuid)).toBe(true)
    if (vdi.type !== 'cbt_metadata') expect(state.disks.size(vdi.uuid)).toBe(vdi.virtual_size)
    expect(state.disks.cbtEnabled(vdi.uuid)).toBe(vdi.cbt_enabled)
    expect(vdi.current_operations).toStrictEqual({})
  }
  for (const vm of database.all('VM').values()) {
    expect(vm.current_operations).toStrictEqual({})
    const on = vm.power_state === 'Running' || vm.power_state === 'Paused'
    expect(vm.resident_on !== 'OpaqueRef:NULL', `${vm.name_label} ${vm.power_state}`).toBe(on)
    // A suspended VM, a checkpoint too, keeps the devices that its guest knows of.
    for (const ref of vm.VBDs)
      if (vm.power_state === 'Halted')
        expect(database.get('VBD', ref).currently_attached).toBe(false)
  }
}

test('random actions keep the pool consistent', async () => {
  const files = await rawFiles({ a: Buffer.alloc(2 ** 18, 1) })
  const names = Object.keys(actions)
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(50)), { minLength: 5, maxLength: 60 }),
        async script => {
          const timing = { lockWait: 200, dom0Linger: 0, dataDestroyWait: 5, power: 0 }
          const vms = [{ name: 'db', disks: [files.path('a')] }]
          const pool = await simulatedPool({ hosts: 1, seed: 1, vms, timing })
          try {
            for (const [name, n] of script)
              await actions[name]?.(pool, picks(pool, n)).catch(error => {
                expect(error, name).toBeInstanceOf(XapiFailure)
                expect(error.description, name).not.toContain('INTERNAL_ERROR')
              })
            await settled(pool)
            assertConsistent(pool)
          } finally {
            await pool.close()
          }
        },
      ),
      { numRuns: 30 },
    )
  } finally {
    await files.remove()
  }
})
