import type { SnapshotDisk } from '../sources/api.ts'
import type { Ref } from './api.ts'

/** A disk that is not read, and why. */
interface LeftOutDisk {
  vdiUuid?: string
  userdevice: string
  reason: string
}

/** A snapshot made for a job, with every disk worth reading. */
export interface VmSnapshot {
  /** The snapshot VM. */
  ref: Ref
  uuid: string
  /** The installation whose snapshot it is. */
  owner: string
  /** The VM it was taken of. */
  vm: { ref: Ref; uuid: string; name: string }
  /** VM.snapshot_time, milliseconds since 1970. */
  taken: number
  /** VM.power_state of the VM when the snapshot was taken. */
  powerState: 'Halted' | 'Paused' | 'Running' | 'Suspended'
  disks: SnapshotDisk[]
  skipped: LeftOutDisk[]
  /** Things to tell the user, one plain sentence each. */
  notes: string[]
}
