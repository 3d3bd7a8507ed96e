import type { Ref, Xapi } from './api.ts'
import { isOf } from './ours.ts'
import { VmRecord } from './records.ts'
import { releaseDisk } from './release-disk.ts'
import { disksOf, unlessGone } from './vms.ts'
import { VoidAnswer } from './void-answer.ts'

/** Destroys a VM that a restore left unfinished, with those of its disks that the restore made. */
export const destroyUnfinishedVm = async (xapi: Xapi, ref: Ref, owner: string): Promise<void> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  if (!record || !isOf(owner, record)) return
  if (record.power_state !== 'Halted')
    await unlessGone(xapi.run('VM.hard_shutdown', [ref], VoidAnswer))
  const disks = await disksOf(xapi, record)
  await unlessGone(xapi.call('VM.destroy', [ref], VoidAnswer))
  for (const { vdiRef, vdi } of disks)
    if (isOf(owner, vdi)) await releaseDisk(xapi, 'VDI.destroy', vdiRef, owner)
}
