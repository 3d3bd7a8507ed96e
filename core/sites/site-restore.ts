import type { RunView } from '../contracts/runs-api.ts'
import type { SiteRestoreStep } from '../contracts/site-restore-plan.ts'
import type { SiteStepState } from '../contracts/site-restores-api.ts'
import { SiteStepRefusedError } from '../errors/sites.ts'

/** Something that a person did to a step. */
export interface StepEntry {
  at: number
  by: string
  text: string
}

/** A step as the catalog keeps it. What a person settled stands in `settled`; else it is as its newest run is. */
export interface StoredStep {
  /** From 1. */
  number: number
  step: SiteRestoreStep
  settled?: 'done' | 'skipped'
  runId?: string
  log: StepEntry[]
}

/** A restore of a site as the catalog keeps it; its steps are items of their own. */
export interface StoredRestore {
  restoreId: string
  siteId: string
  siteName: string
  pointId: string
  taken: number
  started: number
  startedBy: string
  steps: number
  notes: string[]
  ended?: { at: number; by: string; because?: string }
}

/** How its run stands; `undefined` where it cannot be found (any more). */
type RunState = RunView['state'] | undefined

const OF_RUN: Record<RunView['state'], SiteStepState> = {
  waiting: 'waiting',
  running: 'running',
  succeeded: 'done',
  // Some of it is not as it was asked for: a person looks, and confirms or has it done again.
  warning: 'failed',
  failed: 'failed',
  cancelled: 'failed',
  'action-required': 'action-required',
}

export const stateOfStep = ({ settled, runId }: StoredStep, run: RunState): SiteStepState => {
  if (settled) return settled
  if (runId === undefined) return 'open'
  return run ? OF_RUN[run] : 'failed'
}

/** A step behind which the next ones may begin. */
export const isSettled = (state: SiteStepState): boolean => state === 'done' || state === 'skipped'

/** Numbers of the steps that have to be done or skipped before one. */
export const waitsFor = (
  { step }: StoredStep,
  states: ReadonlyMap<string, { number: number; state: SiteStepState }>,
): number[] =>
  step.after.flatMap(id => {
    const before = states.get(id)
    return before && !isSettled(before.state) ? [before.number] : []
  })

/** Who does something to a step, when (ms since 1970), and why. */
export interface Doing {
  by: string
  at: number
  because?: string | undefined
}

/**
 * Whether a step may be started.
 * @param open numbers of steps that come first
 * @throws `SITE_STEP_REFUSED`
 */
export const guardStart = (
  { step }: StoredStep,
  state: SiteStepState,
  open: readonly number[],
  from?: number,
): void => {
  const { title, kind, job } = step
  if (kind === 'manual')
    throw new SiteStepRefusedError(
      title,
      'a person does it, so there is nothing to start.',
      'Do what it says, and confirm it.',
    )
  if (from !== undefined) {
    if (job?.kind === 'restore-component' && (state === 'action-required' || state === 'failed'))
      return
    throw new SiteStepRefusedError(
      title,
      `there is no restore of a component that would go on from step ${from}: it is ${IS[state]}.`,
      'Leave "from" out to begin a step that is open.',
    )
  }
  if (state === 'action-required') throw waitsForPerson(step)
  if (state !== 'open')
    throw new SiteStepRefusedError(
      title,
      `it is ${IS[state]}.`,
      state === 'waiting' || state === 'running'
        ? 'Wait for the end of its run, or cancel that.'
        : 'Open it again first, if it is to be done once more.',
    )
  if (open.length > 0)
    throw new SiteStepRefusedError(
      title,
      `${open.length === 1 ? `step ${open[0]} comes` : `steps ${open.slice(0, 10).join(', ')}${open.length > 10 ? ` and ${open.length - 10} more` : ''} come`} first, and ${open.length === 1 ? 'is' : 'are'} neither done nor left out.`,
      'Do those first, or leave them out and say why.',
    )
}

