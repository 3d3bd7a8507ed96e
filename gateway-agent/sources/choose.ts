import type { Rung } from '#core/contracts/points.ts'
import type { NbdTransport } from './nbd/offer.ts'

/** What decides how a disk is read. */
export interface DiskFacts {
  /** bytes */
  size: number
  /** VDI.cbt_enabled of the snapshot. */
  cbt: boolean
  /** The disk of the last point: undefined where there is none. */
  base?: {
    /** bytes */
    size: number
    /** What the pool still has of it; undefined where it is gone. */
    vdi?: { cbt: boolean }
  }
  nbd: NbdTransport
  allowInsecureNbd: boolean
}

/** Said where nobody knows better why there is no base. */
export const NO_BASE = 'full, because no earlier recovery point of this disk can serve as base'

/**
 * Whether only changes may be read.
 * @returns why not, or undefined where XAPI may be asked for the changed blocks
 */
export const whyFull = ({ size, cbt, base }: DiskFacts): string | undefined => {
  if (!cbt)
    return 'full, because changed-block tracking is off for this disk and its storage repository does not allow it'
  if (!base) return NO_BASE
  if (!base.vdi)
    return 'full, because the snapshot that marked the last backup is no longer in the pool'
  if (!base.vdi.cbt)
    return 'full, because changed-block tracking was switched off since the last backup, for instance by a storage migration or a host crash'
  if (base.size !== size)
    return `full, because the size of the disk changed from ${base.size} to ${size} bytes`
  return undefined
}

/** Why XAPI could not tell the changed blocks, by its own code (reference 7.3). */
export const whyNoBlocks = (xapiCode: string): string => {
  switch (xapiCode) {
    case 'SR_BACKEND_FAILURE_460':
      return 'full, because changed-block tracking was interrupted since the last backup (a storage migration, a revert, or switched off and on), so the two states are unrelated'
    case 'SR_BACKEND_FAILURE_459':
      return 'full, because the log of changed blocks is damaged, for instance after a host crash'
    case 'VDI_NO_CBT_METADATA':
      return 'full, because the last backup left no log of changed blocks'
    default:
      return `full, because XenServer could not tell the changed blocks (${xapiCode})`
  }
}

export const BITMAP_TOO_SHORT =
  'full, because the list of changed blocks does not cover the whole disk'

/** The best way to the data. @returns with the reason where it is not the first rung */
export const chooseRung = ({
  cbt,
  nbd,
  allowInsecureNbd,
}: Pick<DiskFacts, 'cbt' | 'nbd' | 'allowInsecureNbd'>): { rung: Rung; reason?: string } => {
  if (nbd === 'none')
    return {
      rung: 'vhd',
      reason: 'read as a VHD stream, because no network of the pool has the purpose "nbd"',
    }
  if (nbd === 'insecure' && !allowInsecureNbd)
    return {
      rung: 'vhd',
      reason:
        'read as a VHD stream, because the pool offers NBD only in clear text (purpose "insecure_nbd") and the settings do not allow that',
    }
  if (!cbt)
    return {
      rung: 'vhd',
      reason:
        'read as a VHD stream, because without changed-block tracking NBD would also read what was never written',
    }
  return { rung: 'cbt-nbd' }
}
