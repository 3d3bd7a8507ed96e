import type { RestoreWishes } from '#core/contracts/restore.ts'
import type { Maker } from '#core/points/marks.ts'
import type { DiskMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import type { DiskNeed } from '#core/restore/storage.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'

export interface CreateVmOptions extends Maker {
  metadata: VmMetadata
  /** name_label once complete; until then the VM bears a temporary name. */
  newName: string
  /** Where the disks go; the pool's default SR unless told. */
  srUuid?: string
  wishes?: RestoreWishes
  /** The disks that are going to be written, as far as they are known: looked at before anything is made. */
  disks?: readonly DiskNeed[]
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
 * A VM being restored. Until `finish` it bears a temporary name and cannot be started.
 *
 * Under a new identity (new UUID, new MACs unless asked, generation_id "0:0") it is made at once. As itself it is made in `finish`: up to
 * then there are only disks, and a VM of its UUID that is still there is not touched.
 */
export interface NewVm {
  /** Empty until the VM is made. */
  readonly ref: string
  readonly uuid: string
  /** What differs from the VM that was backed up, one plain sentence each. */
  readonly notes: readonly string[]
  /** Reference of the storage repository that a disk goes to. @param vdiUuid of the VDI that was backed up */
  srOf(vdiUuid: string): string | undefined
  /**
   * Creates the VDI, fills it and attaches it.
   * @throws `SR_FULL`, `RESTORE_TARGET`, any error of `Xapi.upload`
   */
  addDisk(options: WriteDiskOptions): Promise<{ vdiUuid: string; bytesWritten: number }>
  /**
   * Final name, unblocked, no longer tagged as unfinished; started on demand. A failed start is a note, not an error.
   * @param options.marks keys that `other_config` gets in the same step that makes the VM a finished one
   * @throws `VM_RUNS` and whatever the pool refuses; call `discard` then
   */
  finish(options: { start: boolean; marks?: Record<string, string> }): Promise<{ started: boolean }>
  /**
   * Destroys the VM and every disk made for it, and puts back the VM that it replaced. May be called twice; not after `finish`.
   * @returns what could not be done, one sentence each
   */
  discard(): Promise<string[]>
}
