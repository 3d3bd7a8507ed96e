import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'

/** Brings what a standby has become back to the VM that it had stood by for: into its disks where that is possible, else as a new VM. */
export const FailBackSpec = z.strictObject({
  kind: z.literal('fail-back'),
  /** Where the VM was. */
  poolUuid: XenUuid,
  /** The standby, which was backed up while it was off. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
  /** The VM that it had stood by for. */
  originUuid: XenUuid,
  /** The recovery point whose state the standby went on from. */
  heldPointId: Ulid.optional(),
  /** As a new VM, whatever is there. */
  full: z.boolean(),
  /** Also into a VM that may hold what nobody else has; its state stays as a snapshot. */
  overwrite: z.boolean(),
})
export type FailBackSpec = z.infer<typeof FailBackSpec>
