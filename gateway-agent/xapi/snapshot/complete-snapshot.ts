import { z } from 'zod'
import { SnapshotIncompleteError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { MemoryMetadata } from '#core/points/vm-metadata.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Ref, Xapi } from '../api.ts'
import { tagAsOurs, tagNewborn } from '../other-config.ts'
import { SELF_TAG } from '../ours.ts'
import { startTimeOf } from '../power/start-time.ts'
import { NULL_REF, Strings, VdiRecord, VmRecord } from '../records.ts'
import { type AttachedDisk, disksOf, vbdsOf } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'
import type { TakenSnapshot } from './take-snapshot.ts'
import { MEMORY, type VmSnapshot } from './vm-snapshot.ts'

/** What is read off a snapshot once it is there. */
export interface SnapshotContent
  extends Pick<VmSnapshot, 'ref' | 'uuid' | 'taken' | 'startTime' | 'disks' | 'others'> {
  memory?: MemoryMetadata
  /** The guest's own providers had brought it to rest (VM.snapshot_info). */
  quiesced: boolean
  /** VM.power_state as XAPI wrote it down with the snapshot; not where the disks were snapshotted one by one. */
  stateThen?: VmRecord['power_state']
}

/** Tags the snapshot and its disks, and proves that every disk is there. @throws `SNAPSHOT_INCOMPLETE` */
export const completeSnapshot = (
  xapi: Xapi,
  taken: TakenSnapshot,
  wanted: readonly AttachedDisk[],
  maker: Maker,
  vmName: string,
): Promise<SnapshotContent> =>
  taken.vm === undefined
    ? contentOfDisks(xapi, taken.disks, wanted)
    : contentOfVm(xapi, taken.vm, wanted, maker, vmName)

const Booted = z.looseObject({
  last_booted_record: z.string().default(''),
  last_boot_CPU_flags: Strings.default({}),
  snapshot_info: Strings.default({}),
})

const contentOfVm = async (
  xapi: Xapi,
  ref: Ref,
  wanted: readonly AttachedDisk[],
  maker: Maker,
  vmName: string,
): Promise<SnapshotContent> => {
  const { call } = xapi
  const record = await call('VM.get_record', [ref], VmRecord)
  await tagNewborn(xapi, 'VM', ref, record, maker)
  // Snapshots are born as templates; one that is left behind should not show among them.
  await call('VM.set_is_a_template', [ref, false], VoidAnswer)
  const copies = await disksOf(xapi, record, await vbdsOf(xapi, ref))
  for (const { vdiRef, vdi } of copies) await tagNewborn(xapi, 'VDI', vdiRef, vdi, maker)
  const disks = wanted.map((live): SnapshotDisk => {
    const copy = copies.find(({ vdi }) => vdi.snapshot_of === live.vdiRef)
    if (!copy)
      throw new SnapshotIncompleteError(vmName, `the disk "${live.vdi.name_label}" is not in it`)
    return snapshotDisk(live, copy.vdiRef, copy.vdi)
  })
  for (const { vdiRef, vdi } of copies) {
    const marks = await call('VDI.get_other_config', [vdiRef], Strings)
    if (marks[SELF_TAG] !== vdi.uuid)
      throw new SnapshotIncompleteError(vmName, 'not all of its disks could be tagged')
  }
  const { last_booted_record, last_boot_CPU_flags, snapshot_info } = Booted.parse(record)
  const then = VmRecord.shape.power_state.safeParse(snapshot_info['power-state-at-snapshot'])
  const startTime = await startTimeOf(xapi, record)
  const image = await memoryOf(xapi, record, maker)
  await call('VM.set_name_label', [ref, `XenKeep ${maker.jobId}`], VoidAnswer)
  return {
    ref,
    uuid: record.uuid,
    taken: record.snapshot_time,
    startTime,
    disks: image ? [...disks, image] : disks,
    others: copies.map(({ vdiRef }) => vdiRef).filter(one => disks.every(d => d.ref !== one)),
    quiesced: snapshot_info['disk-snapshot-type'] === 'quiesced',
    ...(then.success && { stateThen: then.data }),
    ...(image && {
      memory: {
        vdiUuid: image.uuid,
        size: image.size,
        powerState: 'Suspended',
        lastBootedRecord: last_booted_record,
        lastBootCpuFlags: last_boot_CPU_flags,
      },
    }),
  }
}

/** The memory image of a checkpoint. It is a new disk each time, so it is known by its own UUID. */
const memoryOf = async (
  xapi: Xapi,
  { suspend_VDI: ref }: VmRecord,
  maker: Maker,
): Promise<SnapshotDisk | undefined> => {
  if (ref === NULL_REF) return undefined
  const { uuid, virtual_size: size, SR: sr } = await xapi.call('VDI.get_record', [ref], VdiRecord)
  await tagAsOurs(xapi, 'VDI', ref, uuid, maker)
  const name = 'Memory of the VM'
  return { ref, uuid, liveUuid: uuid, userdevice: MEMORY, name, size, cbt: false, sr }
}

const contentOfDisks = async (
  { call }: Xapi,
  made: ReadonlyMap<Ref, Ref>,
  wanted: readonly AttachedDisk[],
): Promise<SnapshotContent> => {
  const disks: SnapshotDisk[] = []
  let taken = 0
  for (const live of wanted) {
    const ref = made.get(live.vdiRef) ?? NULL_REF
    const vdi = await call('VDI.get_record', [ref], VdiRecord)
    disks.push(snapshotDisk(live, ref, vdi))
    taken = Math.max(taken, vdi.snapshot_time)
  }
  return { ref: NULL_REF, uuid: '', taken, disks, quiesced: false }
}

const snapshotDisk = (
  live: AttachedDisk,
  ref: Ref,
  { uuid, virtual_size: size, cbt_enabled: cbt, SR: sr }: VdiRecord,
): SnapshotDisk => ({
  ref,
  uuid,
  liveUuid: live.vdi.uuid,
  userdevice: live.vbd.userdevice,
  name: live.vdi.name_label,
  size,
  cbt,
  sr,
})
