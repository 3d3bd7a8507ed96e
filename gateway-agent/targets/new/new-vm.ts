import { XenkeepError } from '#core/errors/base.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { MemoryMetadata } from '#core/points/vm-metadata.ts'
import type { RestorePlan } from '#core/restore/plan.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { removeMapKeys, setMapKeys } from '../../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../../xapi/ours.ts'
import { RefText, Strings } from '../../xapi/records.ts'
import { releaseDisk, untilDetached } from '../../xapi/release-disk.ts'
import { unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'
import type { CreateVmOptions, NewVm, WriteDiskOptions } from '../api.ts'
import type { Identity } from '../identity/identity.ts'
import { joinAppliance, setHomeServer } from '../identity/memberships.ts'
import { startVm } from '../start-vm.ts'
import { createCds, createVbd, createVtpms, setBiosStrings } from './devices.ts'
import {
  assertSuspended,
  createImage,
  type MemoryImage,
  memoryDisk,
  memoryNote,
} from './memory-image.ts'
import { createVdi, writeVdi } from './new-vdi.ts'
import type { Place } from './place.ts'
import { createVifs } from './vifs.ts'

const START_OPERATIONS = ['start', 'start_on'] as const
const RESUME_OPERATIONS = ['resume', 'resume_on'] as const

interface MadeDisk {
  ref: Ref
  disk: WriteDiskOptions['disk']
  /** UUID of the VDI, where it is the memory image. */
  image?: string
}

const startOrSay = (xapi: Xapi, vm: Ref, { vm: { template } }: RestorePlan) =>
  template ? 'It is a template, and templates do not start.' : startVm(xapi, vm)

export interface Parts {
  maker: Maker
  plan: RestorePlan
  identity: Identity
  place: Place
  /** What the VM goes on from. */
  memory?: MemoryMetadata
}

/** A VM that is being made: see {@link NewVm}. */
export const unfinishedVm = (
  xapi: Xapi,
  { metadata, newName, wishes = {} }: CreateVmOptions,
  { maker, plan, identity, place, memory }: Parts,
): NewVm & { make(): Promise<void> } => {
  const { call } = xapi
  const disks: MadeDisk[] = []
  let image: MemoryImage | undefined
  const notes: string[] = []
  let ref: Ref = ''
  let uuid = identity.uuid ?? ''
  let finished = false

  /** The VM with all that belongs to it beside the disks that are still being written. */
  const make = async (): Promise<void> => {
    const made = await identity.make(plan, memory && (await imageOf(memory)))
    ref = made.ref
    uuid = await call('VM.get_uuid', [ref], RefText)
    if (memory) await assertSuspended(xapi, ref)
    await setMapKeys(xapi, 'VM.other_config', ref, { [SELF_TAG]: uuid })
    // VM.create ignores blocked operations; start and start_on are two of them.
    const blocks = Object.fromEntries(
      [...START_OPERATIONS, ...(memory ? RESUME_OPERATIONS : [])].map(operation => [
        operation,
        'XenKeep is restoring this VM',
      ]),
    )
    await setMapKeys(xapi, 'VM.blocked_operations', ref, blocks)
    await createCds(xapi, ref, plan.cds, memory !== undefined)
    notes.push(
      ...(identity.early ? await setBiosStrings(xapi, ref, plan.vm) : []),
      ...(await createVifs(xapi, ref, plan.vifs, memory !== undefined)),
      ...(await createVtpms(xapi, ref, metadata)),
      ...(await setHomeServer(xapi, ref, place.homeServer)),
      ...(await joinAppliance(xapi, ref, wishes, metadata)),
      ...plan.notes,
      ...made.notes,
    )
    if (!memory) for (const { ref: vdi, disk } of disks) await createVbd(xapi, ref, vdi, disk)
  }

  /** Last: a disk that a suspended VM is said to have takes no import. */
  const attachToSuspended = async (): Promise<void> => {
    for (const { ref: vdi, disk, image: self } of disks)
      if (self === undefined) await createVbd(xapi, ref, vdi, disk, true)
  }

  const srOf = async (vdiUuid: string): Promise<Ref> => {
    const sr = place.srs.get(vdiUuid)
    if (!sr) throw new RestoreTargetError(`no storage repository was chosen for disk ${vdiUuid}`)
    return call('SR.get_by_uuid', [sr.uuid], RefText)
  }

  /** Made once: before the VM that is suspended with it. */
  const imageOf = async (of: MemoryMetadata): Promise<MemoryImage> => {
    if (image) return image
    image = await createImage(xapi, of, await srOf(of.vdiUuid), maker)
    const { ref: vdi, uuid: self } = image.vdi
    disks.push({ ref: vdi, disk: memoryDisk(of), image: self })
    return image
  }

  /** A new disk, or the image. */
  const madeFor = async ({ disk, content: { size } }: WriteDiskOptions) => {
    if (memory && disk.vdiUuid === memory.vdiUuid) return (await imageOf(memory)).vdi
    const vdi = await createVdi(xapi, { disk, size }, await srOf(disk.vdiUuid), maker)
    disks.push({ ref: vdi.ref, disk })
    return vdi
  }

  return {
    get ref() {
      return ref
    },
    get uuid() {
      return uuid
    },
    notes,
    make,
    srOf: vdiUuid => place.srs.get(vdiUuid)?.ref,
    async addDisk(write) {
      const { disk, content } = write
      const vdi = await madeFor(write)
      if (ref && !memory) await createVbd(xapi, ref, vdi.ref, disk)
      const host = place.hostOf(disk.vdiUuid)?.address
      const bytesWritten = await writeVdi(xapi, vdi.ref, content, write, host)
      if (disk.readOnly) notes.push(`The disk "${disk.name}" was read-only and is writable now.`)
      return { vdiUuid: vdi.uuid, bytesWritten }
    },
    async finish({ start, marks }) {
      // Dom0 lets go of a disk some moments after its import; until then the VM could not start.
      for (const disk of disks) await untilDetached(xapi, disk.ref)
      if (!ref) await make()
      if (memory) await attachToSuspended()
      for (const { ref: vdi, disk, image: self } of disks) {
        await call('VDI.set_name_label', [vdi, disk.name], VoidAnswer)
        // It hangs on no VM, so a clean-up would not know whose it is; that of an unfinished VM goes with the VM.
        if (self !== undefined)
          await removeMapKeys(xapi, 'VDI.other_config', vdi, [JOB_TAG, SELF_TAG])
        if (disk.onBoot === 'reset') await call('VDI.set_on_boot', [vdi, 'reset'], VoidAnswer)
      }
      await call('VM.set_blocked_operations', [ref, plan.vm.blockedOperations], VoidAnswer)
      await call('VM.update_allowed_operations', [ref], VoidAnswer)
      if (plan.vm.template) await call('VM.set_is_a_template', [ref, true], VoidAnswer)
      await call('VM.set_name_label', [ref, newName], VoidAnswer)
      // From here on the VM is no longer ours and no clean-up may touch it; its disks are safe since they hang on it.
      const { mac_seed: seed } = await call('VM.get_other_config', [ref], Strings)
      const config = { ...plan.vm.otherConfig, ...(seed && { mac_seed: seed }), ...marks }
      await call('VM.set_other_config', [ref, config], VoidAnswer)
      finished = true
      place.leave()
      // What is cut off here is made good by the removal of leftovers, which finds the disks on a VM that is not ours.
      for (const disk of disks)
        await removeMapKeys(xapi, 'VDI.other_config', disk.ref, [JOB_TAG, SELF_TAG]).catch(
          () => undefined,
        )
      notes.push(...(await identity.settle(ref)))
      const failure = start ? await startOrSay(xapi, ref, plan) : undefined
      if (failure) notes.push(failure)
      const started = start && failure === undefined
      if (memory) notes.push(memoryNote(uuid, started))
      return { started }
    },
    async discard() {
      place.leave()
      if (finished) return []
      // A disk that is still held must not keep a replaced VM from coming back; the removal of leftovers takes it.
      const left: string[] = []
      const tryTo = (work: Promise<unknown>) =>
        work.catch((error: unknown) => {
          if (!(error instanceof XenkeepError)) throw error
          left.push(`Something of the unfinished VM is left for now: ${error.message}`)
        })
      if (ref) await tryTo(unlessGone(call('VM.destroy', [ref], VoidAnswer)))
      for (const disk of disks) await tryTo(releaseDisk(xapi, 'VDI.destroy', disk.ref, maker.owner))
      return [...left, ...(await identity.undo())]
    },
  }
}
