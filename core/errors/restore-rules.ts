import type { RestoreRule } from '../contracts/restore-rules.ts'
import { XenkeepError } from './base.ts'

const setAside = (rule: RestoreRule): string =>
  `Whoever has reasons sets the rule aside and says why: --override ${rule}="…"; the reason is kept.`

/** The point of a domain controller is older than its domain remembers deleted objects: restored, it would bring them back, and its partners would refuse it. */
export class PointPastTombstoneError extends XenkeepError {
  readonly code = 'POINT_PAST_TOMBSTONE'
  /** @param ageDays of the point @param lifeDays for how long the domain keeps what was deleted @param known how that is known */
  constructor(ageDays: number, lifeDays: number, known: string) {
    super(
      `The recovery point of the domain controller is ${ageDays} days old, and its domain remembers deleted objects for ${lifeDays} days only (${known}); restored, it would bring deleted objects back, and other domain controllers would not replicate with it.`,
      {
        advice: `Take a younger recovery point, or restore no old one: set up a new domain controller that replicates from one that runs. ${setAside('tombstone-life')}`,
      },
    )
  }
}

/** A domain controller would be set back in time without a new VM-GenerationID, so that it would not notice. */
export class GenerationIdKeptError extends XenkeepError {
  readonly code = 'GENERATION_ID_KEPT'
  constructor(known: string) {
    super(
      `The VM is a domain controller (${known}), and writing an old state into its disks leaves its VM-GenerationID as it is: it would not notice that time went back, and other domain controllers would silently ignore its changes (USN rollback).`,
      {
        advice: `Restore it with --identity same --replace, or as a new VM: both give it a new generation. ${setAside('generation-id')}`,
      },
    )
  }
}

/** A domain controller would go on from an old memory image. */
export class DcNotResumableError extends XenkeepError {
  readonly code = 'DC_NOT_RESUMABLE'
  constructor(known: string) {
    super(
      `The VM is a domain controller (${known}), and going on from an old memory image it would continue at a past time with the numbers of changes that its partners have seen already (USN rollback).`,
      {
        advice: `Leave --resume out: the machine starts, sees its new VM-GenerationID and catches up. ${setAside('resume-domain-controller')}`,
      },
    )
  }
}

/** A machine of Machine Creation Services would come back on storage that its catalog does not name. */
export class McsElsewhereError extends XenkeepError {
  readonly code = 'MCS_ELSEWHERE'
  /** @param disks e.g. `disk 0 from "NFS 1" to "SSD"` */
  constructor(known: string, disks: readonly string[]) {
    super(
      `The VM was made by Citrix Machine Creation Services (${known}), and would move ${disks.slice(0, 5).join(', ')}: the site database binds the machine to its storage, so its catalog could not manage it there.`,
      {
        advice: `Restore it in place, on the storage it had (--identity same --replace with --sr DISK=SR for each disk, or --identity disks-only). To have it elsewhere, release it from its catalog first (Remove-ProvVM -ForgetVM) and add the restored VM to a catalog of manually provisioned machines. ${setAside('mcs-storage')}`,
      },
    )
  }
}

/** A restored directory has the invocation id that it had when it was backed up. */
export class InvocationIdKeptError extends XenkeepError {
  readonly code = 'INVOCATION_ID_KEPT'
  constructor(id: string) {
    super(
      `The restored directory has the invocation id ${id || 'of before'}, as when it was backed up: other domain controllers would take its changes for ones that they know, and ignore them (USN rollback).`,
      {
        advice:
          'Do not start it in the network of the domain. Restore again; if it stays so, set up a new domain controller and join it to the domain.',
      },
    )
  }
}
