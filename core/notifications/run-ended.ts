import { NAMED_AT_MOST, type NotificationEvent, type RunFacts } from '../contracts/notifications.ts'
import { explainJob } from '../runs/explain.ts'
import { isGood, type Job } from '../runs/job.ts'
import { aroundOf, isTrouble, membersOf } from '../runs/programs.ts'
import { isOnlyLook, type Run } from '../runs/run.ts'
import { subjectOf } from '../runs/work-of.ts'

const KINDS = {
  succeeded: 'run-succeeded',
  warning: 'run-warning',
  failed: 'run-failed',
  // Whoever is told of runs that did not go through has to hear of it.
  'action-required': 'run-warning',
} as const

/** @returns what is told of a run that has ended; nothing of one that somebody cancelled, who knows it, nor of a look at files or a plan, whose asker sits in front of it */
export const runEnded = (
  run: Run,
  jobs: readonly Job[],
  eventId: string,
): NotificationEvent | undefined => {
  const { runId, kind, title, started, state, ended = started, line = '', problem } = run
  const { policyId, policyName } = run
  if (isOnlyLook(run)) return undefined
  if (state === 'waiting' || state === 'running' || state === 'cancelled') return undefined
  const members = membersOf(jobs)
  const count = (status: string) =>
    members.filter(({ outcome }) => outcome?.status === status).length
  return {
    kind: KINDS[state],
    ...(state === 'action-required' && { actionRequired: true as const }),
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
      good: members.filter(({ outcome }) => isGood(outcome)).length,
      failed: count('failed'),
      skipped: count('skipped'),
      cancelled: count('cancelled'),
    },
    troubles: [
      ...members.filter(({ outcome }) => !isGood(outcome)),
      ...aroundOf(jobs).filter(isTrouble),
    ]
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, NAMED_AT_MOST)
      .map(job => ({
        name: subjectOf(job.spec),
        line: explainJob(job, [], 0),
        ...(job.outcome?.status === 'failed' && { problem: job.outcome.problem }),
      })),
    ...causesOf(jobs),
    ...(problem && { problem }),
  }
}

/** Hundreds that fail for one reason are one line. */
const causesOf = (jobs: readonly Job[]): { causes?: NonNullable<RunFacts['causes']> } => {
  const problems = jobs.flatMap(({ outcome }) =>
    outcome?.status === 'failed' ? [outcome.problem] : [],
  )
  if (problems.length < 2) return {}
  const causes = [...Map.groupBy(problems, ({ code }) => code)].flatMap(([code, of]) =>
    of.slice(0, 1).map(({ message, advice }) => ({ code, count: of.length, message, advice })),
  )
  return { causes: causes.sort((a, b) => b.count - a.count).slice(0, NAMED_AT_MOST) }
}

/** Failures are named before what was only left out. */
const rank = ({ outcome }: Job): number => (outcome?.status === 'failed' ? 0 : 1)
