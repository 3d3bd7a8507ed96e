import { XapiError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../api.ts'
import type { AttachedDisk } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'

/**
 * Switches changed-block tracking on, so that the snapshot that follows can be the base of an incremental backup.
 * A disk that cannot be tracked is backed up all the same.
 * @returns what to tell the user, one sentence per disk
 */
export const enableCbt = async (
  { call }: Xapi,
  disks: readonly AttachedDisk[],
): Promise<string[]> => {
  const notes: string[] = []
  for (const { vdiRef, vdi } of disks) {
    if (vdi.cbt_enabled) continue
    try {
      await call('VDI.enable_cbt', [vdiRef], VoidAnswer)
      notes.push(`Changed-block tracking of the disk "${vdi.name_label}" was off and is on now.`)
    } catch (error) {
      if (!(error instanceof XapiError)) throw error
      notes.push(
        `Changed-block tracking of the disk "${vdi.name_label}" cannot be switched on (${error.xapiCode}), so every backup reads it in full.`,
      )
    }
  }
  return notes
}
