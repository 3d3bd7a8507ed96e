import type { RunView } from '../contracts/runs-api.ts'
import type {
  SiteRestoreView,
  SiteStepState,
  SiteStepView,
} from '../contracts/site-restores-api.ts'
import { countText } from '../count-text.ts'
import type { Catalog } from '../ports.ts'
import { newestRunOf } from '../restore/component-restore.ts'
import { quoted } from '../runs/explain.ts'
import type { Run } from '../runs/run.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import {
  isSettled,
  type StoredRestore,
  type StoredStep,
  stateOfStep,
  waitsFor,
} from './site-restore.ts'

/** A step with how it stands now. */
export interface KnownStep {
  stored: StoredStep
  state: SiteStepState
  /** Its newest run. */
  runId?: string
  line?: string
}

/** How the steps stand: those with a run are as their run is now, so that nothing has to be carried over. */
export const knownSteps = (catalog: Catalog, steps: readonly StoredStep[]): Promise<KnownStep[]> =>
  someAtOnce(steps, async stored => {
    const { settled } = stored
    const run = stored.runId === undefined ? undefined : await newestRunOf(catalog, stored.runId)
    const runId = run?.runId ?? stored.runId
    const line = runId === undefined || settled ? undefined : lineOf(run)
    return {
      stored,
      ...(runId !== undefined && { runId }),
      state: stateOfStep(stored, run?.state),
      ...(line !== undefined && { line: line.slice(0, 1_000) }),
    }
  })

const lineOf = (run: Run | undefined): string =>
  run
    ? (run.line ?? GOES_ON[run.state] ?? run.state)
    : 'its run is not known any more; open the step again'

const GOES_ON: Partial<Record<RunView['state'], string>> = { running: 'its run goes on' }

/** By the id of the plan. */
export const statesOf = (
  steps: readonly KnownStep[],
): Map<string, { number: number; state: SiteStepState }> =>
  new Map(steps.map(({ stored, state }) => [stored.step.id, { number: stored.number, state }]))

export const viewStep = (
  { stored, state, line, runId }: KnownStep,
  states: ReturnType<typeof statesOf>,
): SiteStepView => {
  const before = state === 'open' ? waitsFor(stored, states).slice(0, 20) : []
  const { step, number, log } = stored
  return {
    ...step,
    number,
    state,
    ...(before.length > 0 && { waitsFor: before }),
    log,
    ...(runId !== undefined && { runId }),
    ...(line !== undefined && { line }),
  }
}

export const viewRestore = (
  { steps: _, notes, ...restore }: StoredRestore,
  steps: readonly KnownStep[],
): SiteRestoreView => {
  const counts = countsOf(steps)
  const isDone = steps.every(({ state }) => isSettled(state))
  return {
    ...restore,
    startedBy: restore.startedBy.slice(0, 200),
    state: isDone ? 'done' : restore.ended ? 'ended' : 'open',
    notes,
    steps: counts,
    line: lineOfRestore(restore, steps, counts).slice(0, 1_000),
  }
}

const countsOf = (steps: readonly KnownStep[]): SiteRestoreView['steps'] => {
  const counts = {
    ...{ open: 0, waiting: 0, running: 0, done: 0, failed: 0, skipped: 0 },
    'action-required': 0,
  }
  for (const { state } of steps) counts[state]++
  return counts
}

const lineOfRestore = (
  { ended }: Pick<StoredRestore, 'ended'>,
  steps: readonly KnownStep[],
  { done, skipped, failed, running, waiting, 'action-required': person }: SiteRestoreView['steps'],
): string => {
  const counts = [
    `${done} of ${countText(steps.length, 'step')} done`,
    ...Object.entries({
      'left out': skipped,
      failed,
      'under way': running,
      'waiting for approval': waiting,
      'waiting for a person': person,
    })
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`),
  ].join(', ')
  if (done + skipped === steps.length) return `${counts}.`
  if (ended) return `${counts}. Ended by ${ended.by}${ended.because ? `: ${ended.because}` : '.'}`
  const states = statesOf(steps)
  const next = steps.find(
    ({ stored, state }) => state === 'open' && waitsFor(stored, states).length === 0,
  )
  const trouble = steps.find(({ state }) => state === 'failed')
  if (trouble)
    return `${counts}. Step ${trouble.stored.number} failed: ${trouble.line ?? 'see its run'}`
  const stopped = steps.find(({ state }) => state === 'action-required')
  if (stopped) {
    const { number } = stopped.stored
    return `${counts}. Step ${number} ${stopped.line ?? 'waits for a person'} Then confirm step ${number}, and it goes on.`
  }
  if (!next) return `${counts}.`
  const { number, step } = next.stored
  return `${counts}. Next: step ${number}, ${quoted(step.title, 300)}, ${step.kind === 'manual' ? 'which a person does' : 'which XenKeep does when it is started'}.`
}
