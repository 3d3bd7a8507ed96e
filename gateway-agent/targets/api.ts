import type { Maker } from '#core/points/marks.ts'
import type { DiskMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'

export interface CreateVmOptions extends Maker {
  metadata: VmMetadata
  /** name_label once complete; until then the VM bears a temporary name. */
  newName: string
  /** Where the disks go; the pool's default SR unless told. */
  srUuid?: string
  signal: AbortSignal
}

export interface WriteDiskOptions {
  disk: DiskMetadata
  content: DiskContent
  signal: AbortSignal
  /** Bytes of disk content sent so far. */
  onProgress?: (bytes: number) => void
}

/**
 * A VM being restored under a new identity: new UUIDs, new MACs, generation_id "0:0", start blocked and a temporary name
 * until `finish`.
 */
export interface NewVm {
  readonly ref: string
  readonly uuid: string
  /** What differs from the VM that was backed up, one plain sentence each. */
  readonly notes: readonly string[]
  /**
   * Creates the VDI, fills it and attaches it.
   * @throws `SR_FULL`, `RESTORE_TARGET`, any error of `Xapi.upload`
   */
  addDisk(options: WriteDiskOptions): Promise<{ vdiUuid: string; bytesWritten: number }>
  /**
   * Final name, unblocked, no longer tagged as unfinished; started on demand. A failed start is a note, not an error.
   * @param options.marks keys that `other_config` gets in the same step that makes the VM a finished one
   */
  finish(options: { start: boolean; marks?: Record<string, string> }): Promise<{ started: boolean }>
  /** Destroys the VM and every disk made for it. May be called twice; not after `finish`. */
  discard(): Promise<void>
}
