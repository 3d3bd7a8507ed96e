import { z } from 'zod'
import { VmMigratingError } from '#core/errors/xenserver.ts'
import { NOBAK } from '#core/inventory/left-out.ts'
import { type Maker, unfinishedName } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { inTime } from '../in-time.ts'
import { setMapKeys } from '../other-config.ts'
import { NULL_REF, RefText, VmRecord } from '../records.ts'
import {
  type AttachedDisk,
  assertProtectable,
  disksOf,
  type FoundVm,
  findVm,
  vbdsOf,
} from '../vms.ts'
import { enableCbt } from './changed-block-tracking.ts'
import { pendingCoalesce } from './coalesce.ts'
import { completeSnapshot, type SnapshotContent } from './complete-snapshot.ts'
import { assertKeepsContent, disposable } from './disposable.ts'
import { LABEL_TAG, labelOf } from './find-snapshot.ts'
import { blockMigration, unblockMigration } from './migration-block.ts'
import { destroySnapshotVm } from './snapshot-removal.ts'
import { type SnapshotMessage, takeSnapshot } from './take-snapshot.ts'
import { plainWorth, type VmSnapshot, type Worth } from './vm-snapshot.ts'

export interface SnapshotVmOptions extends Maker {
  vmUuid: string
  signal: AbortSignal
  /** `VM.snapshot` unless told. */
  message?: SnapshotMessage
  /** VBD.userdevice of disks that the request leaves out. */
  excludedDisks?: readonly string[] | undefined
  /** Surrounds the taking itself: the snapshot is confirmed when `take` returns. Runs once at most. */
  around?: <T>(take: () => Promise<T>) => Promise<T>
  /** The VM was shut down for it, and is to run again: it may not take for ever. */
  whileDown?: true
  /** What the complete snapshot is worth; told by the VM's power state unless given. What it throws undoes the snapshot. */
  worth?: (
    facts: Pick<VmSnapshot, 'powerState'> &
      Pick<SnapshotContent, 'quiesced'> & { memory: SnapshotContent['memory'] | undefined },
  ) => Worth
}

/** Of a VM's memory XenServer has to write so much at the least, in bytes per ms: 32 MiB/s, less than a third of what a line of 1 Gbit/s carries. */
const LEAST_MEMORY_RATE = (32 * 1024 * 1024) / 1_000

const Memory = z.looseObject({ memory_static_max: z.coerce.number().default(0) })

/** @returns how long the taking may last, in ms: a VM that stands still for it, or is down, is not left so for ever */
const limitOf = (
  { timeouts }: Xapi,
  record: VmRecord,
  { whileDown, message }: SnapshotVmOptions,
): number | undefined => {
  if (message === 'VM.checkpoint')
    return (
      timeouts.whileDown + Math.ceil(Memory.parse(record).memory_static_max / LEAST_MEMORY_RATE)
    )
  return whileDown ? timeouts.whileDown : undefined
}

/** @returns why a disk is left out, a clause */
export const reasonToSkip = (
  disk: AttachedDisk,
  vm: Pick<VmRecord, 'tags' | 'other_config'>,
  excluded: readonly string[] = [],
): string | undefined => {
  const { vdi, vbd } = disk
  if (excluded.includes(vbd.userdevice)) return 'this backup was asked to leave it out'
  if (vdi.name_label.includes(NOBAK)) return `its name says ${NOBAK}`
  const why = disposable(disk, vm)
  if (why !== undefined) return why
  if (vdi.sharable) return 'the disk is shared between VMs, and such disks cannot be snapshotted'
  if (vdi.missing) return 'the storage repository no longer has the disk'
  return undefined
}

/** A snapshot whose task was lost or cancelled may exist all the same; its name tells. */
const removeUnfinished = async (xapi: Xapi, vm: Ref, maker: Maker): Promise<void> => {
  const name = unfinishedName(maker)
  const refs = await xapi.call('VM.get_by_name_label', [name], z.array(RefText))
  for (const ref of refs) {
    const record = await xapi.call('VM.get_record', [ref], VmRecord)
    if (record.is_a_snapshot && record.snapshot_of === vm)
      await destroySnapshotVm(xapi, ref, maker.owner)
  }
}

