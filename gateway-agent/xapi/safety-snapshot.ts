import { z } from 'zod'
import { type Maker, RESTORED_TAG, unfinishedName } from '#core/points/marks.ts'
import type { Ref, Xapi } from './api.ts'
import { removeMapKeys, setMapKeys, tagAsOurs } from './other-config.ts'
import { isOf, JOB_TAG, makerOf, SELF_TAG } from './ours.ts'
import { RefText, recordsOf, VmRecord } from './records.ts'
import { releaseDisk } from './release-disk.ts'
import { destroySnapshotVm } from './snapshot-removal.ts'
import { destroyUnfinishedVm } from './unfinished-vm.ts'
import { disksOf, unlessGone } from './vms.ts'
import { VoidAnswer } from './void-answer.ts'

/** other_config key of a snapshot that holds the state of a VM from before a restore touched it. */
export const SAFETY_TAG = 'xenkeep:safety'

const Label = z.object({
  vmUuid: z.string(),
  vmName: z.string(),
  /** The VM was shut down for the restore. */
  wasRunning: z.boolean(),
  /** `replace`: the VM makes room for the restored one. `write`: its disks are written; they may be other than here once it is `writing`. */
  purpose: z.enum(['replace', 'write', 'writing']),
  /** UUIDs of its disks that the recovery point has, and of those that it does not have. */
  replaced: z.array(z.string()),
  others: z.array(z.string()),
})
export type SafetyLabel = z.infer<typeof Label>

export interface SafetySnapshot {
  ref: Ref
  label: SafetyLabel
}

/** Takes it, of a VM that is off. It bears the mark of the job, and no other installation touches it. */
export const takeSafetySnapshot = async (
  xapi: Xapi,
  vm: Ref,
  maker: Maker,
  label: SafetyLabel,
): Promise<SafetySnapshot> => {
  const ref = await xapi
    .run('VM.snapshot', [vm, unfinishedName(maker)], RefText)
    .catch(async (error: unknown) => {
      if (label.wasRunning)
        await xapi.run('VM.start', [vm, false, false], VoidAnswer).catch(() => undefined)
      throw error
    })
  const record = await xapi.call('VM.get_record', [ref], VmRecord)
  await writeLabel(xapi, ref, label)
  for (const { vdiRef, vdi } of await disksOf(xapi, record))
    await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker)
  await tagAsOurs(xapi, 'VM', ref, record.uuid, maker)
  await xapi.call('VM.set_is_a_template', [ref, false], VoidAnswer)
  await xapi.call(
    'VM.set_name_label',
    [ref, `Before the XenKeep restore ${maker.jobId}`],
    VoidAnswer,
  )
  return { ref, label }
}

const writeLabel = (xapi: Xapi, ref: Ref, label: SafetyLabel): Promise<void> =>
  setMapKeys(xapi, 'VM.other_config', ref, { [SAFETY_TAG]: JSON.stringify(label) })

/** To be called before the first byte is written into a disk of the VM. */
export const markWriting = async (
  xapi: Xapi,
  { ref, label }: SafetySnapshot,
): Promise<SafetySnapshot> => {
  const writing = { ...label, purpose: 'writing' as const }
  await writeLabel(xapi, ref, writing)
  return { ref, label: writing }
}

/** @returns the label of a safety snapshot, or nothing for any other object */
export const safetyLabelOf = (record: VmRecord): SafetyLabel | undefined => {
  if (!record.is_a_snapshot || !makerOf(record)) return undefined
  try {
    return Label.safeParse(JSON.parse(record.other_config[SAFETY_TAG] ?? '')).data
  } catch {
    return undefined
  }
}

/** @returns the safety snapshot that an earlier attempt of the job took */
export const findSafetySnapshot = async (
  { call }: Xapi,
  { jobId, owner }: Maker,
): Promise<SafetySnapshot | undefined> => {
  const vms = await call('VM.get_all_records', [], recordsOf(VmRecord))
  for (const [ref, record] of Object.entries(vms)) {
    const maker = makerOf(record)
    const label = safetyLabelOf(record)
    if (label && maker?.jobId === jobId && maker.owner === owner) return { ref, label }
  }
  return undefined
}

/** @returns the safety snapshot that this is, or nothing for any other object */
export const safetySnapshotAt = async (
  xapi: Xapi,
  ref: Ref,
): Promise<SafetySnapshot | undefined> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  const label = record && safetyLabelOf(record)
  return label && { ref, label }
}

/**
 * Puts the VM back as it was, and removes the snapshot: reverts to it where its disks were being written or the VM is gone (XAPI makes it
 * again, under its old UUID), and starts it where it had been running. A VM that was restored to its end stays.
 * @returns what could not be done, one sentence each
 */
