import type { JobOutcome } from '../contracts/jobs.ts'
import type { RunProgramSpec } from '../contracts/run-programs.ts'
import { toProblem } from '../errors/base.ts'
import { RunProgramFailedError } from '../errors/policies.ts'
import type { Job } from './job.ts'

/** A job that is one of the programs around its run. */
type ProgramJob = Job & { spec: RunProgramSpec }

export const isProgram = (job: Job): job is ProgramJob => job.spec.kind === 'run-program'

/** The jobs that a run is for: all but the programs around it. */
export const membersOf = (jobs: readonly Job[]): Job[] => jobs.filter(job => !isProgram(job))

export const programsOf = (jobs: readonly Job[]): ProgramJob[] => jobs.filter(isProgram)

/** What a program came to that made trouble; the last one may be left out without any. */
export const isTrouble = ({ spec, outcome }: ProgramJob): boolean =>
  outcome !== undefined &&
  outcome.status !== 'program-ran' &&
  !(spec.when === 'after' && outcome.status === 'skipped')

/** What a job that stands in an order waits for: `open` where nothing, or what it comes to without being begun. */
export type Gate = 'open' | 'closed' | { outcome: JobOutcome }

/** What becomes of the backups of a run, by the program before them as it stands. */
export const gateAfter = ({ spec, state, outcome }: Job): Gate => {
  if (state !== 'finished' || !outcome) return 'closed'
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
