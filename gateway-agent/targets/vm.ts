import { XenkeepError } from '#core/errors/base.ts'
import { RestoreTargetError, XapiError } from '#core/errors/xenserver.ts'
import { type Maker, markOf, unfinishedName } from '#core/points/marks.ts'
import type { DiskMetadata } from '#core/points/vm-metadata.ts'
import type { CdPlan } from '#core/restore/cds.ts'
import { planRestore, type RestorePlan } from '#core/restore/plan.ts'
import type { VmPlan } from '#core/restore/vm.ts'
import type { Ref, Xapi, XapiValue } from '../xapi/api.ts'
import { removeMapKeys, setMapKeys } from '../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../xapi/ours.ts'
import { NULL_REF, PoolRecord, RefText, recordsOf, Strings } from '../xapi/records.ts'
import { releaseDisk, untilDetached } from '../xapi/release-disk.ts'
import { unlessGone } from '../xapi/vms.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'
import type { CreateVmOptions, NewVm } from './api.ts'
import { readFacts } from './facts.ts'
import { createVdi, writeVdi } from './new-vdi.ts'
import { createVifs } from './vifs.ts'

/** The record for VM.create: hidden behind the unfinished name, and ours. */
const newVmRecord = ({ record, otherConfig }: VmPlan, maker: Maker): Record<string, XapiValue> => ({
  ...record,
  name_label: unfinishedName(maker),
  affinity: NULL_REF,
  appliance: NULL_REF,
  suspend_SR: NULL_REF,
  other_config: { ...otherConfig, [JOB_TAG]: markOf(maker) },
})

const START_OPERATIONS = ['start', 'start_on'] as const

/** @throws `RESTORE_TARGET` */
const targetSr = async ({ call }: Xapi, uuid: string | undefined): Promise<Ref> => {
  if (uuid !== undefined) {
    const ref = await unlessGone(call('SR.get_by_uuid', [uuid], RefText))
    if (ref) return ref
    throw new RestoreTargetError(`the pool has no storage repository with the UUID ${uuid}`)
  }
  const [pool] = Object.values(await call('pool.get_all_records', [], recordsOf(PoolRecord)))
  if (pool && pool.default_SR !== NULL_REF) return pool.default_SR
  throw new RestoreTargetError('the pool has no default storage repository')
}

const createVbd = async ({ call }: Xapi, vm: Ref, vdi: Ref, disk: DiskMetadata): Promise<void> => {
  const record = {
    VM: vm,
    VDI: vdi,
    userdevice: disk.userdevice,
    bootable: disk.bootable,
    mode: disk.mode,
    type: 'Disk',
    unpluggable: disk.unpluggable,
    empty: false,
    other_config: disk.vbdOtherConfig,
    qos_algorithm_type: disk.qosType,
    qos_algorithm_params: disk.qosParams,
  }
  await call('VBD.create', [record], RefText)
}

const createCds = async ({ call }: Xapi, vm: Ref, cds: readonly CdPlan[]): Promise<void> => {
  for (const { cd, isoUuid } of cds) {
    const iso = isoUuid && (await unlessGone(call('VDI.get_by_uuid', [isoUuid], RefText)))
    const record = {
      VM: vm,
      VDI: iso || NULL_REF,
      userdevice: cd.userdevice,
      bootable: cd.bootable,
      mode: 'RO',
      type: 'CD',
      unpluggable: false,
      empty: !iso,
      other_config: {},
      qos_algorithm_type: '',
      qos_algorithm_params: {},
    }
    await call('VBD.create', [record], RefText)
  }
}

const setBiosStrings = async (
  { call }: Xapi,
  vm: Ref,
  { biosStrings }: VmPlan,
): Promise<string[]> => {
  if (Object.keys(biosStrings).length === 0) return []
  try {
    await call('VM.set_bios_strings', [vm, biosStrings], VoidAnswer)
    return []
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
    return [`The BIOS strings of the VM were not accepted (${error.xapiCode}).`]
  }
}

