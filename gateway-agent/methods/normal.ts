import type { Consistency } from '#core/contracts/points.ts'
import type { Pool } from '../jobs/pool.ts'
import type { SnapshotVmOptions } from '../xapi/snapshot.ts'
import type { VmSnapshot } from '../xapi/vm-snapshot.ts'

/** A snapshot and what it is worth. */
export interface Taken {
  snapshot: VmSnapshot
  consistency: Consistency
}

/**
 * `VM.snapshot`, whatever state the VM is in. XAPI takes the disks one after the other, so a running guest finds them as
 * after a power cut; the disks of a halted one are at rest.
 */
export const normal = async (
  pool: Pick<Pool, 'snapshotVm'>,
  options: SnapshotVmOptions,
): Promise<Taken> => {
  return resumedNormal(await pool.snapshotVm(options))
}

/** A snapshot that this method took earlier. */
export const resumedNormal = (snapshot: VmSnapshot): Taken => ({
  snapshot,
  consistency: snapshot.powerState === 'Halted' ? 'offline' : 'crash',
})
