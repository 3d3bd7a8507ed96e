import type {
  ComponentRestoreReport,
  RestoreComponentSpec,
  StepResult,
} from '#core/contracts/guest-jobs.ts'
import type { AllowedRecipe, Recipe, RecipeParameters } from '#core/contracts/recipes.ts'
import { toProblem } from '#core/errors/base.ts'
import { ComponentPointUnfitError } from '#core/errors/recipes.ts'
import { GuestComponentSubject } from '#core/points/component-subject.ts'
import { guardOrigin } from '#core/recipes/allow.ts'
import { UNTRIED } from '#core/recipes/evidence-text.ts'
import type { Value } from '#core/recipes/parameters.ts'
import { chosenSteps, type RecipePlan, restoreNeedsProbe } from '#core/recipes/plan.ts'
import type { Performed } from '../control/leased-job.ts'
import { PointGoneError } from '../jobs/errors.ts'
import { bounded } from '../sentences.ts'
import { type ComponentJob, pointOf, shortened } from './capture-component.ts'
import { keptContent } from './kept-content.ts'
import { keptFacts } from './kept-facts.ts'
import { layIntoFolder } from './lay-into-folder.ts'
import { recipeDigest } from './library.ts'
import { planIn, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps, type Stop } from './run-steps.ts'

/**
 * Restores one component of the guest by the steps of its recipe, or lays its content into a folder. It stops at a step for a person and at one that fails, and
 * tells what was done; another job goes on from there, with the facts that were found.
 * @throws `RECIPE_*` (`RECIPE_POINT_FOREIGN`: of another guest), `COMPONENT_POINT_UNFIT`, `POINT_NOT_FOUND`, `SECRET_UNREADABLE` where nothing was begun
 */
export const restoreComponent = async (
  room: RecipeRoom,
  job: ComponentJob<RestoreComponentSpec>,
): Promise<Performed> => {
  const { jobId, spec, repository, context } = job
  const point = await pointOf(repository, spec.componentUuid, spec.pointId)
  if (!point) throw new PointGoneError(spec.pointId, repository.store.address)
  const parsed = GuestComponentSubject.safeParse(point.subject)
  if (!parsed.success)
    throw new ComponentPointUnfitError(point.id, 'its commit record does not tell how it was made.')
  const subject = parsed.data
  const recipe = await room.library.find(subject.recipe.name)
  guardOrigin(recipe, subject.guest, room.guest, await room.allowed(recipe.name))
  const kept = keptContent(repository, point)
  const report = (more: Partial<ComponentRestoreReport>): Performed => ({
    outcome: {
      status: 'component-restored',
      report: {
        ...{ componentUuid: spec.componentUuid, pointId: point.id },
        recipe: { name: recipe.name, version: recipe.version },
        ...{ steps: [], notes: [], ...more },
      },
    },
  })
  if (spec.target === 'folder') {
    await planIn(
      room,
      recipe,
      ['restore'],
      askedOf(recipe, await room.allowed(recipe.name), subject.parameters, spec),
    )
    return report(await layIntoFolder(room, job, point, kept))
  }
  if (!recipe.phases.restore)
    throw new ComponentPointUnfitError(point.id, `the recipe "${recipe.name}" restores nothing.`)
  const asked = askedOf(recipe, await room.allowed(recipe.name), subject.parameters, spec)
  const probe = restoreNeedsProbe(recipe) ? (['probe'] as const) : []
  const phases = [...probe, 'restore', 'postcheck'] as const
  const plan = await planIn(room, recipe, phases, asked)
  const chosen = chosenSteps(plan, spec.steps)
  const memory = keptFacts(room, spec.componentUuid, point.id)
  const earlier = spec.steps ? await memory.load() : {}
  const { signal } = context
  return withStepsRoom(room, { jobId, recipe, signal }, async opened => {
    const course: Course = {
      values: { ...earlier, ...plan.parameters },
      point: { ...subject.facts, ...subject.parameters },
      results: [],
    }
    const steps = {
      ...opened,
      kept,
      onStep: (phase: string) => context.report({ phase: phase.slice(0, 200) }),
      restore: {
        times: { taken: subject.taken, now: room.clock.now() },
        overrides: spec.overrides ?? [],
      },
    }
    const partly = spec.steps !== undefined && 'only' in spec.steps
    const wanted = chosen.filter(({ phase }) => !partly || phase !== 'postcheck')
    let stop: Stop | undefined
    try {
      stop = await runSteps(wanted, course, steps)
    } finally {
      // Also of a restore that is cut off here: whoever goes on needs what was found.
      await memory.save(course.values)
    }
    if (!stop && !partly) await memory.forget()
    return report({
      steps: [...shortened(course.results), ...notBegun(wanted, course.results)],
      ...(stop && { stopped: stoppedAt(stop, wanted) }),
      notes: bounded(notesOn(room, recipe, subject)),
    })
  })
}

/** What was asked for when the point was made counts again, unless the guest or the restore say otherwise. */
const askedOf = (
  recipe: Recipe,
  allowed: AllowedRecipe | undefined,
  recorded: Readonly<Record<string, Value>>,
  { parameters = {} }: RestoreComponentSpec,
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

/** Steps that nothing was told of yet. */
const notBegun = (wanted: RecipePlan['steps'], results: readonly StepResult[]): StepResult[] => {
  const told = new Set(results.map(({ id }) => id))
  return wanted
    .filter(({ step }) => !told.has(step.id))
    .map(({ phase, step: { id, does } }) => ({ phase, id, does, result: 'not-begun' as const }))
}

const stoppedAt = (stop: Stop, wanted: RecipePlan['steps']): ComponentRestoreReport['stopped'] => {
  const { id } = stop.step
  if (stop.because === 'failed') {
    const isOfRestore = wanted.some(({ phase, step }) => phase === 'restore' && step.id === id)
    const problem = toProblem(stop.error)
    return { at: id, because: 'failed', ...(isOfRestore && { goOnFrom: id }), problem }
  }
  const steps = wanted.filter(({ phase }) => phase === 'restore').map(({ step }) => step.id)
  const next = steps[steps.indexOf(id) + 1]
  return { at: id, because: 'manual', ...(next !== undefined && { goOnFrom: next }) }
}

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
