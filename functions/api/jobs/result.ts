import { followMaintenance } from '#core/maintenance/follow.ts'
import { acceptOutcome } from '#core/runs/job.ts'
import { changeJob } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from './tell-waiting.ts'

/**
 * An outcome is kept with its job, and a job is one item of the catalog: 390 KB at most, of which spec and progress take
 * little. 255 disks with their reasons in full sentences need about 200 KB.
 */
export const OUTCOME_LIMIT = 320 * 1024

/** Stores the outcome first and tells the waiting task then; a repeated call does the second again. */
export const result =
  ({ catalog, clock, workflow }: Pick<Ports, 'catalog' | 'clock' | 'workflow'>) =>
  async ({ params, body, caller }: RouteCall<'result'>): Promise<RouteReply<'result'>> => {
    const { epoch, outcome } = body
    const job = await changeJob(catalog, params.jobId, found =>
      acceptOutcome(found, { gatewayId: caller.gatewayId, epoch }, outcome, clock.now()),
    )
    // Before the run goes on: what follows looks at the catalog. A repeated call does it again.
    await followMaintenance(catalog, job, clock.now())
    await tellWaiting(workflow, [job])
    return { accepted: true }
  }

export const handler = httpHandler('result', result, { bodyLimit: OUTCOME_LIMIT })
