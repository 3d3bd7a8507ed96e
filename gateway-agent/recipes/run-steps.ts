import type { StepResult } from '#core/contracts/guest-jobs.ts'
import type { Step } from '#core/contracts/recipe-steps.ts'
import type { Phase } from '#core/contracts/recipes.ts'
import { asXenkeepError, type XenkeepError } from '#core/errors/base.ts'
import { RecipeStepFailedError, RecipeStepTimeoutError } from '#core/errors/recipes.ts'
import type { Clock } from '#core/ports.ts'
import { actionOf, isWanted, itemsOf } from '#core/recipes/action.ts'
import { FillError, type Scope } from '#core/recipes/fill.ts'
import type { Value } from '#core/recipes/parameters.ts'
import type { PlannedStep, RecipePlan } from '#core/recipes/plan.ts'
import type { RuleTimes } from '#core/recipes/rules.ts'
import { rules } from '#core/recipes/rules.ts'
import type { Log } from '../log.ts'
import { ActionError, type ActionRoom } from './action-room.ts'
import { performAction } from './perform-action.ts'

export interface StepsRoom extends Omit<ActionRoom, 'note'> {
  jobId: string
  /** A signal that is aborted after so many ms. */
  timer: (ms: number) => AbortSignal
  clock: Clock
  log: Log
  /** Called as a step begins, with its words, and its number in a restore. */
  onStep?: (does: string, number?: number) => void
  /** Of a restore. */
  restore?: {
    times: RuleTimes
    overrides: readonly { rule: string; because: string }[]
    journal: Journal
  }
}

/** What is on disk of a restore at any moment, so that nothing is done twice after this process was killed. */
export interface Journal {
  /** Awaited before anything of the step is done. */
  begins(number: number): Promise<void>
  /** Awaited before anything of the next one is. */
  ends(number: number): Promise<void>
}

/** How far a row of steps has come. Kept while it runs, so that whatever ends it leaves the story. */
export interface Course {
  /** Parameters and facts. */
  values: Record<string, Value>
  point?: Record<string, Value>
  results: StepResult[]
}

/** Where a row of steps stopped before its end. */
export type Stop =
  | { step: Step; because: 'manual'; text: string }
  | { step: Step; because: 'failed'; error: XenkeepError }

/**
 * Does steps in their order, until one fails or a person is needed. Each leaves a result, and a line in the log.
 * @returns where it stopped, if it did
 */
export const runSteps = async (
  steps: RecipePlan['steps'],
  course: Course,
  room: StepsRoom,
): Promise<Stop | undefined> => {
  for (const planned of steps) {
    const { number } = planned
    const journal = number === undefined ? undefined : room.restore?.journal
    room.signal.throwIfAborted()
    await journal?.begins(number ?? 0)
    const stop = await runStep(planned, course, room)
    if (stop) return stop
    await journal?.ends(number ?? 0)
  }
  return undefined
}

const runStep = async (
  { phase, step, number }: PlannedStep,
  course: Course,
  room: StepsRoom,
): Promise<Stop | undefined> => {
  const told = { phase, id: step.id, ...(number !== undefined && { number }), does: step.does }
  const scopeOf = (item?: string): Scope => ({
    values: {
      ...{ ...course.values, staging: room.staging.path, jobId: room.jobId },
      ...(item !== undefined && { item }),
    },
    ...(course.point && { point: course.point }),
  })
  const began = room.clock.now()
  let item: string | undefined
  const result = (outcome: StepResult['result'], text?: string): void => {
    const seconds = (room.clock.now() - began) / 1_000
    course.results.push({
      ...told,
      ...(item !== undefined && { item: item.slice(0, 200) }),
      result: outcome,
      ...(outcome !== 'left-out' && { began, seconds }),
      ...(text !== undefined && { text: text.slice(0, 1_000) }),
    })
    const line = `Job ${room.jobId}: ${phase} ${step.id}${item === undefined ? '' : ` [${item}]`}`
    room.log.info(`${line}: ${outcome}${text === undefined ? '' : `, ${text}`}`)
  }
  try {
    room.signal.throwIfAborted()
    if (!isWanted(step, scopeOf())) {
      result('left-out')
      return undefined
    }
    for (item of itemsOf(step, scopeOf())) {
      room.signal.throwIfAborted()
      room.onStep?.(item === undefined ? step.does : `${step.does}: ${item}`, number)
      const text = await runOnce(phase, step, scopeOf(item), course, room)
      if (text?.manual !== undefined) {
        result('manual', text.manual)
        return { step, because: 'manual', text: text.manual }
      }
      result('done', text?.note)
    }
    return undefined
  } catch (error) {
    // Whoever ended the job says so himself.
    if (room.signal.aborted) throw room.signal.reason
    const failure = inWords(step, item, error)
    result('failed', failure.message)
    return { step, because: 'failed', error: failure }
  }
}

const runOnce = async (
  phase: Phase,
  step: Step,
  scope: Scope,
  course: Course,
  room: StepsRoom,
): Promise<{ note?: string; manual?: string } | undefined> => {
  if (step.stagingBytes !== undefined) await room.staging.needs(bytesIn(step.stagingBytes, scope))
  const action = actionOf(step, scope)
  if (action.kind === 'manual') return { manual: action.text }
  if (action.kind === 'rule') return { note: followRule(action, room) }
  const late = room.timer(step.timeoutSeconds * 1_000)
  const signal = AbortSignal.any([room.signal, late])
  try {
    let note: string | undefined
    const told = (text: string) => {
      note = text
    }
    const facts = await performAction(action, { step, phase }, { ...room, signal, note: told })
    Object.assign(course.values, facts)
    return note === undefined ? undefined : { note }
  } catch (error) {
    if (late.aborted && !room.signal.aborted)
      throw new RecipeStepTimeoutError(step.id, step.does, step.timeoutSeconds)
    throw error
  }
}

/** @returns what came of it @throws the error of the rule where nobody set it aside */
const followRule = (
  { name, with: given }: { name: string; with: Record<string, string> },
  { restore }: StepsRoom,
): string => {
  const rule = rules.get(name)
  if (!rule || !restore) throw new FillError(`there is no rule "${name}".`)
  const breach = rule(given, restore.times)
  if (!breach) return 'the rule holds'
  const override = restore.overrides.find(other => other.rule === name)
  if (!override) throw breach
  return `${breach.message} The rule "${name}" was set aside, because: ${override.because}`
}

const bytesIn = (template: string, scope: Scope): number => {
  const action = actionOf(
    {
      ...{ id: 'bytes', does: 'counts', effects: 'reads', timeoutSeconds: 1 },
      facts: { gives: { bytes: template } },
    },
    scope,
  )
  const how = action.kind === 'facts' ? action.gives.bytes : undefined
  const bytes = how && 'value' in how ? Number(how.value) : Number.NaN
  if (Number.isFinite(bytes)) return bytes
  throw new FillError('the number of bytes that it writes is none.')
}

const inWords = (step: Step, item: string | undefined, error: unknown): XenkeepError => {
  const which = item === undefined ? step.id : `${step.id}" for "${item}`
  if (error instanceof ActionError || error instanceof FillError) {
    const why = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`
    return new RecipeStepFailedError(which, step.does, why)
  }
  return asXenkeepError(error)
}
