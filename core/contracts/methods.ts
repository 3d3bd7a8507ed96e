import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'

/** How a VM is brought to rest for its snapshot; a VM that is halted is at rest already. */
export const Method = z.enum(['normal', 'quiesced', 'memory', 'offline'])
export type Method = z.infer<typeof Method>

/**
 * What may be done when the method cannot be had: `fail` the backup, take a `crash`-consistent point and say so, or (offline only)
 * switch off a guest that does not shut down.
 */
export const Fallback = z.enum(['fail', 'crash', 'hard-shutdown'])
export type Fallback = z.infer<typeof Fallback>

/** How a VM is backed up. What is left out: `fail`, 5 minutes, 10 seconds. */
export const MethodChoice = z.strictObject({
  method: Method,
  fallback: Fallback.optional(),
  /** How long an offline backup waits for the guest to shut down. */
  shutdownSeconds: z.int().min(1).max(7_200).optional(),
  /** How long a quiesced backup may hold a guest still; Windows' shadow copies give up after 10 s of held writes (VSS). */
  freezeSeconds: z.int().min(1).max(600).optional(),
})
export type MethodChoice = z.infer<typeof MethodChoice>

/** VBD.userdevice of disks that a request leaves out. */
export const ExcludedDisks = z.array(z.string().regex(/^\d{1,3}$/)).max(255)

/** One VM of a group, as whoever takes the snapshots of all of them must know it. */
export const GroupMember = MethodChoice.extend({
  jobId: Ulid,
  vmUuid: XenUuid,
  vmName: NameLabel,
  excludedDisks: ExcludedDisks.optional(),
})
export type GroupMember = z.infer<typeof GroupMember>

/** When a VM of a group has no snapshot: the whole `group` fails and nothing is left, or the group goes on `without` it. */
export const WhenOneFails = z.enum(['group', 'without'])

/** VMs whose snapshots are taken together, before any of them is read. All in one pool. */
export const SnapshotGroup = z.strictObject({
  /** ULID of the run. */
  id: Ulid,
  whenOneFails: WhenOneFails,
  members: z.array(GroupMember).min(2).max(64),
})
export type SnapshotGroup = z.infer<typeof SnapshotGroup>

/** What a recovery point tells of its group. */
export const PointGroup = z.strictObject({
  id: Ulid,
  /** How many VMs the group has in this state. */
  members: z.int().positive(),
  /** From the start of the first snapshot to the end of the last, in ms: no two VMs of the group are further apart. */
  skewMs: z.number().nonnegative(),
})
export type PointGroup = z.infer<typeof PointGroup>
