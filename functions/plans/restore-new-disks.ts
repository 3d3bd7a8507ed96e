import type { RestoreWishes } from '#core/contracts/restore.ts'
import type { RestoreNewDisksSpec } from '#core/contracts/restore-new-disks.ts'
import { RestoreRequestError } from '#core/errors/restore.ts'

const FITTING = new Set(['identity', 'disks', 'sr', 'diskSrs', 'attachTo', 'planOnly'])

/**
 * Whether single disks are asked for that become new ones, without a VM.
 * @throws `RESTORE_REQUEST` where what goes with them contradicts that
 */
export const asksForNewDisks = (
  wishes: RestoreWishes,
  { newName, start }: { newName?: string | undefined; start: boolean },
): boolean => {
  const { identity = 'new', disks, attachTo } = wishes
  const refuse = (why: string): never => {
    throw new RestoreRequestError(why)
  }
  if (!disks) {
    if (attachTo !== undefined) refuse('only single disks are attached to a VM, and none is named')
    return false
  }
  if (identity === 'same') refuse('a VM does not come back as itself with some of its disks only')
  if (identity === 'disks-only') return false
  if (start) refuse('a disk without a VM does not start')
  if (newName !== undefined && disks.length > 1) refuse('one name cannot be given to several disks')
  const beside = Object.entries(wishes).find(
    ([wish, value]) => value !== undefined && !FITTING.has(wish),
  )
  if (beside) refuse(`a disk without a VM has nothing that "${beside[0]}" could be for`)
  return true
}

/** The part of the wishes that a restore of single disks has. */
export const diskWishes = ({
  disks = [],
  sr,
  diskSrs,
  attachTo,
  planOnly,
}: RestoreWishes): RestoreNewDisksSpec['wishes'] => ({
  disks,
  ...(sr !== undefined && { sr }),
  ...(diskSrs && { diskSrs }),
  ...(attachTo !== undefined && { attachTo }),
  ...(planOnly && { planOnly }),
})