/** A person says that a step is done. @throws `SITE_STEP_REFUSED` */
export const confirmed = (
  step: StoredStep,
  state: SiteStepState,
  { by, at, because }: Doing,
): StoredStep => {
  guardQuiet(step, state)
  if (state === 'done' || state === 'skipped') throw alreadySettled(step, state)
  if (step.step.kind === 'automatic' && because === undefined)
    throw new SiteStepRefusedError(
      step.step.title,
      'it is one that a run does, and nobody said why it counts as done without that.',
      'Say with "because" what was done instead.',
    )
  const text = because === undefined ? 'done' : `done: ${because}`
  return { ...step, settled: 'done', log: noted(step, { at, by, text }) }
}

/** A person leaves a step out. @throws `SITE_STEP_REFUSED` */
export const skipped = (
  step: StoredStep,
  state: SiteStepState,
  { by, at, because }: Doing,
): StoredStep => {
  guardQuiet(step, state)
  if (state === 'done' || state === 'skipped') throw alreadySettled(step, state)
  if (!step.step.optional && because === undefined)
    throw new SiteStepRefusedError(
      step.step.title,
      'nobody said why it is left out.',
      'Say why with "because"; it stands in the log of the restore.',
    )
  const text = because === undefined ? 'left out' : `left out: ${because}`
  return { ...step, settled: 'skipped', log: noted(step, { at, by, text }) }
}

/** What was done, failed or left out is open again. @throws `SITE_STEP_REFUSED` */
export const reopened = (
  step: StoredStep,
  state: SiteStepState,
  { by, at, because }: Doing,
): StoredStep => {
  guardQuiet(step, state)
  if (state === 'open')
    throw new SiteStepRefusedError(step.step.title, 'it is open.', 'Start it, or confirm it.')
  const { settled: _, runId: _run, ...rest } = step
  const text = `opened again, after it was ${IS[state]}${because === undefined ? '' : `: ${because}`}`
  return { ...rest, log: noted(step, { at, by, text }) }
}

export const begunBy = (
  step: StoredStep,
  runId: string,
  { by, at, because }: Doing,
  from?: number,
): StoredStep => {
  const how = from === undefined ? 'started' : `gone on with from step ${from} of its recipe`
  const text = `${how} as the run ${runId}${because === undefined ? '' : `: ${because}`}`
  return { ...step, runId, log: noted(step, { at, by, text }) }
}

const IS: Record<SiteStepState, string> = {
  open: 'open',
  waiting: 'waiting for approval of its run',
  running: 'under way',
  done: 'done',
  failed: 'one whose run failed',
  'action-required': 'waiting for a person',
  skipped: 'left out',
}

const guardQuiet = ({ step }: StoredStep, state: SiteStepState): void => {
  if (state === 'running' || state === 'waiting')
    throw new SiteStepRefusedError(
      step.title,
      `it is ${IS[state]}.`,
      'Wait for the end of its run, or cancel that with "xenkeep cancel RUN".',
    )
  // Confirmed, it goes on: whoever calls sees to that.
  if (state === 'action-required') throw waitsForPerson(step)
}

const waitsForPerson = ({ title, job }: StoredStep['step']) =>
  new SiteStepRefusedError(
    title,
    'its restore waits for a person on the guest.',
    `Do what its line says and confirm it ("done"), or give that restore up first with "xenkeep guests restore ${job?.pointId ?? 'POINT'} --give-up".`,
  )

const alreadySettled = ({ step }: StoredStep, state: SiteStepState) =>
  new SiteStepRefusedError(
    step.title,
    `it is ${IS[state]} already.`,
    'Open it again first, if that was wrong.',
  )

/** The last entries: a step that was tried a hundred times tells of those. */
const LOGGED = 100

const noted = ({ log }: StoredStep, entry: StepEntry): StepEntry[] =>
  [...log, { ...entry, by: entry.by.slice(0, 200), text: entry.text.slice(0, 1_000) }].slice(
    -LOGGED,
  )
