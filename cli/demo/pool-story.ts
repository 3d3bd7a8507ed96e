import type { PoolApi } from './pool-api.ts'
import { XapiRefusal } from './pool-api.ts'

/** A disk on its VM. */
interface AttachedDisk {
  userdevice: string
  /** OpaqueRef */
  vdi: string
}

/** @returns the VM's disks in the order of their devices */
export const disksOf = async (pool: PoolApi, vmUuid: string): Promise<AttachedDisk[]> => {
  const vm = await pool.call('VM.get_by_uuid', vmUuid)
  const vbds = await pool.call<string[]>('VM.get_VBDs', vm)
  const records = await Promise.all(
    vbds.map(vbd =>
      pool.call<{ type: string; userdevice: string; VDI: string }>('VBD.get_record', vbd),
    ),
  )
  return records
    .filter(({ type }) => type === 'Disk')
    .map(({ userdevice, VDI }) => ({ userdevice, vdi: VDI }))
    .sort((a, b) => Number(a.userdevice) - Number(b.userdevice))
}

/** What an administrator could do by mistake: the VM is switched off and removed, and so are its disks. */
export const destroyVm = async (pool: PoolApi, vmUuid: string): Promise<number> => {
  const vm = await pool.call('VM.get_by_uuid', vmUuid)
  const disks = await disksOf(pool, vmUuid)
  if ((await pool.call('VM.get_power_state', vm)) !== 'Halted')
    await pool.call('VM.hard_shutdown', vm)
  await pool.call('VM.destroy', vm)
  for (const { vdi } of disks) await pool.call('VDI.destroy', vdi)
  return disks.length
}

/** @returns whether XenServer still knows the VM */
export const vmExists = async (pool: PoolApi, vmUuid: string): Promise<boolean> => {
  try {
    await pool.call('VM.get_by_uuid', vmUuid)
    return true
  } catch (error) {
    if (error instanceof XapiRefusal && error.xapiCode === 'UUID_INVALID') return false
    throw error
  }
}

/** What backups left in the pool: snapshots of VMs, snapshot disks that hold data, and changed-block bases (metadata only). */
export const leftovers = async (
  pool: PoolApi,
): Promise<{ snapshots: number; disks: number; bases: number }> => {
  const vms = await pool.call<Record<string, { is_a_snapshot: boolean }>>('VM.get_all_records')
  const vdis =
    await pool.call<Record<string, { is_a_snapshot: boolean; type: string }>>('VDI.get_all_records')
  const snapshotDisks = Object.values(vdis).filter(vdi => vdi.is_a_snapshot)
  const bases = snapshotDisks.filter(vdi => vdi.type === 'cbt_metadata').length
  return {
    snapshots: Object.values(vms).filter(vm => vm.is_a_snapshot).length,
    disks: snapshotDisks.length - bases,
    bases,
  }
}