const migrating = ({ record }: FoundVm): boolean =>
  Object.values(record.current_operations).some(
    operation => operation === 'migrate_send' || operation === 'pool_migrate',
  )

/** @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_MIGRATING` */
export const findSnapshottable = async (xapi: Xapi, vmUuid: string): Promise<FoundVm> => {
  const vm = await findVm(xapi, vmUuid)
  assertProtectable(vm)
  if (migrating(vm)) throw new VmMigratingError(vm.record.name_label)
  return vm
}

/**
 * Takes a snapshot for a job: switches changed-block tracking on where it is off, keeps the VM from migrating, leaves out
 * disks that cannot or need not be saved. After a failure nothing of it is left.
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_CONTENT_DISCARDED`, `VM_MIGRATING`, `SNAPSHOT_INCOMPLETE`, {@link XapiError}, {@link TooLongError} where the VM is down or stands still for it
 */
export const snapshotVm = async (xapi: Xapi, options: SnapshotVmOptions): Promise<VmSnapshot> => {
  const { vmUuid, signal, message = 'VM.snapshot', excludedDisks = [] } = options
  const around = options.around ?? (take => take())
  const worth = options.worth ?? (({ powerState }) => plainWorth(powerState))
  const maker: Maker = { jobId: options.jobId, owner: options.owner }
  const vm = await findSnapshottable(xapi, vmUuid)
  const { name_label: vmName, power_state: before } = vm.record
  const attached = await disksOf(xapi, vm.record, await vbdsOf(xapi, vm.ref))
  assertKeepsContent(vm, attached)
  const skip = (disk: AttachedDisk) => reasonToSkip(disk, vm.record, excludedDisks)
  const wanted = attached.filter(disk => skip(disk) === undefined)
  const ignored = attached.filter(disk => !wanted.includes(disk))
  const notes = await enableCbt(xapi, wanted)
  notes.push(...(await pendingCoalesce(xapi, wanted)))
  notes.push(...(await blockMigration(xapi, vm.ref, maker, vm.record.blocked_operations)))
  try {
    const name = unfinishedName(maker)
    const what = { message, vm: vm.ref, name, wanted, ignored, maker }
    const take = (until: AbortSignal) => takeSnapshot(xapi, { ...what, signal: until })
    const most = limitOf(xapi, vm.record, options)
    const taken = await around(() =>
      most === undefined
        ? take(signal)
        : inTime(most, 'The snapshot', limit => take(AbortSignal.any([signal, limit]))),
    )
    try {
      const { quiesced, stateThen, ...content } = await completeSnapshot(
        ...([xapi, taken, wanted, maker, vmName] as const),
      )
      signal.throwIfAborted()
      // Somebody may have started the VM since we looked. A checkpoint suspends it, which is what XAPI writes down then.
      const powerState =
        message === 'VM.checkpoint'
          ? before
          : (stateThen ?? (await findVm(xapi, vmUuid)).record.power_state)
      const snapshot: VmSnapshot = {
        ...content,
        ...worth({ powerState, quiesced, memory: content.memory }),
        owner: maker.owner,
        vm: { ref: vm.ref, uuid: vmUuid, name: vmName },
        powerState,
        skipped: ignored.map(disk => ({
          vdiUuid: disk.vdi.uuid,
          userdevice: disk.vbd.userdevice,
          reason: skip(disk) ?? '',
        })),
        notes,
      }
      await keepLabel(xapi, snapshot)
      return snapshot
    } catch (error) {
      const made = taken.disks ? [...taken.disks.values()] : []
      await destroySnapshotVm(xapi, taken.vm ?? NULL_REF, maker.owner, made)
      throw error
    }
  } catch (error) {
    await removeUnfinished(xapi, vm.ref, maker).catch(() => undefined)
    await unblockMigration(xapi, vm.ref, maker.owner).catch(() => undefined)
    throw error
  }
}

/** Writes what an attempt that goes on with the snapshot has to know; disks that were snapshotted one by one are not gone on with. */
export const keepLabel = async (xapi: Xapi, snapshot: VmSnapshot): Promise<void> => {
  if (snapshot.ref === NULL_REF) return
  await setMapKeys(xapi, 'VM.other_config', snapshot.ref, { [LABEL_TAG]: labelOf(snapshot) })
}