/** Everything that belongs to the VM beside its disks. */
const furnish = async (xapi: Xapi, vm: Ref, plan: RestorePlan): Promise<string[]> => {
  const { call } = xapi
  const uuid = await call('VM.get_uuid', [vm], RefText)
  await setMapKeys(xapi, 'VM.other_config', vm, { [SELF_TAG]: uuid })
  // VM.create ignores blocked operations; start and start_on are two of them.
  const blocks = Object.fromEntries(
    START_OPERATIONS.map(operation => [operation, 'XenKeep is restoring this VM']),
  )
  await setMapKeys(xapi, 'VM.blocked_operations', vm, blocks)
  await createCds(xapi, vm, plan.cds)
  return [
    ...(await setBiosStrings(xapi, vm, plan.vm)),
    ...(await createVifs(xapi, vm, plan.vifs)),
    ...plan.notes,
  ]
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
 * Creates a VM from a recovery point under a new identity. Until `finish` it is hidden behind a temporary name, cannot be
 * started, and is found as ours after a crash.
 * @throws `RESTORE_TARGET`, {@link XapiError}; nothing is left then
 */
export const createVm = async (xapi: Xapi, options: CreateVmOptions): Promise<NewVm> => {
  const { metadata, newName, jobId, owner, srUuid, signal } = options
  const maker: Maker = { jobId, owner }
  const { call } = xapi
  const sr = await targetSr(xapi, srUuid)
  signal.throwIfAborted()
  const plan = planRestore(metadata, await readFacts(xapi, metadata))
  const ref = await call('VM.create', [newVmRecord(plan.vm, maker)], RefText)
  const disks: { ref: Ref; name: string }[] = []
  const notes: string[] = []
  let finished = false

  const discard = async (): Promise<void> => {
    if (finished) return
    await unlessGone(call('VM.destroy', [ref], VoidAnswer))
    for (const disk of disks) await releaseDisk(xapi, 'VDI.destroy', disk.ref, owner)
  }

  const addDisk: NewVm['addDisk'] = async write => {
    const { disk, content } = write
    const vdi = await createVdi(xapi, write, sr, maker)
    disks.push({ ref: vdi.ref, name: disk.name })
    await createVbd(xapi, ref, vdi.ref, disk)
    const bytesWritten = await writeVdi(xapi, vdi.ref, content, write)
    if (disk.readOnly) notes.push(`The disk "${disk.name}" was read-only and is writable now.`)
    return { vdiUuid: vdi.uuid, bytesWritten }
  }

  const finish: NewVm['finish'] = async ({ start, marks }) => {
    // Dom0 lets go of a disk some moments after its import; until then the VM could not start.
    for (const disk of disks) await untilDetached(xapi, disk.ref)
    for (const disk of disks) await call('VDI.set_name_label', [disk.ref, disk.name], VoidAnswer)
    await call('VM.set_blocked_operations', [ref, plan.vm.blockedOperations], VoidAnswer)
    await call('VM.update_allowed_operations', [ref], VoidAnswer)
    if (plan.vm.template) await call('VM.set_is_a_template', [ref, true], VoidAnswer)
    await call('VM.set_name_label', [ref, newName], VoidAnswer)
    // From here on the VM is no longer ours and no clean-up may touch it; its disks are safe since they hang on it.
    const { mac_seed: seed } = await call('VM.get_other_config', [ref], Strings)
    const config = { ...plan.vm.otherConfig, ...(seed && { mac_seed: seed }), ...marks }
    await call('VM.set_other_config', [ref, config], VoidAnswer)
    finished = true
    // What is cut off here is made good by the removal of leftovers, which finds the disks on a VM that is not ours.
    for (const disk of disks)
      await removeMapKeys(xapi, 'VDI.other_config', disk.ref, [JOB_TAG, SELF_TAG]).catch(
        () => undefined,
      )
    const failure = start ? await startOrSay(xapi, ref, plan) : undefined
    if (failure) notes.push(failure)
    return { started: start && failure === undefined }
  }

  try {
    notes.push(...(await furnish(xapi, ref, plan)))
    const uuid = await call('VM.get_uuid', [ref], RefText)
    return { ref, uuid, notes, addDisk, finish, discard }
  } catch (error) {
    await discard()
    throw error
  }
}
