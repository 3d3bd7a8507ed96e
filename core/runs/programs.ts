import type { JobOutcome } from '../contracts/jobs.ts'
import type { RunProgramSpec } from '../contracts/run-programs.ts'
import { toProblem } from '../errors/base.ts'
import { RunProgramFailedError } from '../errors/policies.ts'
import type { Job } from './job.ts'

/** A job that is one of the programs around its run. */
type ProgramJob = Job & { spec: RunProgramSpec }

export const isProgram = (job: Job): job is ProgramJob => job.spec.kind === 'run-program'

/** What belongs to a run and is none of what it is for: its programs, and the sealing of a site point. */
export const isAround = (job: Job): boolean => isProgram(job) || job.spec.kind === 'seal-site-point'

export const aroundOf = (jobs: readonly Job[]): Job[] => jobs.filter(isAround)

/** The jobs that a run is for. */
export const membersOf = (jobs: readonly Job[]): Job[] => jobs.filter(job => !isAround(job))

export const programsOf = (jobs: readonly Job[]): ProgramJob[] => jobs.filter(isProgram)

/** What a job around a run came to that made trouble: a program that did not run, though the last one may be left out without any; a site point that is not complete. */
export const isTrouble = ({ spec, outcome }: Job): boolean => {
  if (outcome === undefined) return false
  if (spec.kind !== 'run-program')
    return outcome.status !== 'backed-up' || outcome.point.site?.state !== 'complete'
  return (
    outcome.status !== 'program-ran' && !(spec.when === 'after' && outcome.status === 'skipped')
  )
}

/** What a job that stands in an order waits for: `open` where nothing, or what it comes to without being begun. */
export type Gate = 'open' | 'closed' | { outcome: JobOutcome }

/** What becomes of a job, by one that comes before it as that stands: the end of another member opens its way, whatever it came to. */
export const gateAfter = (before: Job): Gate => {
  const { spec, state, outcome } = before
  if (state !== 'finished' || !outcome) return 'closed'
  if (!isProgram(before)) return 'open'
  switch (outcome.status) {
    case 'cancelled':
    case 'skipped':
      return { outcome }
    case 'failed': {
      if (spec.kind === 'run-program' && spec.ifFails === 'note') return 'open'
      const { message } = outcome.problem
      const why = message.replace(/^The program before the run failed: /, '')
      const error = new RunProgramFailedError('before', why, { stops: true })
      return { outcome: { status: 'failed', problem: toProblem(error) } }
    }
    default:
      return 'open'
  }
}

const NEVER_BEGUN = 'The program before the run was never begun, so there is nothing to undo.'

/**
 * Whether the program after a run is due.
 * @param before the one before it, where there is one: given to a gateway once, it may have been begun
 * @param membersEnded whether all backups have
 */
export const gateOfLast = (before: Job | undefined, membersEnded: boolean): Gate => {
  if (!membersEnded || (before && before.state !== 'finished')) return 'closed'
  return before?.epoch === 0 ? { outcome: { status: 'skipped', reason: NEVER_BEGUN } } : 'open'
}
