import type { SnapshotDisk } from '../sources/api.ts'
import type { Ref } from './api.ts'

/** other_config keys that mark an object as ours. */
export const JOB_TAG = 'xenkeep:job'
/** other_config key of a VDI that serves as CBT base of a committed point; its value is the UUID of the VM. */
export const BASE_TAG = 'xenkeep:base'

export interface SnapshotVmOptions {
  vmUuid: string
  jobId: string
  signal: AbortSignal
}

/** A snapshot made for a job, with every disk worth reading. */
export interface VmSnapshot {
  /** The snapshot VM. */
  ref: Ref
  uuid: string
  /** VM.snapshot_time, milliseconds since 1970. */
  taken: number
  /** VM.power_state of the VM when the snapshot was taken. */
  powerState: string
  disks: SnapshotDisk[]
  /** Disks that are not in the snapshot or need not be read, and why. */
  skipped: { vdiUuid?: string; userdevice: string; reason: string }[]
  /** Things to tell the user, one plain sentence each. */
  notes: string[]
}

/** Something in the pool that bears our tag. */
export interface OurObject {
  kind: 'VM' | 'VDI' | 'task'
  ref: Ref
  uuid: string
  name: string
  jobId: string
  /** The VM whose CBT base this VDI is. */
  baseOf?: string
}
