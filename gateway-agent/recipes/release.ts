import { join } from 'node:path'
import type { Phase, Recipe } from '#core/contracts/recipes.ts'
import { countText } from '#core/count-text.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { RecipeNoLongerAllowedError, RecipeNotReleasedError } from '#core/errors/recipes.ts'
import type { Value } from '#core/recipes/parameters.ts'
import type { RecipePlan } from '#core/recipes/plan.ts'
import { sweepUnfinished } from './lay-into-folder.ts'
import { stagingOfOpenRestores } from './open-restores.ts'
import { foldersOf, owedOf, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps, type StepsRoom, type Stop } from './run-steps.ts'
import { endLeftGroups } from './running-groups.ts'
import { sweepStaging } from './staging.ts'

const stepsOf = (recipe: Recipe, phase: Phase): RecipePlan['steps'] =>
  (recipe.phases[phase] ?? []).map(step => ({ phase, step }))

/** @returns values as they are kept on disk */
export const plain = (values: Readonly<Record<string, Value>>): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  )

/** Every step of a release is tried: one that fails keeps no other from letting something go on. @returns the first that failed */
const releaseAll = async (
  recipe: Recipe,
  course: Course,
  steps: StepsRoom,
): Promise<Stop | undefined> => {
  let first: Stop | undefined
  for (const step of stepsOf(recipe, 'release')) {
    const stop = await runSteps([step], course, steps)
    first ??= stop
  }
  return first
}

/**
 * Brings a component to rest, does the work, and releases it: whatever the work comes to, and when this process is killed in between, its next life does. What is
 * owed is on disk before the first step.
 * @returns where `quiesce` stopped (then nothing was done), and what the work came to; `unreleased`: why it is not released yet
 * @throws `RECIPE_NOT_RELEASED` where an earlier release under this id is still owed; what the work throws
 */
export const atRest = async <T>(
  room: RecipeRoom,
  { recipe, course, steps }: { recipe: Recipe; course: Course; steps: StepsRoom },
  work: () => Promise<T>,
): Promise<({ stopped: Stop } | { done: T }) & { unreleased?: string }> => {
  const quiesce = stepsOf(recipe, 'quiesce')
  if (quiesce.length === 0) return { done: await work() }
  const { jobId, clock, staging } = steps
  const owed = owedOf(room)
  // Begun again, it would write over what tells how to release the first one.
  if (await owed.isOwed(jobId)) throw new RecipeNotReleasedError(recipe.name)
  const since = clock.now()
  const owe = () =>
    owed.owe(jobId, { recipe, values: { ...plain(course.values), staging: staging.path }, since })
  await owe()
  let unreleased: string | undefined
  const release = async (): Promise<void> => {
    // The job may have been cancelled; what was paused goes on all the same.
    const own = { ...steps, signal: new AbortController().signal }
    const stop = await releaseAll(recipe, course, own)
    if (stop?.because === 'failed') unreleased = stop.error.message
    else await owed.settled(jobId)
  }
  const rest = async (): Promise<{ stopped: Stop } | { done: T }> => {
    for (const step of quiesce) {
      const stopped = await runSteps([step], course, steps)
      // What quiescing found out, as the name of a snapshot, is what the release needs, also of a process that is killed in the next step.
      await owe()
      if (stopped) return { stopped }
    }
    return { done: await work() }
  }
  const rested = await rest().finally(release)
  return { ...rested, ...(unreleased !== undefined && { unreleased }) }
}

/**
 * Does the releases that are owed: at the start of the agent, before anything else, and again as long as some are left. Then nothing in the staging
 * folder is anybody's any more but what is owed.
 * @returns for each that could not be done: what it is, why, and what to do, in sentences
 */
export const settleOwed = async (
  room: RecipeRoom,
  { isRunning }: { isRunning: (jobId: string) => boolean },
): Promise<string[]> => {
  const owed = owedOf(room)
  const { owed: all, unreadable } = await owed.list()
  const left = unreadable.map(
    file =>
      `What is to be released by ${file} cannot be read. See what its recipe left at rest on this machine, release that by hand, and remove the file.`,
  )
  for (const { id, owed: release } of all) {
    if (isRunning(id)) continue
    const { recipe, values } = release
    try {
      if (!(await room.allowed(recipe.name))) throw new RecipeNoLongerAllowedError(recipe.name)
      const course: Course = { values: { ...values }, results: [] }
      const signal = new AbortController().signal
      const opened = { jobId: id, recipe, signal, goesOn: true }
      await withStepsRoom(room, opened, async steps => {
        const stop = await releaseAll(recipe, course, steps)
        if (stop?.because === 'failed') throw stop.error
        await owed.settled(id)
      })
      room.log.warn(
        `Job ${id} was cut off while "${recipe.name}" was at rest: released, ${countText(course.results.length, 'step')}.`,
      )
    } catch (error) {
      const { message, advice } = asXenkeepError(error)
      const since = new Date(release.since).toISOString().slice(0, 16).replace('T', ' ')
      const what = `What the recipe "${recipe.name}" brought to rest at ${since} UTC (job ${id}) is not released yet: ${message}`
      const file = join(foldersOf(room).owed, `${id}.json`)
      room.log.warn(what, error)
      left.push(
        `${what.slice(0, 500)} ${advice} The agent tries again every quarter of an hour; where you released it by hand, remove ${file}.`,
      )
    }
  }
  return left
}

/** Once, at the start, before any job. */
export const sweepRecipes = async (room: RecipeRoom): Promise<string[]> => {
  const folders = foldersOf(room)
  const ended = endLeftGroups(folders.running)
  if (ended > 0) room.log.warn(`${countText(ended, 'program')} of a former life ended.`)
  for (const folder of await sweepUnfinished(folders.restored))
    room.log.warn(`A restore was cut off: what it had begun to write into ${folder} is removed.`)
  const left = await settleOwed(room, { isRunning: () => false })
  const { owed } = await owedOf(room).list()
  const open = await stagingOfOpenRestores(room)
  await sweepStaging(folders.staging, [...owed.map(({ id }) => id), ...open])
  return left
}