export const putBack = async (
  xapi: Xapi,
  { ref, label }: SafetySnapshot,
  owner: string,
): Promise<string[]> => {
  const { vmUuid, wasRunning, purpose, replaced, others } = label
  const find = async () => {
    const vm = await unlessGone(xapi.call('VM.get_by_uuid', [vmUuid], RefText))
    const record = vm && (await unlessGone(xapi.call('VM.get_record', [vm], VmRecord)))
    return vm && record ? { vm, record } : undefined
  }
  const notes: string[] = []
  const unfinished = await find()
  if (unfinished && isOf(owner, unfinished.record))
    await destroyUnfinishedVm(xapi, unfinished.vm, owner)
  const there = await find()
  if (there && purpose === 'replace' && there.record.other_config[RESTORED_TAG]) {
    notes.push(...(await removeDisks(xapi, label, replaced, owner)))
    return [...notes, ...(await destroySnapshotVm(xapi, ref, owner))]
  }
  if (purpose === 'writing' || !there) {
    await xapi.run('VM.revert', [ref], VoidAnswer)
    notes.push(...(await removeDisks(xapi, label, [...replaced, ...others], owner)))
  }
  const back = await find()
  if (back) await allowStart(xapi, back.vm)
  if (wasRunning && back?.record.power_state === 'Halted')
    await xapi.run('VM.start', [back.vm, false, false], VoidAnswer).catch((error: unknown) => {
      notes.push(`"${label.vmName}" was put back but did not start again: ${messageOf(error)}`)
    })
  return [...notes, ...(await destroySnapshotVm(xapi, ref, owner))]
}

const STARTS = ['start', 'start_on']
const WHY = 'XenKeep is writing into the disks of this VM'

/** Keeps everybody from starting the VM. What a person has blocked stays as it is. */
export const forbidStart = async (xapi: Xapi, vm: Ref): Promise<void> => {
  const { blocked_operations: blocked } = await xapi.call('VM.get_record', [vm], VmRecord)
  const free = STARTS.filter(operation => blocked[operation] === undefined)
  await setMapKeys(
    xapi,
    'VM.blocked_operations',
    vm,
    Object.fromEntries(free.map(operation => [operation, WHY])),
  )
}

/** Takes back what `forbidStart` did. */
export const allowStart = async (xapi: Xapi, vm: Ref): Promise<void> => {
  const { blocked_operations: blocked } = await xapi.call('VM.get_record', [vm], VmRecord)
  const ours = STARTS.filter(operation => blocked[operation] === WHY)
  await removeMapKeys(xapi, 'VM.blocked_operations', vm, ours)
  if (ours.length > 0) await xapi.call('VM.update_allowed_operations', [vm], VoidAnswer)
}

/** Disks of the replaced VM that nobody has any more. @returns what could not be removed */
export const removeDisks = async (
  xapi: Xapi,
  { vmName }: Pick<SafetyLabel, 'vmName'>,
  uuids: readonly string[],
  owner: string,
): Promise<string[]> => {
  const notes: string[] = []
  for (const uuid of uuids) {
    const vdi = await unlessGone(xapi.call('VDI.get_by_uuid', [uuid], RefText))
    if (!vdi) continue
    const users = await xapi.call('VDI.get_VBDs', [vdi], z.array(RefText))
    if (users.length > 0) continue // somebody's, if not the replaced VM's
    await releaseDisk(xapi, 'VDI.destroy', vdi, owner).catch((error: unknown) => {
      notes.push(`A disk (${uuid}) of the replaced VM "${vmName}" is left: ${messageOf(error)}`)
    })
  }
  return notes
}

/**
 * The restored state is proven: the snapshot goes, or stays as an ordinary one of the VM.
 * @returns what to know of it, one sentence each
 */
export const letGo = async (
  xapi: Xapi,
  { ref }: SafetySnapshot,
  owner: string,
  keep: boolean,
): Promise<string[]> => {
  if (!keep) return destroySnapshotVm(xapi, ref, owner)
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  if (!record) return ['The snapshot of the former state is gone already.']
  for (const { vdiRef, vdi } of await disksOf(xapi, record))
    if (isOf(owner, vdi)) await removeMapKeys(xapi, 'VDI.other_config', vdiRef, [JOB_TAG, SELF_TAG])
  await removeMapKeys(xapi, 'VM.other_config', ref, [JOB_TAG, SELF_TAG, SAFETY_TAG])
  return [`The former state is kept as the snapshot "${record.name_label}".`]
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
