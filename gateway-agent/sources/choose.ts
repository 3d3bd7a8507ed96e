import type { WireCompression } from '#core/contracts/jobs.ts'
import type { Rung } from '#core/contracts/points.ts'
import { VHD_MAX_SIZE } from '#disk-formats/vhd/format.ts'
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
}

/** Said where nobody knows better why there is no base. */
export const NO_BASE = 'full, because no earlier recovery point of this disk can serve as base'

/** Said of a disk whose changes nobody tracks. */
export const NOT_TRACKED =
  'full, because changed-block tracking is off for this disk and its storage repository does not allow it'

/**
 * Whether only changes may be read.
 * @returns why not, or undefined where XAPI may be asked for the changed blocks
 */
export const whyFull = ({ size, cbt, base }: DiskFacts): string | undefined => {
  if (!cbt) return NOT_TRACKED
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

/** How the storage repository keeps a disk. */
export type DiskFormat = 'vhd' | 'qcow2' | 'raw'

/** Storage repositories that keep no VHD, whatever `VDI.sm_config` says or leaves out. */
const WITHOUT_VHD: Readonly<Record<string, DiskFormat>> = {
  gfs2: 'qcow2',
  'zfs-vol': 'raw',
  rawhba: 'raw',
  iso: 'raw',
  udev: 'raw',
}

/**
 * @param smConfig VDI.sm_config: `vdi_type`, `image-format` and `type` name the format where a driver knows several (reference 2.2)
 * @param srType SR.type
 */
export const formatOf = (
  smConfig: Readonly<Record<string, string>>,
  srType: string,
): DiskFormat => {
  const told = smConfig['image-format'] ?? smConfig.vdi_type
  if (told === 'qcow2') return 'qcow2'
  if (told === 'aio' || told === 'raw' || smConfig.type === 'raw') return 'raw'
  return WITHOUT_VHD[srType] ?? 'vhd'
}

const GiB = 1024 ** 3

const inGiB = (bytes: number): string => `${Math.ceil(bytes / GiB)} GiB`

/** Why the host has no map of blocks and no VHD stream of the disk. */
const tooLargeForVhd = (size: number): string =>
  `the disk has ${inGiB(size)} and a VHD ends at ${inGiB(VHD_MAX_SIZE)}`

export interface WayFacts {
  /** bytes */
  size: number
  /** Whether only changed blocks are wanted, which CBT named. */
  incremental: boolean
  format: DiskFormat
  nbd: NbdTransport
  allowInsecureNbd: boolean
  /** Asked for, for a slow link. */
  wire?: WireCompression | undefined
}

/** @returns why NBD cannot be used; undefined where it can */
const whyNoNbd = ({ nbd, allowInsecureNbd }: WayFacts): string | undefined => {
  if (nbd === 'none') return 'no network of the pool has the purpose "nbd"'
  if (nbd === 'insecure' && !allowInsecureNbd)
    return 'the pool offers NBD only in clear text (purpose "insecure_nbd") and the settings do not allow that'
  return undefined
}

/** @returns why a map of allocated blocks cannot be had; undefined where it can */
const whyNoMap = ({ size, format }: WayFacts): string | undefined => {
  if (size > VHD_MAX_SIZE) return tooLargeForVhd(size)
  if (format !== 'vhd')
    return `the storage repository keeps the disk as ${format}, not as VHD, so XenServer has no map of its blocks at hand`
  return undefined
}

/**
 * The ways to the data, best first: when one fails the next is taken. The stream of the whole VM is the last.
 * @returns with the reason where the first is not the best there is
 */
export const waysTo = (facts: WayFacts): { ways: Rung[]; reason?: string } => {
  const usual = usualWays(facts)
  if (facts.wire === undefined || facts.incremental) return usual
  const others = usual.ways.filter(rung => rung !== 'xva')
  const reason = `read from the stream of the whole VM, compressed with ${facts.wire}, because the job asks for it`
  return { ways: ['xva', 'xva', ...others], reason }
}

const usualWays = (facts: WayFacts): { ways: Rung[]; reason?: string } => {
  const { incremental, size } = facts
  const isTooLarge = size > VHD_MAX_SIZE
  // Twice: what breaks in the middle of a stream often works a moment later.
  const streams: Rung[] = isTooLarge ? ['xva', 'xva'] : ['vhd', 'vhd', 'xva']
  const noNbd = whyNoNbd(facts)
  if (noNbd !== undefined) {
    const reason = isTooLarge
      ? `read from the stream of the whole VM, because ${noNbd}, and ${tooLargeForVhd(size)}`
      : `read as a VHD stream, because ${noNbd}`
    return { ways: streams, reason }
  }
  if (incremental) return { ways: ['cbt-nbd', ...streams] }
  const noMap = whyNoMap(facts)
  if (noMap === undefined) return { ways: ['map-nbd', ...streams] }
  return { ways: ['nbd', ...streams], reason: `every block read over NBD, because ${noMap}` }
}
