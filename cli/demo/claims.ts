import type { PointSummary } from '#core/contracts/points.ts'
import { formatBytes } from '../output/units.ts'

/** A line of the summary: what is claimed, what was measured just now, and whether that bears the claim out. */
export interface Claim {
  claim: string
  measured: string
  /** `null`: it could not be checked on this machine. */
  proven: boolean | null
}

/** @returns whether nothing was disproved, and at least one thing proven */
export const areProven = (claims: readonly Claim[]): boolean =>
  claims.some(({ proven }) => proven) && claims.every(({ proven }) => proven !== false)

const sum = (points: readonly PointSummary[], of: 'bytesRead' | 'bytesNew' | 'bytesStored') =>
  points.reduce((total, point) => total + point[of], 0)

const sizeOf = (points: readonly PointSummary[]) =>
  points.flatMap(point => point.disks).reduce((total, disk) => total + disk.size, 0)

/** @param vms how many there are */
export const fullBackupClaim = (points: readonly PointSummary[], vms: number): Claim => ({
  claim: `All ${vms} VMs are backed up in full`,
  measured: `${formatBytes(sizeOf(points))} of disks, ${formatBytes(sum(points, 'bytesRead'))} read, ${formatBytes(sum(points, 'bytesStored'))} stored`,
  proven:
    points.length === vms && points.every(point => point.disks.every(disk => !disk.incremental)),
})

/** A clone costs next to nothing: this much at most, maps and commit record included. */
const CLONE_BYTES = 1024 * 1024

/** @param grown bytes that the repository grew by on disk while the clone was backed up */
export const cloneClaim = (original: PointSummary, clone: PointSummary, grown: number): Claim => ({
  claim: `${clone.vmName}, a clone of ${original.vmName}, costs next to nothing`,
  measured: `${formatBytes(clone.bytesRead)} read, the repository grew by ${formatBytes(grown)} (${original.vmName} stored ${formatBytes(original.bytesStored)})`,
  proven: clone.bytesRead > 0 && grown <= CLONE_BYTES && original.bytesStored > CLONE_BYTES,
})

/** @param changed bytes that the guest wrote, which is the least that has to be read */
export const incrementalClaim = (point: PointSummary, changed: number): Claim => ({
  claim: `The second backup of ${point.vmName} reads only what changed`,
  measured: `${formatBytes(changed)} changed, ${formatBytes(point.bytesRead)} of ${formatBytes(sizeOf([point]))} read, ${formatBytes(point.bytesStored)} stored`,
  proven:
    point.disks.every(disk => disk.incremental) &&
    point.bytesRead >= changed &&
    point.bytesRead <= sizeOf([point]) / 4,
})

/** An unchanged VM may store this much: a commit record and its maps. */
const UNCHANGED_BYTES = 100 * 1024

export const unchangedClaim = (points: readonly PointSummary[]): Claim => ({
  claim: `Unchanged VMs (${points.map(point => point.vmName).join(', ')}) read nothing`,
  measured: `${formatBytes(sum(points, 'bytesRead'))} read, ${formatBytes(sum(points, 'bytesStored'))} stored for ${points.length} points`,
  proven:
    points.length > 0 &&
    points.every(point => point.bytesRead === 0 && point.bytesStored < UNCHANGED_BYTES),
})

/** @returns the rows of the summary: mark, claim, measurement */
export const claimRows = (claims: readonly Claim[], unicode: boolean): string[][] =>
  claims.map(({ claim, measured, proven }) => [mark(proven, unicode), claim, measured])

const mark = (proven: boolean | null, unicode: boolean): string => {
  if (proven === null) return unicode ? '–' : '-'
  if (proven) return unicode ? '✔' : 'ok'
  return unicode ? '✘' : 'NOT PROVEN'
}
