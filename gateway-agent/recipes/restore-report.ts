import type {
  ComponentRestoreReport,
  RestoreComponentSpec,
  StepResult,
} from '#core/contracts/guest-jobs.ts'
import { toProblem } from '#core/errors/base.ts'
import { fromStep, type OpenRestore } from '#core/recipes/open-restore.ts'
import { lastNumber, type PlannedStep } from '#core/recipes/plan.ts'
import type { Performed } from '../control/leased-job.ts'
import { shortened } from './capture-component.ts'
import type { Stop } from './run-steps.ts'

/** The outcome of a job that restored, or gave a restore up. */
export const reportOf = (
  { componentUuid, pointId }: RestoreComponentSpec,
  { name, version }: { name: string; version: number },
  more: Pick<ComponentRestoreReport, 'steps' | 'notes'> & Partial<ComponentRestoreReport>,
): Performed => ({
  outcome: {
    status: 'component-restored',
    report: { componentUuid, pointId, recipe: { name, version }, ...more },
  },
})

/** What became of each step, those of earlier jobs and those to come among them. */
export const toldSteps = (
  steps: readonly PlannedStep[],
  results: readonly StepResult[],
): StepResult[] => {
  const told = new Set(results.map(({ id }) => id))
  return [
    ...shortened(results),
    ...steps.flatMap(({ phase, step: { id, does }, number }) =>
      number === undefined || told.has(id)
        ? []
        : [{ ...{ phase, id, number, does }, result: 'not-begun' as const }],
    ),
  ]
}

/** Where it stopped, and from where it goes on. */
export const stoppedAt = (
  stop: Stop,
  steps: readonly PlannedStep[],
  { next }: Pick<OpenRestore, 'next'>,
): NonNullable<ComponentRestoreReport['stopped']> => {
  const { id } = stop.step
  const of = lastNumber(steps)
  const number = steps.find(({ step }) => step.id === id)?.number
  const counted = number === undefined ? {} : { number, of }
  if (stop.because === 'manual')
    return {
      ...{ at: id, because: 'manual', ...counted, text: stop.text.slice(0, 4_000) },
      from: [(number ?? next) + 1],
    }
  return {
    ...{ at: id, because: 'failed', ...counted },
    from: number === undefined ? [next] : fromStep(number, steps),
    problem: toProblem(stop.error),
  }
}
