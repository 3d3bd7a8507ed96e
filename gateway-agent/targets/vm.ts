import { XenkeepError } from '#core/errors/base.ts'
import { VmTooNewError } from '#core/errors/restore.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import { planRestore, type RestorePlan } from '#core/restore/plan.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { removeMapKeys, setMapKeys } from '../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../xapi/ours.ts'
import { RefText, Strings } from '../xapi/records.ts'
import { releaseDisk, untilDetached } from '../xapi/release-disk.ts'
import { unlessGone } from '../xapi/vms.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'
import type { CreateVmOptions, NewVm, WriteDiskOptions } from './api.ts'
import { describeRestore } from './describe.ts'
import { createCds, createVbd, createVtpms, setBiosStrings } from './devices.ts'
import { type PoolFacts, readFacts } from './facts.ts'
import type { Identity } from './identity.ts'
import { joinAppliance, setHomeServer } from './memberships.ts'
import { newIdentity } from './new-identity.ts'
import { createVdi, writeVdi } from './new-vdi.ts'
import { choosePlace, needsOf, type Place } from './place.ts'
import { sameIdentity } from './same-identity.ts'
import { createVifs } from './vifs.ts'

export const START_OPERATIONS = ['start', 'start_on'] as const

interface MadeDisk {
  ref: Ref
  disk: WriteDiskOptions['disk']
}

/** @returns why the VM did not start, as a sentence */
export const startVm = async ({ run }: Xapi, vm: Ref): Promise<string | undefined> => {
  try {
    await run('VM.start', [vm, false, false], VoidAnswer)
    return undefined
  } catch (error) {
    if (!(error instanceof XenkeepError)) throw error
    return `The VM is complete but did not start: ${error.message}`
  }
}

const startOrSay = (xapi: Xapi, vm: Ref, { vm: { template } }: RestorePlan) =>
  template ? 'It is a template, and templates do not start.' : startVm(xapi, vm)

/**
 * Prepares the restore of a VM from a recovery point. Everything that can be refused is refused here, before any disk is written.
 * @throws `RESTORE_TARGET`, `RESTORE_NETWORK`, `RESTORE_NO_SUCH_PART`, `SR_TOO_SMALL`, `VM_UUID_TAKEN`, `VM_RUNS`, `VM_TOO_NEW`, {@link XapiError};
 * nothing is left then
 */
export const createVm = async (xapi: Xapi, options: CreateVmOptions): Promise<NewVm> => {
  const parts = await partsOf(xapi, options)
  const vm = unfinishedVm(xapi, options, parts)
  try {
    if (parts.identity.early) await vm.make()
    return vm
  } catch (error) {
    await vm.discard()
    throw error
  }
}

/** What `createVm` and what follows would do, one sentence each. Refuses what `createVm` refuses; makes nothing. */
export const describeVm = async (xapi: Xapi, options: CreateVmOptions): Promise<string[]> => {
  const { plan, identity, place } = await partsOf(xapi, options)
  place.leave()
  return describeRestore(options, { plan, steps: identity.steps, place })
}

const partsOf = async (xapi: Xapi, options: CreateVmOptions): Promise<Parts> => {
  const { metadata, jobId, owner, wishes = {}, disks = needsOf(metadata), signal } = options
  const maker: Maker = { jobId, owner }
  const facts = await readFacts(xapi)
  signal.throwIfAborted()
  guardHardware(metadata, facts)
  const plan = planRestore(metadata, facts, wishes)
  const written = disks.map(({ vdiUuid }) => vdiUuid)
  const identity =
    wishes.identity === 'same'
      ? await sameIdentity(xapi, { maker, metadata, wishes, written, plan, signal })
      : newIdentity(xapi, maker)
  return { maker, plan, identity, place: choosePlace(xapi, facts, options) }
}

/** @throws `VM_TOO_NEW` */
const guardHardware = ({ record }: VmMetadata, { hardwareVersion }: PoolFacts): void => {
  const needs = Number(record.hardware_platform_version ?? 0)
  if (hardwareVersion > 0 && needs > hardwareVersion)
    throw new VmTooNewError(needs, hardwareVersion)
}

interface Parts {
  maker: Maker
  plan: RestorePlan
  identity: Identity
  place: Place
}

const unfinishedVm = (
  xapi: Xapi,
  { metadata, newName, wishes = {} }: CreateVmOptions,
  { maker, plan, identity, place }: Parts,
): NewVm & { make(): Promise<void> } => {
  const { call } = xapi
  const disks: MadeDisk[] = []
  const notes: string[] = []
  let ref: Ref = ''
  let uuid = identity.uuid ?? ''
  let finished = false

  /** The VM with all that belongs to it beside the disks that are still being written. */
  const make = async (): Promise<void> => {
    const made = await identity.make(plan)
    ref = made.ref
    uuid = await call('VM.get_uuid', [ref], RefText)
    await setMapKeys(xapi, 'VM.other_config', ref, { [SELF_TAG]: uuid })
    // VM.create ignores blocked operations; start and start_on are two of them.
    const blocks = Object.fromEntries(
      START_OPERATIONS.map(operation => [operation, 'XenKeep is restoring this VM']),
    )
    await setMapKeys(xapi, 'VM.blocked_operations', ref, blocks)
    await createCds(xapi, ref, plan.cds)
    notes.push(
      ...(identity.early ? await setBiosStrings(xapi, ref, plan.vm) : []),
      ...(await createVifs(xapi, ref, plan.vifs)),
      ...(await createVtpms(xapi, ref, metadata)),
      ...(await setHomeServer(xapi, ref, place.homeServer)),
      ...(await joinAppliance(xapi, ref, wishes, metadata)),
      ...plan.notes,
      ...made.notes,
    )
    for (const { ref: vdi, disk } of disks) await createVbd(xapi, ref, vdi, disk)
  }

  const srOf = async (vdiUuid: string): Promise<Ref> => {
    const sr = place.srs.get(vdiUuid)
    if (!sr) throw new RestoreTargetError(`no storage repository was chosen for disk ${vdiUuid}`)
    return call('SR.get_by_uuid', [sr.uuid], RefText)
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
    srOf: vdiUuid => place.srs.get(vdiUuid)?.uuid,
    async addDisk(write) {
      const { disk, content } = write
      const vdi = await createVdi(xapi, write, await srOf(disk.vdiUuid), maker)
      disks.push({ ref: vdi.ref, disk })
      if (ref) await createVbd(xapi, ref, vdi.ref, disk)
      const bytesWritten = await writeVdi(xapi, vdi.ref, content, write, place.host?.address)
      if (disk.readOnly) notes.push(`The disk "${disk.name}" was read-only and is writable now.`)
      return { vdiUuid: vdi.uuid, bytesWritten }
    },
    async finish({ start, marks }) {
      // Dom0 lets go of a disk some moments after its import; until then the VM could not start.
      for (const disk of disks) await untilDetached(xapi, disk.ref)
      if (!ref) await make()
      for (const { ref: vdi, disk } of disks) {
        await call('VDI.set_name_label', [vdi, disk.name], VoidAnswer)
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
      return { started: start && failure === undefined }
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
