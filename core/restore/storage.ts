import { XenUuid } from '../contracts/ids.ts'
import type { RestoreWishes } from '../contracts/restore.ts'
import { RestoreNoSuchPartError, SrTooSmallError } from '../errors/restore.ts'
import { RestoreTargetError } from '../errors/xenserver.ts'

export interface SrFact {
  /** What XAPI calls it, and so does whoever claims a stream of it. */
  ref: string
  uuid: string
  name: string
  /** SR.type: nfs, ext, lvm … */
  type: string
  contentType: string
  /** UUIDs of the hosts on which it is plugged. */
  hosts: readonly string[]
  /** bytes; undefined where the storage does not tell its size */
  free?: number
}

/** A disk that is going to be written. */
export interface DiskNeed {
  vdiUuid: string
  userdevice: string
  name: string
  /** bytes */
  size: number
  /** Bytes that hold something; the size where that is not known. */
  content?: number
}

/** Storage that takes the whole size of a disk when it is made. */
const THICK = new Set(['lvm', 'lvmoiscsi', 'lvmohba', 'lvmofcoe'])

/** Every block of a VHD has a bitmap, and the file a header and a table: a hundredth is plenty. */
const OVERHEAD = 1.01

/**
 * Which storage repository each disk goes to.
 * @param wanted.sr where disks go that `diskSrs` does not name, UUID or name; the pool's default unless told
 * @returns repository by the VDI's UUID
 * @throws `RESTORE_TARGET`, `RESTORE_NO_SUCH_PART`, `SR_TOO_SMALL`
 */
export const planStorage = (
  disks: readonly DiskNeed[],
  srs: readonly SrFact[],
  wanted: { sr?: string; defaultUuid?: string; diskSrs?: RestoreWishes['diskSrs'] },
): Map<string, SrFact> => {
  guardNames(disks, wanted.diskSrs ?? {})
  const plan = new Map(
    disks.map((disk): [string, SrFact] => {
      const wish = wanted.diskSrs?.[disk.userdevice] ?? wanted.diskSrs?.[disk.vdiUuid]
      return [disk.vdiUuid, findSr(srs, wish ?? wanted.sr, wanted.defaultUuid)]
    }),
  )
  for (const sr of new Set(plan.values()))
    guardRoom(
      sr,
      disks.filter(({ vdiUuid }) => plan.get(vdiUuid) === sr),
    )
  return plan
}

const guardNames = (disks: readonly DiskNeed[], wishes: Record<string, string>): void => {
  const unknown = Object.keys(wishes).find(
    name => !disks.some(({ userdevice, vdiUuid }) => name === userdevice || name === vdiUuid),
  )
  if (unknown !== undefined)
    throw new RestoreNoSuchPartError(
      `disk "${unknown}"`,
      disks.map(({ userdevice, name }) => `${userdevice} ("${name}")`),
    )
}

const findSr = (
  srs: readonly SrFact[],
  wish: string | undefined,
  defaultUuid: string | undefined,
): SrFact => {
  if (wish === undefined && defaultUuid === undefined)
    throw new RestoreTargetError('the pool has no default storage repository')
  const byUuid = srs.filter(({ uuid }) => uuid === (wish ?? defaultUuid))
  const found = byUuid.length > 0 ? byUuid : srs.filter(({ name }) => name === wish)
  const [sr] = found
  if (!sr)
    throw new RestoreTargetError(
      `the pool has no storage repository ${isUuid(wish) ? `with the UUID ${wish}` : `called "${wish}"`}`,
    )
  if (found.length > 1)
    throw new RestoreTargetError(
      `the pool has ${found.length} storage repositories "${wish}", so name one by its UUID`,
    )
  if (sr.contentType === 'iso')
    throw new RestoreTargetError(`"${sr.name}" is a library of ISO images`)
  if (sr.hosts.length === 0)
    throw new RestoreTargetError(
      `the storage repository "${sr.name}" is not attached to any host that runs`,
    )
  return sr
}

const isUuid = (text = '') => XenUuid.safeParse(text).success

const guardRoom = (sr: SrFact, disks: readonly DiskNeed[]): void => {
  const needed = disks.reduce(
    (sum, { size, content = size }) => sum + (THICK.has(sr.type) ? size : content) * OVERHEAD,
    0,
  )
  if (sr.free !== undefined && needed > sr.free)
    throw new SrTooSmallError(sr.name, inMiB(needed), inMiB(sr.free))
}

const inMiB = (bytes: number): string => `${Math.ceil(Math.max(0, bytes) / 1024 ** 2)} MiB`
