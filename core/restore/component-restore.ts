import { keys } from '../catalog/keys.ts'
import type { ComponentRestoreReport } from '../contracts/guest-jobs.ts'
import {
  ComponentRestoreOpenError,
  ComponentRestoreStepError,
} from '../errors/component-restore.ts'
import type { Catalog } from '../ports.ts'
import { notFrom, stepsInWords } from '../recipes/open-restore.ts'
import type { Job } from '../runs/job.ts'
import { readJobs } from '../runs/jobs-catalog.ts'
import type { Run } from '../runs/run.ts'

/** The newest restore of a component, as the catalog keeps it; how it stands its runs tell. */
export interface StoredComponentRestore {
  pointId: string
  /** The newest run of it. */
  runId: string
}

type Stopped = NonNullable<ComponentRestoreReport['stopped']>

/**
 * How the newest restore of a component stands.
 * - `none`: there is none, or it has ended
 * - `busy`: a run of it goes on, or waits for approval
 * - `person`: it waits for a person
 * - `failed`: it failed, or was ended from outside; where it stands only its guest may know
 */
export type Standing =
  | { state: 'none' }
  | { state: 'busy'; run: Run }
  | { state: 'person'; run: Run; stopped: Stopped }
  | { state: 'failed'; run: Run; stopped?: Stopped }

/** A run that did nothing on the guest leaves the restore as the one before it had left it. */
export const standingOf = async (catalog: Catalog, runId: string): Promise<Standing> => {
  const run = (await catalog.get<Run>(keys.run(runId)))?.value
  if (!run || run.givenUpBy !== undefined) return { state: 'none' }
  if (run.state === 'waiting' || run.state === 'running') return { state: 'busy', run }
  const [job] = await readJobs(catalog, runId)
  if (job?.outcome?.status === 'component-restored') {
    const { stopped, givenUp } = job.outcome.report
    if (!stopped || givenUp) return { state: 'none' }
    return { state: stopped.because === 'manual' ? 'person' : 'failed', run, stopped }
  }
  if (job && !didNothing(job)) return { state: 'failed', run }
  return run.goesOnFrom === undefined ? { state: 'none' } : standingOf(catalog, run.goesOnFrom)
}

/** One that was leased more than once may have begun in a former life. */
const didNothing = (job: Job): boolean => job.epoch === 0 || (job.epoch === 1 && wasRefused(job))

/** Who went on with it elsewhere did so for whoever asks; not one who was declined, or refused by the guest: then it stands as before. */
export const newestRunOf = async (catalog: Catalog, runId: string): Promise<Run | undefined> => {
  const run = (await catalog.get<Run>(keys.run(runId)))?.value
  if (run?.goneOnBy !== undefined) return (await newestRunOf(catalog, run.goneOnBy)) ?? run
  return run && back(catalog, run)
}

/** Whether another run went on from one; not where that was declined, or refused by the guest. */
export const isGoneOn = async (catalog: Catalog, { runId, goneOnBy }: Run): Promise<boolean> =>
  goneOnBy !== undefined && (await newestRunOf(catalog, runId))?.runId !== runId

const back = async (catalog: Catalog, run: Run): Promise<Run> => {
  const { runId, state, goesOnFrom } = run
  if (goesOnFrom === undefined || state === 'waiting' || state === 'running') return run
  const [job] = await readJobs(catalog, runId)
  if (job && !didNothing(job)) return run
  const former = (await catalog.get<Run>(keys.run(goesOnFrom)))?.value
  if (!former) return run
  const isByAnother = former.goneOnBy !== undefined && former.goneOnBy !== runId
  return isByAnother ? ((await newestRunOf(catalog, goesOnFrom)) ?? run) : back(catalog, former)
}

/** Whether the guest said no before it began anything; what else ends a job may have come in the middle. */
const wasRefused = ({ outcome }: Job): boolean =>
  outcome?.status === 'failed' &&
  /^(COMPONENT_RESTORE_(STEP|OPEN)|RECIPE_[A-Z_]+|SECRET_UNREADABLE)$/.test(outcome.problem.code)

/** @throws `COMPONENT_RESTORE_OPEN` where another restore of the component is under way, or waits for a person */
export const guardNew = (
  standing: Standing,
  { name, pointId, onto }: { name: string; pointId: string; onto?: string | undefined },
): void => {
  if (standing.state === 'busy')
    throw new ComponentRestoreOpenError(
      name,
      pointId,
      `the run ${standing.run.runId} is at work on it`,
      onto,
    )
  if (standing.state === 'person')
    throw new ComponentRestoreOpenError(name, pointId, standsText(standing.stopped), onto)
}

/**
 * Whether a restore goes on from a step, as far as is known here: where it stands exactly its guest says.
 * @returns the run that it goes on from
 * @throws `COMPONENT_RESTORE_STEP`
 */
export const guardFrom = (
  standing: Standing,
  open: StoredComponentRestore | undefined,
  { pointId, from }: { pointId: string; from: number },
): Run => {
  if (standing.state === 'none' || !open)
    throw new ComponentRestoreStepError(
      'none of this component is open.',
      'Begin one with "xenkeep guests restore POINT".',
    )
  if (standing.state === 'busy')
    throw new ComponentRestoreStepError(
      `its run ${standing.run.runId} has not ended.`,
      'Wait for the end of that run, or cancel it with "xenkeep cancel RUN".',
    )
  if (open.pointId !== pointId)
    throw new ComponentRestoreStepError(
      `the one that is open is of the recovery point ${open.pointId}.`,
      'Go on with that one, or give it up first.',
    )
  const { stopped } = standing
  if (stopped?.from && !stopped.from.includes(from))
    throw notFrom(from, stopped.of, stopped.from, standsText(stopped))
  return standing.run
}

const standsText = ({ because, number, at, from }: Stopped): string =>
  because === 'manual'
    ? `it waits for a person at step ${number ?? ''}, "${at}", and goes on from ${stepsInWords(from ?? [])}`
    : `it failed at "${at}"`

/** @throws `COMPONENT_RESTORE_STEP` where a run is at work on it, or it is of another point: that one would be forgotten here, and wait on its guest */
export const guardGiveUp = (
  standing: Standing,
  open: StoredComponentRestore | undefined,
  pointId: string,
): void => {
  if (standing.state === 'none') return
  if (open && open.pointId !== pointId)
    throw new ComponentRestoreStepError(
      `the one that is open is of the recovery point ${open.pointId}.`,
      'Give up that one, or go on with it.',
    )
  if (standing.state !== 'busy') return
  throw new ComponentRestoreStepError(
    `its run ${standing.run.runId} has not ended, so it cannot be given up.`,
    'Cancel that run first with "xenkeep cancel RUN", and give the restore up when it has ended.',
  )
}
