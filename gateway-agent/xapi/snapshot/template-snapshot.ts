import { VmNotProtectableError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Ref, Xapi } from '../api.ts'
import { tagAsOurs } from '../other-config.ts'
import { NULL_REF, RefText, VdiRecord } from '../records.ts'
import { releaseDisk } from '../release-disk.ts'
import { type AttachedDisk, disksOf, findVm } from '../vms.ts'
import { reasonToSkip, type SnapshotVmOptions } from './snapshot.ts'
import type { VmSnapshot } from './vm-snapshot.ts'

/** @throws `VM_NOT_PROTECTABLE` for anything but a custom template */
const assertCustomTemplate = ({ record }: Awaited<ReturnType<typeof findVm>>): void => {
  const why = record.is_a_snapshot
    ? 'it is a snapshot'
    : !record.is_a_template
      ? 'it is not a template any more'
      : record.is_default_template === true || record.other_config.default_template === 'true'
        ? 'it is a default template, which is part of XenServer'
        : undefined
  if (why) throw new VmNotProtectableError(record.name_label, why)
}

const snapshotDisk = async (
  xapi: Xapi,
  { vbd, vdi, vdiRef }: AttachedDisk,
  maker: Maker,
  made: Ref[],
  signal: AbortSignal,
): Promise<SnapshotDisk> => {
  const { call } = xapi
  // As a task: storage that is busy takes longer than a call may, and its snapshot would be nobody's.
  const ref = await xapi.run('VDI.snapshot', [vdiRef, {}], RefText, { signal })
  made.push(ref)
  const copy = await call('VDI.get_record', [ref], VdiRecord)
  await tagAsOurs(xapi, 'VDI', ref, copy.uuid, maker)
  return {
    ref,
    uuid: copy.uuid,
    liveUuid: vdi.uuid,
    userdevice: vbd.userdevice,
    name: vdi.name_label,
    size: copy.virtual_size,
    // A template's disks are written once: tracking their changes would change the template for nothing.
    cbt: false,
  }
}

/**
 * Snapshots the disks of a custom template one by one, since `VM.snapshot` refuses templates (`VM_IS_TEMPLATE`). The template
 * itself is left as it is; the disk snapshots bear the mark of the job.
 * @param options `taken`: now, milliseconds since 1970
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, {@link XapiError}; nothing is left then
 */
export const snapshotTemplate = async (
  xapi: Xapi,
  { vmUuid, jobId, owner, taken, signal }: SnapshotVmOptions & { taken: number },
): Promise<VmSnapshot> => {
  const template = await findVm(xapi, vmUuid)
  assertCustomTemplate(template)
  const attached = await disksOf(xapi, template.record)
  const wanted = attached.filter(disk => reasonToSkip(disk, template.record) === undefined)
  const made: Ref[] = []
  try {
    const disks: SnapshotDisk[] = []
    for (const disk of wanted) {
      signal.throwIfAborted()
      disks.push(await snapshotDisk(xapi, disk, { jobId, owner }, made, signal))
    }
    return {
      ref: NULL_REF,
      uuid: '',
      owner,
      vm: { ref: template.ref, uuid: vmUuid, name: template.record.name_label },
      taken,
      powerState: template.record.power_state,
      consistency: 'offline',
      disks,
      skipped: attached
        .filter(disk => !wanted.includes(disk))
        .map(disk => ({
          vdiUuid: disk.vdi.uuid,
          userdevice: disk.vbd.userdevice,
          reason: reasonToSkip(disk, template.record) ?? '',
        })),
      notes: [],
    }
  } catch (error) {
    for (const ref of made)
      await releaseDisk(xapi, 'VDI.destroy', ref, owner).catch(() => undefined)
    throw error
  }
}
