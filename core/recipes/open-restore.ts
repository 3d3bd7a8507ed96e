import type { ComponentRestoreReport, Override, StepResult } from '../contracts/guest-jobs.ts'
import type { RecipeParameters } from '../contracts/recipes.ts'
import { ComponentRestoreStepError } from '../errors/component-restore.ts'
import { lastNumber, type PlannedStep } from './plan.ts'

/** A restore of a component as its guest keeps it, from the first step until it has ended or is given up. */
export interface OpenRestore {
  /** The job that began it. */
  restoreId: string
  /** The job that worked on it last. */
  jobId: string
  pointId: string
  /** ms since 1970 */
  since: number
  recipe: { name: string; version: number; sha256: string }
  /** As the first job asked for them. */
  parameters?: RecipeParameters | undefined
  overrides: Override[]
  /** Only these of its steps. */
  only?: string[] | undefined
  /** Parameters and facts. */
  values: Record<string, string | string[]>
  /** Of the steps that have numbers. */
  results: StepResult[]
  /** `ended`: all of it is done, or it was given up. */
  state: 'running' | 'stopped' | 'ended'
  /** The number of the step that comes next; all before it are done. One more than there are: none. */
  next: number
  /** The step that was begun and did not come to its end. */
  begun?: number | undefined
  stopped?: ComponentRestoreReport['stopped']
  givenUp?: true | undefined
}

/** Whether a step may be done again without asking: it changes nothing. */
const isHarmless = ({ step }: PlannedStep): boolean =>
  step.effects === 'reads' || [step.manual, step.rule, step.facts].some(Boolean)

/**
 * How a restore goes on in a new life of its job.
 * @returns the step in whose middle the former one ended, where that must not be done again by itself
 */
export const cutOffAt = (
  { begun }: Pick<OpenRestore, 'begun'>,
  steps: readonly PlannedStep[],
): PlannedStep | undefined => {
  const step = begun === undefined ? undefined : steps.find(({ number }) => number === begun)
  return step && !isHarmless(step) ? step : undefined
}

/** From where it goes on after a step that did not come to its end: a person may have done what it does; a rule is set aside with a reason, and by nobody's hand. */
export const fromStep = (number: number, steps: readonly PlannedStep[]): number[] =>
  steps.some(one => one.number === number && one.step.rule) ? [number] : [number, number + 1]

/** Which steps it may go on from. */
export const mayGoOnFrom = (
  { stopped, begun, next }: Pick<OpenRestore, 'stopped' | 'begun' | 'next'>,
  steps: readonly PlannedStep[],
): number[] => stopped?.from ?? (begun === undefined ? [next] : fromStep(begun, steps))

/** `step 4`, `step 4 or 5` */
export const stepsInWords = (from: readonly number[]): string => `step ${from.join(' or ')}`

/** How one stands that has not ended, a clause. */
export const standsInWords = (open: OpenRestore): string => {
  if (open.stopped?.because === 'manual')
    return `it waits for a person at step ${open.stopped.number}, "${open.stopped.at}"`
  if (open.stopped) return `it failed at "${open.stopped.at}"`
  return open.begun === undefined
    ? `it stands before step ${open.next}`
    : `it was cut off in step ${open.begun}`
}

/** Whether another restore of the component would cross it: somebody is at work for it. */
export const isInTheWay = ({ state, stopped }: OpenRestore): boolean =>
  state === 'stopped' && stopped?.because === 'manual'

/**
 * Whether what is open goes on from this step.
 * @param open what the guest knows of a restore of the component
 * @param wanted with all of its steps
 * @throws `COMPONENT_RESTORE_STEP`
 */
