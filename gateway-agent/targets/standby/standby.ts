import { z } from 'zod'
import { StandbyChangedError } from '#core/errors/replication.ts'
import { STANDBY_TAG, STATE_TAG, standbyReason } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { startTimeOf } from '../../xapi/power/start-time.ts'
import { recordsOf, Strings, VmRecord } from '../../xapi/records.ts'
import { type AttachedDisk, disksOf, unlessGone, vbdsOf } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'

const DiskHeld = z.object({
  userdevice: z.string(),
  vdiUuid: z.string(),
  /** Of the disk in the point. */
  diskId: z.string(),
})

/** What a standby says of itself. A clone carries a copy, which `self` gives away. */
export const StandbyMark = z.object({
  self: z.string(),
  replicaId: z.string(),
  owner: z.string(),
  role: z.enum(['standby', 'active']),
  /** When it was made in full, ms since 1970 by the gateway's clock. */
  made: z.number(),
  /** What it holds, as long as nothing is being written. */
  point: z.object({ pointId: z.string(), vmUuid: z.string(), taken: z.number() }),
  disks: z.array(DiskHeld),
  /** VM_metrics.start_time when it was written last: it changes when somebody starts the VM. */
  startTime: z.number(),
  /** A job that is writing, or was cut off while it wrote: the content is of no point. */
  writing: z.string().optional(),
  /** It was read back and was not what its point says. What it went back to has to be read back before anything builds on it. */
  doubted: z.boolean().optional(),
})
export type StandbyMark = z.infer<typeof StandbyMark>

/** What a snapshot of a standby says of itself. */
export const StateMark = z.object({
  self: z.string(),
  replicaId: z.string(),
  point: StandbyMark.shape.point,
  /** In the order of their slots: the disk in the point. */
  disks: z.array(z.object({ userdevice: z.string(), diskId: z.string() })),
})
export type StateMark = z.infer<typeof StateMark>

export interface KeptState {
  ref: Ref
  uuid: string
  mark: StateMark
}

export interface Standby {
  ref: Ref
  record: VmRecord
  mark: StandbyMark
  disks: AttachedDisk[]
  /** VM_metrics.start_time as it is now. */
  startTime: number
  /** The oldest first. */
  states: KeptState[]
}

export const parsed = <T>(schema: z.ZodType<T>, text: string | undefined): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}

/** What one says of itself now, without all that hangs on it. @returns undefined where it is gone, or no standby any more */
export const readMark = async (
  { call }: Pick<Xapi, 'call'>,
  ref: Ref,
  { self, replicaId, owner }: Pick<StandbyMark, 'self' | 'replicaId' | 'owner'>,
): Promise<StandbyMark | undefined> => {
  const config = await unlessGone(call('VM.get_other_config', [ref], Strings))
  const mark = parsed(StandbyMark, config?.[STANDBY_TAG])
  const isIt = mark?.self === self && mark.replicaId === replicaId && mark.owner === owner
  return isIt ? mark : undefined
}

/** @returns the mark, where a VM is a standby of this replication */
const markOn = (record: VmRecord, replicaId: string, owner: string): StandbyMark | undefined => {
  const mark = parsed(StandbyMark, record.other_config[STANDBY_TAG])
  const isIt = mark?.self === record.uuid && mark.replicaId === replicaId && mark.owner === owner
  return isIt && !record.is_a_snapshot ? mark : undefined
}

const standbyOf = async (
  xapi: Xapi,
  found: Pick<Standby, 'ref' | 'record' | 'mark'>,
  snapshots: readonly (readonly [Ref, VmRecord])[],
): Promise<Standby> => {
  const states = snapshots.flatMap(([ref, record]): KeptState[] => {
    const mark = parsed(StateMark, record.other_config[STATE_TAG])
    const isState = record.is_a_snapshot && record.snapshot_of === found.ref
    return mark && isState && mark.self === record.uuid && mark.replicaId === found.mark.replicaId
      ? [{ ref, uuid: record.uuid, mark }]
      : []
  })
  return {
    ...found,
    disks: await disksOf(xapi, found.record, await vbdsOf(xapi, found.ref)),
    startTime: await startTimeOf(xapi, found.record),
    states: states.sort((a, b) => byAge(a.mark, b.mark)),
  }
}

/**
 * @returns the standbys of a replication, whoever has renamed or started them. The first is the one that counts; others were to be removed when it was made, and that was
 * cut off
 */
