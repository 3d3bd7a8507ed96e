import { isGood, type Job } from '../runs/job.ts'
import type { Turn } from '../runs/order.ts'

/**
 * Jobs of one run follow each other in the order they were asked for, whatever the state machine does. After a removal that came to nothing nothing
 * else is removed by the same run, so that somebody can look first; verification and comparison only read, and are done all the same.
 * @param ofRun all jobs of its run, in their order
 * @param kept why nothing expires and nothing is collected here, where that is so; what somebody deletes by name goes all the same
 */
export const turnOf = (job: Job, ofRun: readonly Job[], kept?: string): Turn => {
  const before = ofRun.slice(
    0,
    ofRun.findIndex(({ jobId }) => jobId === job.jobId),
  )
  if (before.some(({ state }) => state !== 'finished')) return 'wait'
  if (job.spec.kind === 'verify-repository' || job.spec.kind === 'compare-replica') return 'take'
  if (kept !== undefined && isByItself(job)) return { skipBecause: kept }
  const wentWrong = before.some(
    ({ spec, outcome }) => spec.kind === 'remove-points' && !isGood(outcome),
  )
  if (!wentWrong) return 'take'
  return {
    skipBecause: `Points could not be removed before, so ${job.spec.kind === 'collect-garbage' ? 'garbage is not collected' : 'no more are removed'} until somebody has looked; the next maintenance run goes on.`,
  }
}

const isByItself = ({ spec }: Job): boolean =>
  spec.kind === 'collect-garbage' ||
  (spec.kind === 'remove-points' && spec.points.some(({ policyId }) => policyId !== undefined))
