import type { InventoryPool } from '#core/contracts/gateway-api.ts'
import type { Maker, RestoredMark } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { PoolComponents } from '../components/api.ts'
import type { DiskReading, ReadDiskOptions, VmExport } from '../sources/api.ts'
import type { CreateVmOptions, NewVm } from '../targets/api.ts'
import type { BootedVm } from '../targets/boot.ts'
import type { ExistingVm } from '../targets/existing/existing-vm.ts'
import type { OverwriteVmOptions } from '../targets/existing/match-disks.ts'
import type { CreateDisksOptions, NewDisks } from '../targets/new/new-disks.ts'
import type { Standbys } from '../targets/standby/standbys.ts'
import type { Incidents } from '../xapi/api.ts'
import type { OurObject } from '../xapi/leftovers.ts'
import type { ShutDownOptions } from '../xapi/power/shut-down.ts'
import type { VmRecord } from '../xapi/records.ts'
import type { FoundSnapshot } from '../xapi/snapshot/find-snapshot.ts'
import type { SnapshotVmOptions } from '../xapi/snapshot/snapshot.ts'
import type { VmSnapshot } from '../xapi/snapshot/vm-snapshot.ts'

/**
 * What jobs ask of one pool. `pool-of-xapi.ts` is the real one.
 * Errors of every method: those of `Xapi` (gateway-agent/xapi/api.ts). Sentences that come back are for the user.
 */
export interface Pool {
  readonly uuid: string
  /** Collects from now on what happened to the connection to the pool. */
  watchIncidents(): Incidents
  /** Name of the pool, product and version of its coordinator. */
  describe(): Promise<{ name: string; version: string }>
  readInventory(): Promise<InventoryPool>

  /** Holds the VM where it is and takes a snapshot. @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_MIGRATING`, `SNAPSHOT_INCOMPLETE` */
  snapshotVm(options: SnapshotVmOptions): Promise<VmSnapshot>
  /** Snapshots the disks of a custom template; the template stays as it is. @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE` */
  snapshotTemplate(options: SnapshotVmOptions & { taken: number }): Promise<VmSnapshot>
  /** Writes on a snapshot what it is worth, for whoever goes on with it. */
  keepLabel(snapshot: VmSnapshot): Promise<void>
  /** Whether the pool has this VM or snapshot. */
  hasVm(uuid: string): Promise<boolean>
  /** @throws `VM_NOT_FOUND` */
  powerState(vmUuid: string): Promise<VmRecord['power_state']>
  /** See `xapi/start-time.ts`. @throws `VM_NOT_FOUND` */
  startTime(vmUuid: string): Promise<number>
  /** See `xapi/shut-down.ts`. @returns why it was switched off hard @throws `METHOD_UNAVAILABLE`, `VM_NOT_STARTED` */
  shutDown(
    options: Omit<ShutDownOptions, 'unavailable'> & { vmUuid: string },
  ): Promise<string | undefined>
  /** Writes on the VM that it has to run again. */
  markStopped(options: Maker & { vmUuid: string }): Promise<void>
  /** Sees to it that a VM which was marked runs again, unless by a job that is at work here. @throws `VM_NOT_STARTED` */
  runAgain(vm: {
    vmUuid: string
    owner: string
    isRunning?: (jobId: string) => boolean
  }): Promise<string[]>
  /**
   * The same for all VMs that jobs of the installation stopped, but those whose job is at work.
   * @returns one sentence for each VM: what was done, and for which it failed; and how many run but may still go down
   */
  startStopped(
    owner: string,
    isAtWork: (jobId: string) => boolean | Promise<boolean>,
  ): Promise<{ started: string[]; failed: string[]; watched: number }>
  /** The snapshot that an earlier attempt of the job left. */
  findSnapshot(options: Maker & { vmUuid: string }): Promise<FoundSnapshot | undefined>
  readVmMetadata(vmUuid: string, ours?: Pick<VmSnapshot, 'ref'>): Promise<VmMetadata>
  readDisk(options: ReadDiskOptions): Promise<DiskReading>
  /** The stream of a whole snapshot, for `readDisk`. Nothing is opened yet. */
  exportOf(snapshot: VmSnapshot): VmExport
  /** Removes the snapshot and its disks, lets the VM move again. @returns what is left */
  destroySnapshot(snapshot: VmSnapshot): Promise<string[]>
  /** Removes the snapshot, lets the VM move again; of disks under CBT the changed-block record stays as base. @returns what could not be done */
  keepCbtBases(snapshot: Pick<VmSnapshot, 'ref' | 'vm' | 'disks' | 'owner'>): Promise<string[]>

  createVm(options: CreateVmOptions): Promise<NewVm>
  /** Makes a VM that is there ready to be written into. @throws `VM_NOT_FOUND`, `DISK_MISMATCH`, `VM_RUNS`, `RESTORE_TARGET` */
  overwriteVm(options: OverwriteVmOptions): Promise<ExistingVm>
  /** What it and the writing would do, one sentence each. */
  describeOverwrite(options: OverwriteVmOptions): Promise<string[]>
  /** What it would do, one sentence each; throws what `createVm` throws, makes nothing. */
  describeVm(options: CreateVmOptions): Promise<string[]>
  /** Prepares new disks without a VM. @throws `RESTORE_TARGET`, `SR_TOO_SMALL`, `DISK_NOT_ATTACHABLE` */
  createDisks(options: CreateDisksOptions): Promise<NewDisks>
  /** What it and what follows would do, one sentence each. */
  describeDisks(options: CreateDisksOptions): Promise<string[]>
  /** @returns the finished VM that this job restored in an earlier attempt */
  findRestored(jobId: string): Promise<RestoredVm | undefined>
  /** What a job that was cut off after it had finished a VM had left to do about the one that it replaced. @returns what to know, one sentence each */
  settleRestored(
    vm: RestoredVm,
    options: Maker & { keepSafetySnapshot: boolean },
  ): Promise<string[]>
  /** @returns why it did not start */
  startVm(vm: { ref: string }): Promise<string | undefined>

  /**
   * Starts an unfinished VM of ours.
   * @throws why it does not start: {@link XapiError}
   */
  bootVm(vm: { ref: string }, signal: AbortSignal): Promise<BootedVm>
  /** What the pool is beside its VMs: its database, its hosts. */
  readonly components: PoolComponents

  /** Standbys of other pools' VMs. */
  readonly standbys: Standbys

  /** Everything that bears the mark of the installation, running jobs included. */
  listOurs(owner: string): Promise<OurObject[]>
  /** @returns what is left and why */
  removeOurs(objects: readonly OurObject[]): Promise<string[]>
}

export interface RestoredVm {
  ref: string
  uuid: string
  name: string
  running: boolean
  mark: RestoredMark
  disks: { vdiUuid: string; userdevice: string }[]
  /** UUID of the VDI that it goes on from, where it is suspended. */
  image?: string
}
