import type { GuestJobSpec } from '#core/contracts/jobs.ts'
import type { Performed } from '../control/leased-job.ts'
import { patiently } from '../jobs/patient.ts'
import { captureComponent } from './capture-component.ts'
import type { ComponentJob } from './component-job.ts'
import { restoreComponent } from './restore-component.ts'
import type { RecipeRoom } from './room.ts'

/** Does a job of the guest. */
export const performInGuest = (
  room: RecipeRoom,
  job: ComponentJob<GuestJobSpec>,
): Promise<Performed> => {
  const { spec, ...rest } = job
  if (spec.kind === 'capture-component')
    return patiently(job, room, () => captureComponent(room, { ...rest, spec }))
  // Not done anew by itself: what its steps changed is changed.
  return restoreComponent(room, { ...rest, spec })
}
