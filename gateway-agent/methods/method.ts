import type { MethodChoice } from '#core/contracts/methods.ts'
import type { Pool } from '../jobs/pool.ts'
import type { FindProvider } from '../quiesce/provider.ts'
import type { SnapshotVmOptions } from '../xapi/snapshot/snapshot.ts'
import type { VmSnapshot } from '../xapi/snapshot/vm-snapshot.ts'

/** What a method works with. */
export interface MethodOptions {
  pool: Pick<
    Pool,
    'snapshotVm' | 'powerState' | 'shutDown' | 'runAgain' | 'markStopped' | 'destroySnapshot'
  >
  vmName: string
  choice: MethodChoice
  snapshot: Omit<SnapshotVmOptions, 'message' | 'worth'>
  /** The job that does it, where that is another of its group: it answers for a VM that is down. */
  by?: string
  findProvider: FindProvider
  /** To be waited for before a guest is frozen: in a group, until every VM is prepared. */
  ready?: () => Promise<void>
  /** Tells the phase, in words. */
  tell: (phase: string) => void
}

/**
 * Brings a VM to rest, as one method does, and takes its snapshot. The VM is left as it was found.
 * @throws `METHOD_UNAVAILABLE`, `VM_NOT_STARTED`, and what `snapshotVm` throws
 */
export type TakeByMethod = (options: MethodOptions) => Promise<VmSnapshot>
