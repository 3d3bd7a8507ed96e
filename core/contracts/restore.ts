import { z } from 'zod'
import { Bytes, NameLabel, Ulid, XenUuid } from './ids.ts'
import { RuleOverrides } from './restore-rules.ts'

/**
 * `new`: another VM with a UUID and MAC addresses of its own. `same`: the VM itself, with its UUID and MAC addresses, in place of one that
 * is still there. `disks-only`: into the disks of the VM that is there, only blocks that differ.
 */
export const RestoreIdentity = z.enum(['new', 'same', 'disks-only'])
export type RestoreIdentity = z.infer<typeof RestoreIdentity>

/** A UUID, or an exact name that only one object of the pool bears. */
const Named = z.string().min(1).max(1_000)

/** How a VM is to come back; what is left out is decided as the comments say. */
export const RestoreWishes = z.strictObject({
  /** `new` */
  identity: RestoreIdentity.optional(),
  /** Storage repository of all disks that are not named below, where it is not told by its UUID in the spec itself. */
  sr: Named.optional(),
  /** Storage repositories of single disks, by userdevice or by the UUID of the VDI that was backed up. */
  diskSrs: z.record(z.string().min(1).max(36), Named).optional(),
  /** Networks of single interfaces, by device; `none` leaves an interface out. */
  networks: z.record(z.string().min(1).max(10), Named).optional(),
  /** What becomes of an interface whose network the pool does not have: `leave-out`, and told. */
  missingNetworks: z.enum(['leave-out', 'refuse']).optional(),
  /** `new`, and `keep` for the same identity. */
  macs: z.enum(['new', 'keep']).optional(),
  /** Make the VM suspended, with the memory of the point; `start` resumes it: no. */
  resume: z.boolean().optional(),
  /** Home server of the VM (VM.affinity): none. */
  homeServer: Named.optional(),
  /** Keep the restart priority of high availability: off. */
  keepHa: z.boolean().optional(),
  /** Put the VM into the vApp of the name it was in: no. */
  keepAppliance: z.boolean().optional(),
  /** Consent to replace the VM of the same UUID that is still there. */
  replace: z.boolean().optional(),
  /** Consent to shut down the VM that is replaced or written into. */
  shutDown: z.boolean().optional(),
  /** Keep the snapshot that is taken of the former state before anything of it is touched: it goes when all is proven. */
  keepSafetySnapshot: z.boolean().optional(),
  /**
   * Only these disks, each by its userdevice, by the UUID of the VDI that was backed up, or by a name that only one bears: under a new
   * identity they become new VDIs without a VM.
   */
  disks: z.array(Named).min(1).max(255).optional(),
  /** The VM that single disks are attached to: none. */
  attachTo: Named.optional(),
  /** Rules that are set aside, each with its reason. */
  overrides: RuleOverrides.optional(),
  /** Tell what would be done, and do nothing. */
  planOnly: z.boolean().optional(),
})
export type RestoreWishes = z.infer<typeof RestoreWishes>

/** Restore one VM from one recovery point. */
export const RestoreVmSpec = z.strictObject({
  kind: z.literal('restore-vm'),
  poolUuid: XenUuid,
  /** The VM that was backed up. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
  /** The restored VM's name_label. */
  newName: NameLabel,
  /** Where the disks go that `wishes` does not name; the pool's default SR unless told. */
  srUuid: XenUuid.optional(),
  /** Start the VM when its disks are proven. */
  start: z.boolean(),
  wishes: RestoreWishes.optional(),
  /** A site definition says that the VM is a domain controller; left out, its tags are looked at. */
  domainController: z
    .strictObject({
      /** Which one says so: `the site "Berlin"`. */
      toldBy: z.string().min(1).max(300),
      /** For how long its domain keeps what was deleted, as its agent read it. */
      tombstoneDays: z.int().min(1).max(36_500).optional(),
    })
    .optional(),
})
export type RestoreVmSpec = z.infer<typeof RestoreVmSpec>

/** What a restore proved. */
export const RestoreReport = z.strictObject({
  newVmUuid: XenUuid,
  newName: NameLabel,
  started: z.boolean(),
  bytesWritten: Bytes,
  identity: RestoreIdentity.optional(),
  disks: z
    .array(
      z.strictObject({
        vdiUuid: XenUuid,
        userdevice: z.string().max(10),
        size: Bytes,
        /** Digest of what was read from the repository and sent; equal to the point's, or the job fails. */
        rootHash: z.string().max(200),
      }),
    )
    // 255 disks, and the memory.
    .max(256),
  /** What differs from the VM that was backed up (new MACs, a network that is missing …), one plain sentence each. */
  notes: z.array(z.string().max(500)).max(50),
})
export type RestoreReport = z.infer<typeof RestoreReport>
