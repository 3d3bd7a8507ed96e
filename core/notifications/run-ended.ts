import { NAMED_AT_MOST, type NotificationEvent } from '../contracts/notifications.ts'
import { explainJob } from '../runs/explain.ts'
import { isGood, type Job } from '../runs/job.ts'
import type { Run } from '../runs/run.ts'
import { subjectOf } from '../runs/work-of.ts'

const KINDS = { succeeded: 'run-succeeded', warning: 'run-warning', failed: 'run-failed' } as const

/** @returns what is told of a run that has ended; nothing of one that somebody cancelled, who knows it */
export const runEnded = (
  run: Run,
  jobs: readonly Job[],
  eventId: string,
): NotificationEvent | undefined => {
  const { runId, kind, title, started, state, ended = started, line = '', problem } = run
  const { policyId, policyName } = run
  if (state === 'waiting' || state === 'running' || state === 'cancelled') return undefined
  const count = (status: string) => jobs.filter(({ outcome }) => outcome?.status === status).length
  return {
    kind: KINDS[state],
    eventId,
    at: ended,
    runId,
    runKind: kind,
    ...(policyId && { policyId }),
    ...(policyName !== undefined && { policyName }),
    title,
    started,
    ended,
    line,
    counts: {
      good: jobs.filter(({ outcome }) => isGood(outcome)).length,
      failed: count('failed'),
      skipped: count('skipped'),
      cancelled: count('cancelled'),
    },
    troubles: jobs
      .filter(({ outcome }) => !isGood(outcome))
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, NAMED_AT_MOST)
      .map(job => ({
        name: subjectOf(job.spec),
        line: explainJob(job, [], 0),
        ...(job.outcome?.status === 'failed' && { problem: job.outcome.problem }),
      })),
    ...(problem && { problem }),
  }
}

/** Failures are named before what was only left out. */
const rank = ({ outcome }: Job): number => (outcome?.status === 'failed' ? 0 : 1)
