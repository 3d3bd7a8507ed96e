import type { RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import type { AllowedRecipe, Recipe, RecipeParameters } from '#core/contracts/recipes.ts'
import { ComponentPointUnfitError } from '#core/errors/recipes.ts'
import { GuestComponentSubject } from '#core/points/component-subject.ts'
import { guardOrigin } from '#core/recipes/allow.ts'
import type { Value } from '#core/recipes/parameters.ts'
import { numberedSteps, onlySteps, restoreNeedsProbe } from '#core/recipes/plan.ts'
import type { Performed } from '../control/leased-job.ts'
import { PointGoneError } from '../jobs/errors.ts'
import { pointOf } from './capture-component.ts'
import type { ComponentJob } from './component-job.ts'
import { giveUpRestore } from './give-up-restore.ts'
import { keptContent } from './kept-content.ts'
import { layIntoFolder } from './lay-into-folder.ts'
import { openRestoreOf } from './open-restores.ts'
import { begunRestore, restoreInSteps } from './restore-in-steps.ts'
import { reportOf } from './restore-report.ts'
import { planIn, type RecipeRoom } from './room.ts'

/**
 * Restores one component of the guest by the steps of its recipe, or lays its content into a folder. It stops at a step for a person and at one that fails, and
 * tells what was done; another job goes on from there, with the facts and files that were found, or gives it up.
 * @throws `RECIPE_*` (`RECIPE_POINT_FOREIGN`: of another guest), `COMPONENT_POINT_UNFIT`, `COMPONENT_RESTORE_*`, `POINT_NOT_FOUND`, `SECRET_UNREADABLE` where nothing was begun
 */
export const restoreComponent = async (
  room: RecipeRoom,
  job: ComponentJob<RestoreComponentSpec>,
): Promise<Performed> => {
  const { jobId, spec, repository } = job
  if (spec.steps && 'giveUp' in spec.steps) return giveUpRestore(room, job)
  const point = await pointOf(repository, spec.componentUuid, spec.pointId)
  if (!point) throw new PointGoneError(spec.pointId, repository.store.address)
  const parsed = GuestComponentSubject.safeParse(point.subject)
  if (!parsed.success)
    throw new ComponentPointUnfitError(point.id, 'its commit record does not tell how it was made.')
  const subject = parsed.data
  const recipe = await room.library.find(subject.recipe.name)
  guardOrigin(recipe, subject.guest, room.guest, await room.allowed(recipe.name))
  const kept = keptContent(repository, point)
  const asked = async (parameters: RecipeParameters | undefined) =>
    askedOf(recipe, await room.allowed(recipe.name), subject.parameters, parameters)
  if (spec.target === 'folder') {
    await planIn(room, recipe, ['restore'], await asked(spec.parameters))
    return reportOf(spec, recipe, { steps: [], ...(await layIntoFolder(room, job, point, kept)) })
  }
  if (!recipe.phases.restore)
    throw new ComponentPointUnfitError(point.id, `the recipe "${recipe.name}" restores nothing.`)
  const journal = openRestoreOf(room, spec.componentUuid)
  const former = await journal.load()
  const isFrom = spec.steps !== undefined && 'from' in spec.steps
  const goesOn = former && (former.jobId === jobId || isFrom)
  const parameters = goesOn ? former.parameters : spec.parameters
  const probe = restoreNeedsProbe(recipe) ? (['probe'] as const) : []
  const phases = [...probe, 'restore', 'postcheck'] as const
  const plan = await planIn(room, recipe, phases, await asked(parameters))
  const only = goesOn ? former.only : onlyOf(spec)
  const steps = onlySteps(recipe, numberedSteps(plan.steps), only)
  const restore = begunRestore(former, {
    ...{ job, recipe, steps, only, now: room.clock.now() },
  })
  const work = { recipe, plan: { ...plan, steps }, subject, kept }
  return restoreInSteps(room, job, { ...work, restore, former, save: journal.save })
}

const onlyOf = ({ steps }: RestoreComponentSpec): string[] | undefined =>
  steps && 'only' in steps ? steps.only : undefined

/** What was asked for when the point was made counts again, unless the guest or the restore say otherwise. */
const askedOf = (
  recipe: Recipe,
  allowed: AllowedRecipe | undefined,
  recorded: Readonly<Record<string, Value>>,
  parameters: RecipeParameters = {},
): RecipeParameters => {
  const own = Object.entries(recorded).filter(([name, value]) => {
    const known = recipe.parameters[name]
    return known && !known.local && !Object.hasOwn(allowed?.parameters ?? {}, name) && value !== ''
  })
  return {
    ...Object.fromEntries(
      own.map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
    ),
    ...parameters,
  }
}