export const findStandbys = async (
  xapi: Xapi,
  replicaId: string,
  owner: string,
): Promise<Standby[]> => {
  const vms = Object.entries(await xapi.call('VM.get_all_records', [], recordsOf(VmRecord)))
  const standbys: Standby[] = []
  for (const [ref, record] of vms) {
    const mark = markOn(record, replicaId, owner)
    if (mark) standbys.push(await standbyOf(xapi, { ref, record, mark }, vms))
  }
  return standbys.sort((a, b) => Number(isActive(b)) - Number(isActive(a)) || newestFirst(a, b))
}

/** One that was found before, as it is now: a pool has thousands of other VMs, which are not asked for. @returns undefined where it is none any more */
export const readStandby = async (
  xapi: Xapi,
  ref: Ref,
  replicaId: string,
  owner: string,
): Promise<Standby | undefined> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  const mark = record && markOn(record, replicaId, owner)
  if (!mark) return undefined
  const snapshots: [Ref, VmRecord][] = []
  for (const each of record.snapshots) {
    const snapshot = await unlessGone(xapi.call('VM.get_record', [each], VmRecord))
    if (snapshot) snapshots.push([each, snapshot])
  }
  return standbyOf(xapi, { ref, record, mark }, snapshots)
}

const isActive = ({ mark }: Standby): boolean => mark.role === 'active'

/** ULIDs of points are in the order of their jobs; XenServer's times are whole seconds. */
const byAge = (a: { point: { pointId: string } }, b: { point: { pointId: string } }): number =>
  a.point.pointId < b.point.pointId ? -1 : a.point.pointId > b.point.pointId ? 1 : 0

/** By what they hold; gateways' clocks, which may differ, count last. One that was found wrong was to be replaced. */
const newestFirst = (a: Standby, b: Standby): number =>
  Number(a.mark.doubted ?? false) - Number(b.mark.doubted ?? false) ||
  byAge(b.mark, a.mark) ||
  b.mark.made - a.mark.made

/** @throws `STANDBY_CHANGED` where somebody may have written to it */
export const assertUntouched = ({ record, mark, disks, startTime }: Standby): void => {
  const refuse = (why: string): never => {
    throw new StandbyChangedError(record.name_label, why)
  }
  if (mark.role === 'active') refuse('it was failed over to, so it is the machine now')
  if (record.power_state !== 'Halted') refuse(`it is ${record.power_state}`)
  if (startTime !== mark.startTime) refuse('somebody has started it since')
  if (mark.writing !== undefined) return // of no point anyway: it goes back to its last state
  const held = mark.disks.map(({ userdevice, vdiUuid }) => `${userdevice} ${vdiUuid}`).sort()
  const now = disks.map(({ vbd, vdi }) => `${vbd.userdevice} ${vdi.uuid}`).sort()
  if (held.join() !== now.join()) refuse('somebody has changed or reverted its disks')
}

/** The whole map in one call, so that the mark is never missing. */
export const setMark = async ({ call }: Xapi, ref: Ref, mark: StandbyMark): Promise<void> => {
  const before = await call('VM.get_other_config', [ref], Strings)
  const config = { ...before, [STANDBY_TAG]: JSON.stringify(mark) }
  await call('VM.set_other_config', [ref, config], VoidAnswer)
}

/** Blocks `start` and `start_on` (two operations for XAPI), and switches off what could start the VM by itself. */
export const block = async ({ call }: Xapi, ref: Ref, vmName: string): Promise<void> => {
  const { blocked_operations, other_config } = await call('VM.get_record', [ref], VmRecord)
  const reason = standbyReason(vmName)
  const blocks = { ...blocked_operations, start: reason, start_on: reason }
  await call('VM.set_blocked_operations', [ref, blocks], VoidAnswer)
  if (other_config.auto_poweron !== undefined)
    await call('VM.remove_from_other_config', [ref, 'auto_poweron'], VoidAnswer)
  await call('VM.set_ha_restart_priority', [ref, ''], VoidAnswer)
  await call('VM.update_allowed_operations', [ref], VoidAnswer)
}

export const unblock = async ({ call }: Xapi, ref: Ref): Promise<void> => {
  for (const operation of ['start', 'start_on'])
    await call('VM.remove_from_blocked_operations', [ref, operation], VoidAnswer)
  await call('VM.update_allowed_operations', [ref], VoidAnswer)
}
