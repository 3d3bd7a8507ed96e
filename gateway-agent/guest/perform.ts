import type { GuestSettings } from '#core/contracts/guest-settings.ts'
import { GuestMismatchError } from '#core/errors/guests.ts'
import { guardAllowed } from '#core/recipes/allow.ts'
import { isForGuest } from '#core/runs/work-of.ts'
import { JobUnreadableError } from '../control/errors.ts'
import type { Perform } from '../control/leased-job.ts'
import type { Repositories } from '../repositories.ts'
import type { StorageAccess } from '../storage/access.ts'
import type { GuestWork } from './guest-work.ts'

export interface GuestPerformOptions {
  guestUuid: string
  name: string
  /** As the settings stand now: what was taken off the list is refused without a restart. */
  recipes: () => Promise<GuestSettings['recipes']>
  repositories: Pick<Repositories, 'open'>
  storage: Pick<StorageAccess, 'enter'>
  work: Pick<GuestWork, 'capture' | 'restore'>
}

/**
 * Does the jobs of one guest. What the settings do not allow is refused before anything is asked of the repository; what a point says of its recipe is looked at
 * by whoever restores it.
 * @throws from the job: `RECIPE_NOT_ALLOWED`, `GUEST_MISMATCH`, `JOB_UNREADABLE`, and what the work throws
 */
export const createGuestPerform =
  ({ guestUuid, name, recipes, repositories, storage, work }: GuestPerformOptions): Perform =>
  async (job, context) => {
    const { spec } = job
    if (!isForGuest(spec)) throw new JobUnreadableError(spec.kind)
    if (spec.guestUuid !== guestUuid) throw new GuestMismatchError(name, spec.guestUuid, guestUuid)
    if (spec.kind === 'capture-component')
      guardAllowed({ name: spec.recipe }, ['capture'], (await recipes())[spec.recipe])
    context.report({ phase: 'opening the repository' })
    const { address, release } = await storage.enter(job, context)
    try {
      const repository = await repositories.open(address)
      context.signal.throwIfAborted()
      const common = { job, repository, context }
      return await (spec.kind === 'capture-component'
        ? work.capture({ ...common, spec })
        : work.restore({ ...common, spec }))
    } finally {
      release()
    }
  }
