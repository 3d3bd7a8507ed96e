import type { PoolOptions } from '#sim/pool.ts'
import { rawFiles, type SimulatedPool, simulatedPool } from './simulated-pool.ts'

export interface PoolWithVm extends SimulatedPool {
  /** Reference of its VM `db`. */
  readonly vm: string
}

/** A simulated pool with one VM, `db`, whose disks hold these bytes; they are gone when the pool is closed. */
export const poolWithVm = async (
  disks: readonly Buffer[],
  options: Omit<PoolOptions, 'vms'> = {},
): Promise<PoolWithVm> => {
  const files = await rawFiles(Object.fromEntries(disks.entries()))
  const vms = [{ name: 'db', disks: disks.map((_, index) => files.path(String(index))) }]
  const pool = await simulatedPool({ ...options, vms })
  const close = async () => {
    await pool.close()
    await files.remove()
  }
  return { ...pool, close, vm: await pool.rpc('VM.get_by_uuid', pool.vms.db) }
}
