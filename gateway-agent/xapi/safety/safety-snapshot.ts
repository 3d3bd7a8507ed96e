import { z } from 'zod'
import { XenkeepError } from '#core/errors/base.ts'
import { type Maker, RESTORED_TAG, STOPPED_TAG, unfinishedName } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { removeMapKeys, tagAsOurs } from '../other-config.ts'
import { isOf, JOB_TAG, SELF_TAG } from '../ours.ts'
import { PowerRecord } from '../power/start-again.ts'
import { allowStart } from '../power/start-block.ts'
import { markStopped, runAgain } from '../power/stopped-vm.ts'
import { RefText, recordsOf, VmRecord } from '../records.ts'
import { releaseDisk } from '../release-disk.ts'
import { destroySnapshotVm } from '../snapshot/snapshot-removal.ts'
import { disksOf, type FoundVm, unlessGone } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'
import { reattachOthers } from './reattach.ts'
import {
  SAFETY_TAG,
  type SafetyLabel,
  type SafetySnapshot,
  safetySnapshotOf,
  writeLabel,
} from './safety-label.ts'
import { destroyUnfinishedVm } from './unfinished-vm.ts'

/**
 * Takes it, of a VM that is off. It bears the mark of the job, and no other installation touches it. From then on its label says that the
 * VM has to run again, so the mark on the VM goes. When this throws, there is no snapshot, and a VM that was running is started again.
 */
export const takeSafetySnapshot = async (
  xapi: Xapi,
  { ref: vm }: FoundVm,
  maker: Maker,
  facts: Omit<SafetyLabel, 'snapshotUuid'>,
): Promise<SafetySnapshot> => {
  let ref: Ref | undefined
  try {
    ref = await xapi.run('VM.snapshot', [vm, unfinishedName(maker)], RefText)
    const record = await xapi.call('VM.get_record', [ref], VmRecord)
    const label = { snapshotUuid: record.uuid, ...facts }
    // Whoever goes back to it by hand shall not have his VM started.
    await removeMapKeys(xapi, 'VM.other_config', ref, [STOPPED_TAG])
    await writeLabel(xapi, ref, label)
    for (const { vdiRef, vdi } of await disksOf(xapi, record))
      await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker)
    await tagAsOurs(xapi, 'VM', ref, record.uuid, maker)
    await xapi.call('VM.set_is_a_template', [ref, false], VoidAnswer)
    const name = `Before the XenKeep restore ${maker.jobId}`
    await xapi.call('VM.set_name_label', [ref, name], VoidAnswer)
    await removeMapKeys(xapi, 'VM.other_config', vm, [STOPPED_TAG])
    return { ref, maker, label }
  } catch (error) {
    if (ref) await destroySnapshotVm(xapi, ref, maker.owner).catch(() => [])
    if (facts.wasRunning) await startAgain(xapi, vm, maker)
    throw error
  }
}

/** @returns the snapshot as it is labelled now: for `writing` before the first byte is written, for `write` when all is proven */
export const relabel = async (
  xapi: Xapi,
  { ref, maker, label }: SafetySnapshot,
  change: Pick<SafetyLabel, 'purpose'> & Partial<SafetyLabel>,
): Promise<SafetySnapshot> => {
  const changed = { ...label, ...change }
  await writeLabel(xapi, ref, changed)
  return { ref, maker, label: changed }
}

/** @returns the safety snapshot that an earlier attempt of the job took */
export const findSafetySnapshot = async (
  { call }: Xapi,
  { jobId, owner }: Maker,
): Promise<SafetySnapshot | undefined> => {
  const vms = await call('VM.get_all_records', [], recordsOf(VmRecord))
  for (const [ref, record] of Object.entries(vms)) {
    const safety = safetySnapshotOf(ref, record)
    if (safety?.maker.jobId === jobId && safety.maker.owner === owner) return safety
  }
  return undefined
}

/** @returns the safety snapshot that this is, or nothing for any other object */
export const safetySnapshotAt = async (
  xapi: Xapi,
  ref: Ref,
): Promise<SafetySnapshot | undefined> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  return record && safetySnapshotOf(ref, record)
}

/**
 * Puts the VM back as it was, and removes the snapshot: reverts to it where its disks were being written or the VM is gone (XAPI makes it
 * again, under its old UUID), and starts it where it had been running. A VM that was restored to its end stays.
 * @returns what could not be done, one sentence each
 */
export const putBack = async (
  xapi: Xapi,
  { ref, maker, label }: SafetySnapshot,
): Promise<string[]> => {
  const { owner } = maker
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
  if (there && purpose === 'replace' && isRestoredBy(maker, there.record)) {
    notes.push(...(await reattachOthers(xapi, there.vm, { ref, maker, label })))
    notes.push(...(await removeDisks(xapi, label, replaced, owner)))
    return [...notes, ...(await letGo(xapi, { ref, maker, label }, label.keep ?? false))]
  }
  if (purpose === 'writing' || !there) {
    await xapi.run('VM.revert', [ref], VoidAnswer)
    notes.push(...(await removeDisks(xapi, label, [...replaced, ...others], owner)))
  }
  const back = await find()
  if (back) {
    // The revert copied them from the snapshot.
    await removeMapKeys(xapi, 'VM.other_config', back.vm, [JOB_TAG, SELF_TAG, SAFETY_TAG])
    await allowStart(xapi, back.vm)
    if (wasRunning) notes.push(...(await startAgain(xapi, back.vm, maker)))
  }
  const isProven = purpose === 'write' && back !== undefined
  const safety = { ref, maker, label }
  return [...notes, ...(await letGo(xapi, safety, (label.keep ?? false) && isProven))]
}

/** The VM may bear the mark of a former restore, which says nothing of this one. */
const isRestoredBy = ({ jobId }: Maker, { uuid, other_config }: VmRecord): boolean => {
  try {
    const mark = Restored.safeParse(JSON.parse(other_config[RESTORED_TAG] ?? '')).data
    return mark?.jobId === jobId && mark.vmUuid === uuid
  } catch {
    return false
  }
}

const Restored = z.object({ vmUuid: z.string(), jobId: z.string() })

/** Marked, so that the gateway tries on where it fails now. @returns why it does not run, a sentence */
const startAgain = async (xapi: Xapi, vm: Ref, maker: Maker): Promise<string[]> => {
  const record = await unlessGone(xapi.call('VM.get_record', [vm], PowerRecord))
  if (!record) return []
  await markStopped(xapi, { ref: vm, record }, maker)
  return runAgain(xapi, vm, maker.owner).catch((error: unknown) => {
    if (!(error instanceof XenkeepError)) throw error
    return [error.message]
  })
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
  { ref, maker: { owner } }: SafetySnapshot,
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