export const guardGoOn = (
  open: OpenRestore | undefined,
  wanted: {
    pointId: string
    from: number
    recipe: OpenRestore['recipe']
    steps: readonly PlannedStep[]
  },
): OpenRestore => {
  const { pointId, from, recipe, steps } = wanted
  if (!open || open.state === 'ended')
    throw new ComponentRestoreStepError(
      open ? 'it has ended.' : 'none of this component is open on its guest.',
      'Begin one with "xenkeep guests restore POINT".',
    )
  if (open.pointId !== pointId)
    throw new ComponentRestoreStepError(
      `the one that is open is of the recovery point ${open.pointId}, and ${standsInWords(open)}.`,
      'Go on with that one, or give it up first.',
    )
  guardSameRecipe(open, recipe)
  const allowed = mayGoOnFrom(open, steps)
  if (allowed.includes(from)) return open
  throw notFrom(from, lastNumber(steps), allowed, standsInWords(open))
}

/** @throws `COMPONENT_RESTORE_STEP` where the recipe on the guest is another one by now: its steps are not those that were done */
export const guardSameRecipe = (
  { recipe: begun }: Pick<OpenRestore, 'recipe'>,
  now: OpenRestore['recipe'],
): void => {
  if (begun.sha256 === now.sha256) return
  const other =
    begun.version === now.version ? 'another one of the same number' : `version ${now.version}`
  throw new ComponentRestoreStepError(
    `the recipe "${now.name}" on the guest has changed since: it was begun with version ${begun.version}, and the one there now is ${other}.`,
    'Put the recipe back as it was, or give the restore up and begin it anew.',
  )
}

/** The error of one who names another step than the one that is open. */
export const notFrom = (
  from: number,
  count: number | undefined,
  allowed: readonly number[],
  stands: string,
): ComponentRestoreStepError =>
  new ComponentRestoreStepError(
    count !== undefined && from > count + 1
      ? `there is no step ${from}, the recipe has ${count}.`
      : `step ${from} is not the one that is open: ${stands}.`,
    `It goes on from ${stepsInWords(allowed)}, once what that waits for is done.`,
  )

/** The restore as another job goes on with it. What a person did counts as done. */
export const goneOn = (
  open: OpenRestore,
  { jobId, from, overrides }: { jobId: string; from: number; overrides: readonly Override[] },
  steps: readonly PlannedStep[],
): OpenRestore => {
  const { begun, stopped: _, begun: _begun, ...rest } = open
  const before = open.results.filter(({ number = 0 }) => number < from)
  const byHand = begun !== undefined && begun < from ? begun : undefined
  const handed = steps.find(({ number }) => number !== undefined && number === byHand)
  const results = before.filter(({ number }) => number !== byHand)
  const former = before.findLast(({ number }) => number === byHand)
  if (handed) results.push(doneByHand(handed, former))
  return {
    ...rest,
    ...{ jobId, results, state: 'running', next: from },
    overrides: [...open.overrides, ...overrides].slice(-20),
  }
}

const doneByHand = (
  { phase, step, number }: PlannedStep,
  former: StepResult | undefined,
): StepResult => ({
  ...{ phase, id: step.id, ...(number !== undefined && { number }), does: step.does },
  ...(former?.began !== undefined && { began: former.began }),
  result: 'done',
  text: (former?.result === 'manual'
    ? `by a person: ${former.text ?? ''}`
    : `by a person, as whoever went on says${former?.text ? `; before, ${former.text}` : ''}`
  ).slice(0, 1_000),
})

/** Steps that end what was paused and is still: each `undoes` one that was done, and was not done itself. */
export const undoing = (
  { results, begun }: Pick<OpenRestore, 'results' | 'begun'>,
  steps: readonly PlannedStep[],
): PlannedStep[] => {
  const done = new Set(results.flatMap(({ id, result }) => (result === 'done' ? [id] : [])))
  const cutOff = steps.find(({ number }) => number !== undefined && number === begun)?.step.id
  return steps.filter(
    ({ step }) =>
      step.undoes !== undefined &&
      !done.has(step.id) &&
      (done.has(step.undoes) || step.undoes === cutOff),
  )
}
