import type { DiskAttachment } from '#core/contracts/restore-new-disks.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import {
  type Maker,
  RESTORED_TAG,
  type RestoredDiskMark,
  withoutMarks,
} from '#core/points/marks.ts'
import type { DiskNeed, SrFact } from '#core/restore/storage.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { RefText, VdiRecord } from '../../xapi/records.ts'
import { releaseDisk, untilDetached } from '../../xapi/release-disk.ts'
import { type FoundVm, unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'
import type { CreateVmOptions, NewVm } from '../api.ts'
import { readFacts } from '../facts.ts'
import { attachDisk, findAttachable } from './attach-disk.ts'
import { finishedBy, type NewDisk } from './finished-disks.ts'
import { createVdi, writeVdi } from './new-vdi.ts'
import { choosePlace, type Place } from './place.ts'

export interface CreateDisksOptions
  extends Pick<CreateVmOptions, keyof Maker | 'metadata' | 'srUuid' | 'wishes' | 'signal'> {
  disks: readonly DiskNeed[]
  pointId: string
  /** name_label of the new VDI, and its description. @param disk of the recovery point */
  labels(disk: DiskNeed): { name: string; description: string }
}

/** Disks being restored without a VM. Until `finish` each bears a temporary name and the mark of the job. */
export interface NewDisks extends Pick<NewVm, 'addDisk' | 'notes' | 'srOf' | 'discard'> {
  /** Those that an earlier attempt of the job finished. */
  readonly before: readonly NewDisk[]
  /** All is proven: final names, no longer tagged as unfinished. */
  finish(): Promise<NewDisk[]>
  /** Attaches a finished disk to the VM that was asked for, if one was. What fails is told. */
  attach(disk: NewDisk): Promise<DiskAttachment | undefined>
}

const look = async (
  xapi: Xapi,
  { wishes, signal }: CreateDisksOptions,
  missing: readonly DiskNeed[],
) => {
  // Those that are there may hang on it already.
  const target =
    wishes?.attachTo === undefined
      ? undefined
      : await findAttachable(xapi, wishes.attachTo, missing.length)
  const facts = await readFacts(xapi)
  signal.throwIfAborted()
  return { target, facts }
}

/** What `createDisks` and what follows would do, one sentence each. Refuses what `createDisks` refuses; makes nothing. */
export const describeDisks = async (xapi: Xapi, options: CreateDisksOptions): Promise<string[]> => {
  const { target, facts } = await look(xapi, options, options.disks)
  const place = choosePlace(xapi, facts, options)
  place.leave()
  return [
    ...options.disks.map(disk => {
      const { vdiUuid, userdevice, name, size, content = size } = disk
      const host = place.hostOf(vdiUuid)
      return `Writes disk ${userdevice} ("${name}", ${inMiB(size)}, of which ${inMiB(content)} hold something) to "${place.srs.get(vdiUuid)?.name}"${host ? ` through the host "${host.name}"` : ''} as the new disk "${options.labels(disk).name}", and compares its root hash with the point's.`
    }),
    target
      ? `Attaches ${options.disks.length === 1 ? 'it' : 'them'} to "${target.record.name_label}", which is ${target.record.power_state.toLowerCase()}.`
      : 'Attaches nothing to any VM.',
  ]
}

const inMiB = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`

/**
 * Prepares the restore of disks as new VDIs. Everything that can be refused is refused here, before anything is made.
 * @throws `RESTORE_TARGET`, `RESTORE_NO_SUCH_PART`, `SR_TOO_SMALL`, `DISK_NOT_ATTACHABLE`, {@link XapiError}
 */
export const createDisks = async (xapi: Xapi, options: CreateDisksOptions): Promise<NewDisks> => {
  const before = await finishedBy(xapi, options)
  const missing = options.disks.filter(({ vdiUuid }) => !before.some(({ of }) => of === vdiUuid))
  try {
    if (missing.length === 0) return await finishedDisks(xapi, options, before)
    const { target, facts } = await look(xapi, options, missing)
    const needed = options.disks.map(need =>
      missing.includes(need) ? need : { ...need, size: 0, content: 0 },
    )
    const place = choosePlace(xapi, facts, { ...options, disks: needed })
    return unfinishedDisks(xapi, options, { before, target, place })
  } catch (error) {
    await removeFinished(xapi, before, options.owner).catch(() => undefined)
    throw error
  }
}

/** Nothing is left to write: all that may have changed since is the VM to attach to, which is told. */
const finishedDisks = async (
  xapi: Xapi,
  options: CreateDisksOptions,
  before: readonly NewDisk[],
): Promise<NewDisks> => {
  const { wishes, signal } = options
  signal.throwIfAborted()
  const target =
    wishes?.attachTo === undefined
      ? undefined
      : await findAttachable(xapi, wishes.attachTo, 0).catch((error: unknown) => {
          if (!(error instanceof XenkeepError)) throw error
          return error
        })
  const place: Place = { srs: new Map(), hostOf: () => undefined, leave: () => undefined }
  return unfinishedDisks(xapi, options, { before, target, place })
}

/** @returns what could not be removed, one sentence each */
const removeFinished = async (
  xapi: Xapi,
  before: readonly NewDisk[],
  owner: string,
): Promise<string[]> => {
  const refs: Ref[] = []
  for (const { vdiUuid } of before) {
    const ref = await unlessGone(xapi.call('VDI.get_by_uuid', [vdiUuid], RefText))
    if (ref) refs.push(ref)
  }
  return remove(xapi, refs, owner)
}

const remove = async (xapi: Xapi, refs: readonly Ref[], owner: string): Promise<string[]> => {
  const left: string[] = []
  for (const ref of refs)
    await releaseDisk(xapi, 'VDI.destroy', ref, owner).catch((error: unknown) => {
      if (!(error instanceof XenkeepError)) throw error
      left.push(`A disk of the restore is left for now: ${error.message}`)
    })
  return left
}

interface Parts {
  before: readonly NewDisk[]
  /** Or why it takes none. */
  target: FoundVm | XenkeepError | undefined
  place: Place
}

const unfinishedDisks = (
  xapi: Xapi,
  options: CreateDisksOptions,
  { before, target, place }: Parts,
): NewDisks => {
  const { call } = xapi
  const { jobId, owner, pointId, disks: needs } = options
  const made: { ref: Ref; need: DiskNeed; bytesWritten: number }[] = []
  const notes: string[] = []

  const srOf = (vdiUuid: string): SrFact => {
    const sr = place.srs.get(vdiUuid)
    if (!sr) throw new RestoreTargetError(`no storage repository was chosen for disk ${vdiUuid}`)
    return sr
  }

  return {
    before,
    notes,
    srOf: vdiUuid => place.srs.get(vdiUuid)?.ref,
    async addDisk(write) {
      const { disk, content } = write
      const need = needs.find(({ vdiUuid }) => vdiUuid === disk.vdiUuid)
      if (!need) throw new RestoreTargetError(`the disk ${disk.vdiUuid} was not asked for`)
      const sr = await call('SR.get_by_uuid', [srOf(disk.vdiUuid).uuid], RefText)
      const vdi = await createVdi(xapi, { disk, size: content.size }, sr, { jobId, owner })
      const entry = { ref: vdi.ref, need, bytesWritten: 0 }
      made.push(entry)
      const host = place.hostOf(disk.vdiUuid)?.address
      entry.bytesWritten = await writeVdi(xapi, vdi.ref, content, write, host)
      if (disk.readOnly) notes.push(`The disk "${disk.name}" was read-only and is writable now.`)
      return { vdiUuid: vdi.uuid, bytesWritten: entry.bytesWritten }
    },
    async finish() {
      const finished: NewDisk[] = []
      for (const { ref, need, bytesWritten } of made) {
        // Dom0 lets go of a disk some moments after its import; until then no VM could have it.
        await untilDetached(xapi, ref)
        const { name, description } = options.labels(need)
        await call('VDI.set_name_label', [ref, name], VoidAnswer)
        await call('VDI.set_name_description', [ref, description], VoidAnswer)
        const { uuid, other_config } = await call('VDI.get_record', [ref], VdiRecord)
        const mark: RestoredDiskMark = {
          ...{ vdiUuid: uuid, jobId, pointId, disk: need.vdiUuid, bytesWritten },
        }
        const config = { ...withoutMarks(other_config), [RESTORED_TAG]: JSON.stringify(mark) }
        // In one call: from here on it is no longer ours, and no clean-up may touch it.
        await call('VDI.set_other_config', [ref, config], VoidAnswer)
        const { name: srName } = srOf(need.vdiUuid)
        finished.push({ of: need.vdiUuid, vdiUuid: uuid, name, srName, bytesWritten })
      }
      place.leave()
      return finished
    },
    async attach({ vdiUuid, name }) {
      if (!target) return undefined
      try {
        if (target instanceof XenkeepError) throw target
        const ref = await call('VDI.get_by_uuid', [vdiUuid], RefText)
        const { attached, later } = await attachDisk(xapi, target, ref)
        const where = `The disk "${name}" is attached to "${attached.vmName}" as device ${attached.userdevice}`
        notes.push(
          later === undefined
            ? `${where}, and its guest has it.`
            : `${where}; the guest has it after the next start of the VM, since ${later}.`,
        )
        return attached
      } catch (error) {
        if (!(error instanceof XenkeepError)) throw error
        notes.push(`The disk "${name}" is complete but was not attached: ${error.message}`)
        return undefined
      }
    },
    async discard() {
      place.leave()
      const refs = made.map(({ ref }) => ref)
      return [...(await remove(xapi, refs, owner)), ...(await removeFinished(xapi, before, owner))]
    },
  }
}
