import type { PointGroup } from '#core/contracts/methods.ts'
import type { Consistency } from '#core/contracts/points.ts'
import type { Problem } from '#core/contracts/problem.ts'
import type { MemoryMetadata } from '#core/points/vm-metadata.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Ref } from '../api.ts'
import type { VmRecord } from '../records.ts'

/** A disk that is not read, and why. */
interface LeftOutDisk {
  vdiUuid?: string
  userdevice: string
  reason: string
}

/** A VM of the group whose snapshot could not be taken, and why. */
export interface LeftOutMember {
  jobId: string
  vmName: string
  problem: Problem
}

/** What a snapshot is worth. */
export interface Worth {
  consistency: Consistency
  /** One sentence: why it is less than the method promises. */
  weakerBecause?: string
}

/** A snapshot made for a job, with every disk worth reading. */
export interface VmSnapshot extends Worth {
  /** The snapshot VM; null where the disks were snapshotted one by one. */
  ref: Ref
  uuid: string
  /** The installation whose snapshot it is. */
  owner: string
  /** The VM it was taken of. */
  vm: { ref: Ref; uuid: string; name: string }
  /** VM.snapshot_time, milliseconds since 1970. */
  taken: number
  /** VM.power_state of the VM when the snapshot was taken. */
  powerState: VmRecord['power_state']
  /** VM_metrics.start_time, copied by XAPI when it was taken; not where the disks were snapshotted one by one. */
  startTime?: number
  /** With the memory image, where there is one, as the last. */
  disks: SnapshotDisk[]
  /** What else hangs on the snapshot VM; looked up where it is not known. */
  others?: Ref[]
  skipped: LeftOutDisk[]
  /** Things to tell the user, one plain sentence each. */
  notes: string[]
  memory?: MemoryMetadata
  group?: PointGroup
  /** Members that its group goes on without. */
  leftOut?: LeftOutMember[]
}

/** What a plain snapshot is worth: a running guest finds its disks as after a power cut, those of a halted one are at rest. */
export const plainWorth = (powerState: VmRecord['power_state']): Worth => ({
  consistency: powerState === 'Halted' ? 'offline' : 'crash',
})

/** userdevice of a memory image among the disks. */
export const MEMORY = 'memory'
