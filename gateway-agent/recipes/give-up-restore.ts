import type { RestoreComponentSpec, StepResult } from '#core/contracts/guest-jobs.ts'
import type { Recipe } from '#core/contracts/recipes.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { type OpenRestore, undoing } from '#core/recipes/open-restore.ts'
import { numberedSteps } from '#core/recipes/plan.ts'
import type { Performed } from '../control/leased-job.ts'
import { bounded } from '../sentences.ts'
import type { ComponentJob } from './component-job.ts'
import { recipeDigest } from './library.ts'
import { openRestoreOf } from './open-restores.ts'
import { reportOf } from './restore-report.ts'
import { foldersOf, planIn, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps } from './run-steps.ts'
import { removeStaging } from './staging.ts'

const NOTHING = 'No restore of this component was open on the guest; nothing was kept for one.'

/**
 * Ends a restore that is open: what a step of it paused goes on, as far as its recipe says how, and what is kept for it is removed. What its steps have changed stays
 * changed, and is told.
 */
export const giveUpRestore = async (
  room: RecipeRoom,
  job: ComponentJob<RestoreComponentSpec>,
): Promise<Performed> => {
  const { spec, jobId } = job
  const journal = openRestoreOf(room, spec.componentUuid)
  const open = await journal.load()
  const isOurs = open && open.pointId === spec.pointId && open.state !== 'ended'
  const again = open?.givenUp && open.jobId === jobId
  if (!open || (!isOurs && !again))
    return reportOf(spec, open?.recipe ?? { name: 'none', version: 1 }, {
      ...{ steps: [], notes: [NOTHING], givenUp: true },
    })
  const undone = again ? [] : await undo(room, job, open)
  const results = [...open.results, ...undone]
  await removeStaging(foldersOf(room).staging, open.restoreId)
  const { begun: _, stopped: _stopped, ...rest } = open
  await journal.save({ ...rest, results, jobId, values: {}, state: 'ended', givenUp: true })
  return reportOf(spec, open.recipe, {
    ...{ steps: results.slice(-500), givenUp: true },
    notes: bounded([
      ...left(open),
      ...undone.map(({ id, result, text = '' }) =>
        result === 'done'
          ? `"${id}" was done, so that nothing stays paused.`
          : `"${id}" would end what is paused, and was not done; do it by hand. ${text}`,
      ),
    ]),
  })
}

/** What is changed, and stays so. */
const left = ({ results, begun, stopped }: OpenRestore): string[] => {
  const changed = results.filter(({ result, phase }) => result === 'done' && phase === 'restore')
  const steps = [...new Set(changed.map(({ number, id }) => `${number} ("${id}")`))]
  return [
    ...(steps.length > 0
      ? [`What these steps did stays as it is: ${steps.slice(0, 20).join(', ')}.`]
      : []),
    ...(begun === undefined || stopped?.because === 'manual'
      ? []
      : [`Step ${begun} was begun and not ended; see what it left.`]),
  ]
}

/** Steps that end what was paused. @returns what became of each */
const undo = async (
  room: RecipeRoom,
  { jobId, context }: ComponentJob<RestoreComponentSpec>,
  open: OpenRestore,
): Promise<StepResult[]> => {
  const recipe = await sameRecipe(room, open)
  if (!recipe) return []
  const planned = numberedSteps(
    (recipe.phases.restore ?? []).map(step => ({ phase: 'restore', step })),
  )
  const steps = undoing(open, planned).map(({ phase, step }) => ({ phase, step }))
  if (steps.length === 0) return []
  try {
    await planIn(room, recipe, ['restore'])
    const course: Course = { values: { ...open.values }, results: [] }
    const { signal } = context
    const { restoreId: staging } = open
    await withStepsRoom(room, { jobId, staging, recipe, signal, goesOn: true }, async opened => {
      for (const step of steps) await runSteps([step], course, opened)
    })
    return course.results
  } catch (error) {
    if (context.signal.aborted) throw error
    const text = asXenkeepError(error).message.slice(0, 1_000)
    return steps.map(({ phase, step: { id, does } }) => ({
      ...{ phase, id, does, result: 'failed' as const, text },
    }))
  }
}

/** @returns nothing where it has changed since, or is gone */
const sameRecipe = async (room: RecipeRoom, open: OpenRestore): Promise<Recipe | undefined> => {
  const recipe = await room.library.find(open.recipe.name).catch(() => undefined)
  return recipe && recipeDigest(recipe) === open.recipe.sha256 ? recipe : undefined
}
