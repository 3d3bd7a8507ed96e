import { RecipeUnfitError } from '#core/errors/recipes.ts'
import { atRest } from './release.ts'
import { planIn, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps } from './run-steps.ts'

/**
 * Brings what a recipe saves to rest for somebody who takes a snapshot, until it is let go. What is owed is on disk: a process that is killed
 * meanwhile releases it in its next life.
 * @param id names it on disk; of one recipe one at a time
 * @returns the release; it never throws, and answers what went wrong
 * @throws `RECIPE_*` and what a step of `quiesce` runs into; then it is released already
 */
export const holdAtRest = async (
  room: RecipeRoom,
  { name, id, signal }: { name: string; id: string; signal: AbortSignal },
): Promise<{ release(): Promise<string | undefined> }> => {
  const recipe = await room.library.find(name)
  const plan = await planIn(room, recipe, ['probe', 'quiesce', 'release'])
  if (!recipe.phases.quiesce)
    throw new RecipeUnfitError(name, 'it has nothing that would be brought to rest.')
  const held = Promise.withResolvers<void>()
  const letGo = Promise.withResolvers<void>()
  const through = withStepsRoom(room, { jobId: id, recipe, signal }, async steps => {
    const course: Course = { values: { ...plan.parameters }, results: [] }
    const probe = plan.steps.filter(({ phase }) => phase === 'probe')
    const found = await runSteps(probe, course, steps)
    if (found?.because === 'failed') throw found.error
    const rested = await atRest(room, { recipe, course, steps }, () => {
      held.resolve()
      return letGo.promise
    })
    if ('stopped' in rested && rested.stopped.because === 'failed') throw rested.stopped.error
    return rested.unreleased
  })
  through.catch(held.reject)
  await held.promise
  return {
    release: () => {
      letGo.resolve()
      return through.catch((error: Error) => error.message)
    },
  }
}
