import { STATE_TAG } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { isOf, makerOf, SELF_TAG } from '../ours.ts'
import { type VdiRecord, VmRecord } from '../records.ts'
import { releaseDisk } from '../release-disk.ts'
import { disksOf, unlessGone } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'

/** Destroys a VM that a restore left unfinished, with those of its disks that the restore made. */
export const destroyUnfinishedVm = async (xapi: Xapi, ref: Ref, owner: string): Promise<void> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  if (!record || !isOf(owner, record)) return
  if (record.power_state !== 'Halted')
    await unlessGone(xapi.run('VM.hard_shutdown', [ref], VoidAnswer))
  // A clone of a standby's state that was cut off before it got its mark: its disks are its own, and have none yet.
  const { [SELF_TAG]: self, [STATE_TAG]: state } = record.other_config
  const isNewborn = self !== record.uuid && state !== undefined
  const disks = await disksOf(xapi, record)
  await unlessGone(xapi.call('VM.destroy', [ref], VoidAnswer))
  for (const { vdiRef, vdi } of disks)
    if (isOf(owner, vdi) || (isNewborn && isOnlyOn(vdi)))
      await releaseDisk(xapi, 'VDI.destroy', vdiRef, owner)
}

const isOnlyOn = (vdi: VdiRecord): boolean =>
  vdi.VBDs.length === 1 && !vdi.sharable && makerOf(vdi) === undefined
