import type { RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import type { JobProgress } from '#core/contracts/jobs.ts'
import type { Recipe } from '#core/contracts/recipes.ts'
import {
  ComponentRestoreCutOffError,
  ComponentRestoreOpenError,
} from '#core/errors/component-restore.ts'
import type { GuestComponentSubject } from '#core/points/component-subject.ts'
import { UNTRIED } from '#core/recipes/evidence-text.ts'
import {
  cutOffAt,
  goneOn,
  guardGoOn,
  guardSameRecipe,
  isInTheWay,
  type OpenRestore,
  standsInWords,
} from '#core/recipes/open-restore.ts'
import { lastNumber, type PlannedStep, type RecipePlan } from '#core/recipes/plan.ts'
import type { Performed } from '../control/leased-job.ts'
import { bounded } from '../sentences.ts'
import type { ComponentJob } from './component-job.ts'
import type { Kept } from './content.ts'
import { recipeDigest } from './library.ts'
import { plain } from './release.ts'
import { reportOf, stoppedAt, toldSteps } from './restore-report.ts'
import { foldersOf, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, type Journal, runSteps, type Stop } from './run-steps.ts'
import { removeStaging } from './staging.ts'

type Job = ComponentJob<RestoreComponentSpec>

/**
 * The restore that a job works on: its own, where a former life of it began; the open one, which it goes on with; or a new one, which takes the place of one that failed.
 * @throws `COMPONENT_RESTORE_OPEN`, `COMPONENT_RESTORE_STEP`
 */
export const begunRestore = (
  former: OpenRestore | undefined,
  wanted: {
    job: Job
    recipe: Recipe
    steps: PlannedStep[]
    only: string[] | undefined
    now: number
  },
): OpenRestore => {
  const { job, recipe, steps, only, now } = wanted
  const { jobId, spec } = job
  const { name, version } = recipe
  const known = { name, version, sha256: recipeDigest(recipe) }
  if (former?.jobId === jobId) {
    if (former.state === 'running') guardSameRecipe(former, known)
    return former
  }
  const { pointId, parameters, overrides = [] } = spec
  if (spec.steps && 'from' in spec.steps) {
    const { from } = spec.steps
    const open = guardGoOn(former, { pointId, from, recipe: known, steps })
    return goneOn(open, { jobId, from, overrides }, steps)
  }
  if (former && isInTheWay(former))
    throw new ComponentRestoreOpenError(
      spec.name,
      former.pointId,
      standsInWords(former),
      ontoOf(spec),
    )
  return {
    ...{ restoreId: jobId, jobId, pointId, since: now, recipe: known },
    ...(parameters && { parameters }),
    ...(only && { only }),
    // One step alone may need what a restore of the same point found.
    values: only && former?.pointId === pointId ? former.values : {},
    ...{ overrides, results: [], state: 'running', next: 1 },
  }
}

interface Work {
  recipe: Recipe
  plan: RecipePlan
  subject: GuestComponentSubject
  kept: Kept
  restore: OpenRestore
  former: OpenRestore | undefined
  save: (restore: OpenRestore) => Promise<void>
}

/** Does the steps that are left, each noted on disk before and after, so that a new life of this job, or another job, knows what is done. */
export const restoreInSteps = async (
  room: RecipeRoom,
  job: Job,
  work: Work,
): Promise<Performed> => {
  const { jobId, spec, context } = job
  const { recipe, plan, subject, kept, former } = work
  const { steps } = plan
  let restore = work.restore
  const note = async (change: Partial<OpenRestore>): Promise<void> => {
    restore = { ...restore, ...change }
    await work.save(restore)
  }
  const told = (results = restore.results) =>
    reportOf(spec, recipe, {
      steps: toldSteps(steps, results),
      ...(restore.stopped && { stopped: restore.stopped }),
      notes: bounded(notesOn(room, recipe, subject)),
    })
  // A former life of this job came to its end, and could not tell it.
  if (restore.state !== 'running') return told()
  if (former && former.restoreId !== restore.restoreId)
    await removeStaging(foldersOf(room).staging, former.restoreId)
  const goesOn = former?.restoreId === restore.restoreId
  await note({})
  const cutOff = cutOffAt(restore, steps)
  if (cutOff) {
    const { number = 0, step } = cutOff
    const error = new ComponentRestoreCutOffError(number, step.id, step.does)
    const stop: Stop = { step, because: 'failed', error }
    const text = error.message.slice(0, 1_000)
    const { phase } = cutOff
    const result = { phase, id: step.id, number, does: step.does, result: 'failed' as const, text }
    const results = [...restore.results, result]
    await note({ results, state: 'stopped', stopped: stoppedAt(stop, steps, restore) })
    return told()
  }
  const { signal } = context
  const keeps = () => restore.state !== 'ended'
  const { restoreId } = restore
  return withStepsRoom(
    room,
    { jobId, staging: restoreId, recipe, signal, goesOn, keeps },
    async opened => {
      const course: Course = {
        values: { ...restore.values, ...plan.parameters },
        point: { ...subject.facts, ...subject.parameters },
        results: [],
      }
      const before = restore.results
      const numbered = () => [
        ...before,
        ...course.results.filter(({ number }) => number !== undefined),
      ]
      const journal: Journal = {
        begins: number => note({ begun: number, next: number }),
        ends: number =>
          note({
            begun: undefined,
            next: number + 1,
            results: numbered(),
            values: plain(course.values),
          }),
      }
      const count = lastNumber(steps)
      const stop = await runSteps(
        steps.filter(({ number }) => number === undefined || number >= restore.next),
        course,
        {
          ...opened,
          kept,
          onStep: (does, number) => {
            const which = number === undefined ? '' : `step ${number} of ${count}: `
            const phase = `${which}${does}`.slice(0, 200)
            context.report({ phase, steps: progressOf(steps, restore.next) })
          },
          restore: {
            times: { taken: subject.taken, now: room.clock.now() },
            overrides: restore.overrides,
            journal,
          },
        },
      )
      const probed = course.results.filter(({ number }) => number === undefined)
      const results = numbered()
      const stopped = stop && stoppedAt(stop, steps, restore)
      if (stopped) await note({ results, values: plain(course.values), state: 'stopped', stopped })
      else await note({ results, values: {}, state: 'ended' })
      return told([...probed, ...results])
    },
  )
}

/** The guest, where the component was saved on another one. */
const ontoOf = ({ savedOn, guestUuid }: RestoreComponentSpec) =>
  savedOn === undefined ? undefined : guestUuid

/** Of a restore of very many steps the first. */
const progressOf = (
  steps: readonly PlannedStep[],
  next: number,
): NonNullable<JobProgress['steps']> =>
  steps
    .flatMap(({ number, step: { does } }) => {
      if (number === undefined) return []
      const state = number < next ? 'done' : number === next ? 'now' : 'to-come'
      return [{ number, does: does.slice(0, 200), state } as const]
    })
    .slice(0, 100)

const notesOn = (
  { guest: here }: Pick<RecipeRoom, 'guest'>,
  recipe: Recipe,
  { recipe: made, guest }: GuestComponentSubject,
): string[] => [
  ...(guest.uuid === here.uuid
    ? []
    : [
        `It was saved on the guest "${guest.name}" (${guest.uuid}) and restored on "${here.name}", whose settings take that.`,
      ]),
  ...(made.sha256 === recipeDigest(recipe)
    ? []
    : [
        `The recovery point was made by version ${made.version} of the recipe "${recipe.name}", as it was then; the one here, version ${recipe.version}, is another.`,
      ]),
  ...(recipe.evidence === 'tested' ? [] : [UNTRIED]),
]
