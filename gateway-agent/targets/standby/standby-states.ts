import { type Maker, STANDBY_TAG, STATE_TAG, unfinishedName } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { removeMapKeys, setMapKeys, tagAsOurs, tagNewborn } from '../../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../../xapi/ours.ts'
import { startTimeOf } from '../../xapi/power/start-time.ts'
import { RefText, VmRecord } from '../../xapi/records.ts'
import { destroySnapshotVm } from '../../xapi/snapshot/snapshot-removal.ts'
import { disksOf } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'
import {
  block,
  type KeptState,
  type Standby,
  type StandbyMark,
  type StateMark,
  setMark,
} from './standby.ts'

/** A state that is not kept yet: it bears the job's mark, and goes with what the job leaves when that is cut off. */
export interface NewState extends KeptState {
  disks: { ref: Ref; uuid: string; userdevice: string; size: number }[]
}

/** A snapshot of the halted standby. */
export const snapshotState = async (
  xapi: Xapi,
  { ref: vm, mark: standing }: Pick<Standby, 'ref' | 'mark'>,
  maker: Maker,
  facts: Omit<StateMark, 'self'>,
): Promise<NewState> => {
  const { call } = xapi
  const ref = await xapi.run('VM.snapshot', [vm, unfinishedName(maker)], RefText)
  const record = await call('VM.get_record', [ref], VmRecord)
  // VM.revert brings this mark back with new disks: until a new mark is written, the standby is one that was cut off.
  const cutOff: StandbyMark = { ...standing, role: 'standby', writing: maker.jobId }
  const other_config = { ...record.other_config, [STANDBY_TAG]: JSON.stringify(cutOff) }
  await tagNewborn(xapi, 'VM', ref, { ...record, other_config }, maker)
  await call('VM.set_is_a_template', [ref, false], VoidAnswer)
  const disks = await disksOf(xapi, record)
  for (const { vdiRef, vdi } of disks) await tagNewborn(xapi, 'VDI', vdiRef, vdi, maker)
  const mark: StateMark = { self: record.uuid, ...facts }
  return {
    ref,
    uuid: record.uuid,
    mark,
    disks: disks.map(({ vbd, vdiRef, vdi }) => ({
      ref: vdiRef,
      uuid: vdi.uuid,
      userdevice: vbd.userdevice,
      size: vdi.virtual_size,
    })),
  }
}

/** From here on it is a state of the standby, which no removal of leftovers touches. */
export const keepState = async (xapi: Xapi, { ref, mark, disks }: NewState): Promise<void> => {
  const name = `XenKeep state of ${new Date(mark.point.taken).toISOString().slice(0, 19)}Z`
  await xapi.call('VM.set_name_label', [ref, name], VoidAnswer)
  await setMapKeys(xapi, 'VM.other_config', ref, { [STATE_TAG]: JSON.stringify(mark) })
  await removeMapKeys(xapi, 'VM.other_config', ref, [JOB_TAG, SELF_TAG])
  for (const disk of disks)
    await removeMapKeys(xapi, 'VDI.other_config', disk.ref, [JOB_TAG, SELF_TAG])
}

/** Marked as the job's first: what is cut off is removed with its leftovers. @returns what is left, one sentence each */
export const dropState = async (xapi: Xapi, state: KeptState, maker: Maker): Promise<string[]> => {
  await tagAsOurs(xapi, 'VM', state.ref, state.uuid, maker)
  return destroySnapshotVm(xapi, state.ref, maker.owner)
}

/**
 * Puts a state back. VM.revert makes new disks from those of the snapshot and brings back the mark that the snapshot has, which says that a job was cut off; the mark is
 * written anew. Where it is cut off in between, the next round or failover goes back again.
 */
export const goBack = async (
  xapi: Xapi,
  standby: Standby,
  { ref, mark: state }: KeptState,
  vmName: string,
): Promise<StandbyMark> => {
  await xapi.run('VM.revert', [ref], VoidAnswer)
  await block(xapi, standby.ref, vmName)
  const record = await xapi.call('VM.get_record', [standby.ref], VmRecord)
  const disks = await disksOf(xapi, record)
  const { writing: _, ...kept } = standby.mark
  const mark: StandbyMark = {
    ...kept,
    point: state.point,
    startTime: await startTimeOf(xapi, record),
    disks: disks.flatMap(({ vbd, vdi }) => {
      const disk = state.disks.find(({ userdevice }) => userdevice === vbd.userdevice)
      return disk ? [{ ...disk, vdiUuid: vdi.uuid }] : []
    }),
  }
  await setMark(xapi, standby.ref, mark)
  return mark
}
