import type { RestorePlan } from '#core/restore/plan.ts'
import type { Ref } from '../../xapi/api.ts'
import type { MemoryImage } from '../new/memory-image.ts'

/** How the VM record comes into being: what differs between a new VM and one that comes back as itself. */
export interface Identity {
  /** Known before the VM is made. */
  readonly uuid?: string
  /** Make the VM before its disks are written. */
  readonly early: boolean
  /** What `make` and `settle` will do, one sentence each. */
  readonly steps: readonly string[]
  /**
   * Makes the VM: hidden behind the unfinished name, marked as ours.
   * @param image where it is made suspended
   * @throws what the pool refuses
   */
  make(plan: RestorePlan, image?: MemoryImage): Promise<{ ref: Ref; notes: string[] }>
  /** The restored VM is complete. @returns what an administrator should know, one sentence each */
  settle(vm: Ref): Promise<string[]>
  /** The restored VM is gone again: puts back what `make` had put aside. @returns what could not be done */
  undo(): Promise<string[]>
}
