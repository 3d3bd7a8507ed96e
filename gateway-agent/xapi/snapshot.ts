import { z } from 'zod'
import { isXapiError, SnapshotIncompleteError, VmMigratingError } from '#core/errors/xenserver.ts'
import { type Maker, unfinishedName } from '#core/points/marks.ts'
import type { SnapshotDisk } from '../sources/api.ts'
import type { Ref, Xapi } from './api.ts'
import { enableCbt } from './changed-block-tracking.ts'
import { LABEL_TAG, labelOf } from './find-snapshot.ts'
import { blockMigration, unblockMigration } from './migration-block.ts'
import { setMapKeys, tagAsOurs } from './other-config.ts'
import { SELF_TAG } from './ours.ts'
import { RefText, VmRecord } from './records.ts'
import { destroySnapshotVm } from './snapshot-removal.ts'
import type { VmSnapshot } from './vm-snapshot.ts'
import { type AttachedDisk, assertProtectable, disksOf, type FoundVm, findVm } from './vms.ts'
import { VoidAnswer } from './void-answer.ts'

export interface SnapshotVmOptions extends Maker {
  vmUuid: string
  signal: AbortSignal
}

/** @returns why a disk is left out, a clause */
export const reasonToSkip = ({ vdi }: AttachedDisk): string | undefined => {
  if (vdi.name_label.includes('[NOBAK]')) return 'its name says [NOBAK]'
  if (vdi.on_boot === 'reset') return 'the disk is reset at every boot, so it holds nothing lasting'
  if (vdi.sharable) return 'the disk is shared between VMs, and such disks cannot be snapshotted'
  if (vdi.missing) return 'the storage repository no longer has the disk'
  return undefined
}

/** Older hosts (xapi before 21.4) do not know the list of disks to leave out. */
const takeSnapshot = async (
  { run }: Xapi,
  vm: Ref,
  name: string,
  ignored: readonly Ref[],
  signal: AbortSignal,
): Promise<Ref> => {
  try {
    return await run('VM.snapshot', [vm, name, [...ignored]], RefText, { signal })
  } catch (error) {
    if (!isXapiError(error, 'MESSAGE_PARAMETER_COUNT_MISMATCH')) throw error
    return run('VM.snapshot', [vm, name], RefText, { signal })
  }
}

/** Tags the snapshot and its disks, drops copies of disks left out, and proves that every disk is there. */
const completeSnapshot = async (
  xapi: Xapi,
  ref: Ref,
  wanted: readonly AttachedDisk[],
  maker: Maker,
  vmName: string,
): Promise<Pick<VmSnapshot, 'uuid' | 'taken' | 'disks'>> => {
  const { call } = xapi
  const record = await call('VM.get_record', [ref], VmRecord)
  await tagAsOurs(xapi, 'VM', ref, record.uuid, maker)
  // Snapshots are born as templates; one that is left behind should not show among them.
  await call('VM.set_is_a_template', [ref, false], VoidAnswer)
  const copies = await disksOf(xapi, record)
  for (const { vdiRef, vdi } of copies) await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker)
  const disks: SnapshotDisk[] = []
  for (const live of wanted) {
    const copy = copies.find(({ vdi }) => vdi.snapshot_of === live.vdiRef)
    if (!copy)
      throw new SnapshotIncompleteError(vmName, `the disk "${live.vdi.name_label}" is not in it`)
    disks.push({
      ref: copy.vdiRef,
      uuid: copy.vdi.uuid,
      liveUuid: live.vdi.uuid,
      userdevice: live.vbd.userdevice,
      name: live.vdi.name_label,
      size: copy.vdi.virtual_size,
      cbt: copy.vdi.cbt_enabled,
      sr: copy.vdi.SR,
    })
  }
  const tagged = (await disksOf(xapi, record)).filter(
    ({ vdi }) => vdi.other_config[SELF_TAG] === vdi.uuid,
  )
  if (tagged.length !== copies.length)
    throw new SnapshotIncompleteError(vmName, 'not all of its disks could be tagged')
  await call('VM.set_name_label', [ref, `XenKeep ${maker.jobId}`], VoidAnswer)
  return { uuid: record.uuid, taken: record.snapshot_time, disks }
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

/**
 * Takes a snapshot for a job: switches changed-block tracking on where it is off, keeps the VM from migrating, leaves out
 * disks that cannot or need not be saved. After a failure nothing of it is left.
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_MIGRATING`, `SNAPSHOT_INCOMPLETE`, {@link XapiError}
 */
export const snapshotVm = async (xapi: Xapi, options: SnapshotVmOptions): Promise<VmSnapshot> => {
  const { vmUuid, signal } = options
  const maker: Maker = { jobId: options.jobId, owner: options.owner }
  const vm = await findVm(xapi, vmUuid)
  assertProtectable(vm)
  if (migrating(vm)) throw new VmMigratingError(vm.record.name_label)
  const attached = await disksOf(xapi, vm.record)
  const wanted = attached.filter(disk => reasonToSkip(disk) === undefined)
  const ignored = attached.filter(disk => !wanted.includes(disk))
  const notes = await enableCbt(xapi, wanted)
  notes.push(...(await blockMigration(xapi, vm.ref, maker)))
  try {
    const ignoredRefs = ignored.map(({ vdiRef }) => vdiRef)
    const ref = await takeSnapshot(xapi, vm.ref, unfinishedName(maker), ignoredRefs, signal)
    try {
      const complete = await completeSnapshot(xapi, ref, wanted, maker, vm.record.name_label)
      signal.throwIfAborted()
      const snapshot: VmSnapshot = {
        ...complete,
        ref,
        owner: maker.owner,
        vm: { ref: vm.ref, uuid: vmUuid, name: vm.record.name_label },
        powerState: vm.record.power_state,
        skipped: ignored.map(disk => ({
          vdiUuid: disk.vdi.uuid,
          userdevice: disk.vbd.userdevice,
          reason: reasonToSkip(disk) ?? '',
        })),
        notes,
      }
      await setMapKeys(xapi, 'VM.other_config', ref, { [LABEL_TAG]: labelOf(snapshot) })
      return snapshot
    } catch (error) {
      await destroySnapshotVm(xapi, ref, maker.owner)
      throw error
    }
  } catch (error) {
    await removeUnfinished(xapi, vm.ref, maker).catch(() => undefined)
    await unblockMigration(xapi, vm.ref, maker.owner).catch(() => undefined)
    throw error
  }
}
