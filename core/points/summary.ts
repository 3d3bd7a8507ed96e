import type { MethodFacts, PointSummary } from '../contracts/points.ts'
import type { PointSubject } from './subject.ts'

/** What the repository itself knows of a point. */
export interface StoredPoint {
  id: string
  vmUuid: string
  /** Bytes of the commit record. */
  size: number
  /** When the commit record was written, milliseconds since 1970. */
  created: number
  disks: readonly { id: string; size: number; rootHash: string }[]
  streams?: readonly { id: string; size: number; rootHash: string }[]
  /** `storedBytes`: of everything sent before the commit record. */
  statistics: { newBytes: number; storedBytes: number }
}

/**
 * The line of a list for one recovery point, made from its commit record.
 * @param more what the commit record does not know: the lock, where the store was asked; what the newest boot check found
 */
export const summarize = (
  repositoryId: string,
  point: StoredPoint,
  subject: PointSubject,
  { lock, bootCheck }: Pick<PointSummary, 'lock' | 'bootCheck'> = {},
): PointSummary => {
  const stored = new Map(point.disks.map(disk => [disk.id, disk]))
  const disks = subject.disks.flatMap(({ cbtBase: _, ...disk }) => {
    const { size, rootHash } = stored.get(disk.vdiUuid) ?? {}
    return size === undefined || rootHash === undefined ? [] : [{ ...disk, size, rootHash }]
  })
  return {
    pointId: point.id,
    repositoryId,
    ...(subject.vm.record.is_a_template === true && { kind: 'template' as const }),
    vmUuid: point.vmUuid,
    vmName: vmName(subject),
    poolUuid: subject.pool.uuid,
    taken: subject.taken,
    committed: point.created,
    ...(subject.policyId && { policyId: subject.policyId }),
    ...(subject.site && { siteMember: subject.site }),
    consistency: subject.consistency,
    ...methodFacts(subject),
    disks,
    skipped: subject.skipped,
    bytesRead: disks.reduce((sum, disk) => sum + disk.bytesRead, 0),
    bytesNew: point.statistics.newBytes,
    bytesStored: point.statistics.storedBytes + point.size,
    ...(lock !== undefined && { lock }),
    ...(bootCheck && { bootCheck }),
  }
}

const methodFacts = ({ method, weakerBecause, group }: PointSubject): MethodFacts => ({
  ...(method && { method }),
  ...(weakerBecause && { weakerBecause }),
  ...(group && { group }),
})

/** VM.name_label at the time of the snapshot. */
export const vmName = ({ vm }: PointSubject): string =>
  typeof vm.record.name_label === 'string' ? vm.record.name_label : vm.uuid
