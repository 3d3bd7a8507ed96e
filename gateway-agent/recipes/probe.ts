import { GUEST_FACTS_BYTES, type RecipeFacts } from '#core/contracts/guests-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { allowedPhases } from '#core/recipes/allow.ts'
import { isOwn } from './library.ts'
import { planIn, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps } from './run-steps.ts'

/** Bytes that are left for what an agent tells beside its recipes: mount points, what is not released. */
const REST = 12 * 1024
/** Items of a list that an agent may tell. */
const MOST = 1_000

/**
 * What the probe of each allowed recipe finds. One that cannot be used says why, and none keeps another from being looked at.
 * @param names of recipes that the settings allow
 */
export const probeRecipes = async (
  room: RecipeRoom,
  names: readonly string[],
  signal: AbortSignal,
): Promise<RecipeFacts[]> => {
  const found: RecipeFacts[] = []
  // A share for each, so that one with long lists leaves room for the others.
  const share = Math.floor((GUEST_FACTS_BYTES - REST) / Math.max(1, names.length))
  for (const name of names) {
    signal.throwIfAborted()
    found.push(bounded(await probe(room, name, signal), share))
  }
  return found
}

const probe = async (room: RecipeRoom, name: string, signal: AbortSignal): Promise<RecipeFacts> => {
  const allowed = (await room.allowed(name)) ?? { phases: [] }
  const may = allowedPhases(allowed)
  const facts: RecipeFacts = { recipe: name, phases: may, facts: {} }
  try {
    const recipe = await room.library.find(name)
    const phases = may.filter(phase => recipe.phases[phase])
    const { version, evidence, os } = recipe
    const known = { ...facts, version, ...(isOwn(recipe) && { own: { evidence, os } }), phases }
    const course: Course = { values: {}, results: [] }
    const telling = (problem?: string): RecipeFacts => ({
      ...known,
      ...(problem !== undefined && { problem: problem.slice(0, 1_000) }),
      facts: own(course, Object.keys(recipe.parameters)),
    })
    try {
      const plan = await planIn(room, recipe, ['probe'])
      Object.assign(course.values, plan.parameters)
      const quiet = { ...room, log: { ...room.log, info: () => undefined } }
      const opened = { jobId: `probe-${name}`, recipe, signal }
      const stop = await withStepsRoom(quiet, opened, steps => runSteps(plan.steps, course, steps))
      return telling(stop?.because === 'failed' ? inWords(stop.error) : undefined)
    } catch (error) {
      signal.throwIfAborted()
      return telling(inWords(error))
    }
  } catch (error) {
    signal.throwIfAborted()
    return { ...facts, problem: inWords(error).slice(0, 1_000) }
  }
}

const inWords = (error: unknown): string => {
  const { message, advice } = asXenkeepError(error)
  return `${message} ${advice}`
}

/** Facts that steps found, as JSON has them. */
const own = ({ values }: Course, parameters: readonly string[]): RecipeFacts['facts'] =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => !parameters.includes(name))
      .map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )

/** @param most bytes of JSON */
const bounded = (told: RecipeFacts, most: number): RecipeFacts => {
  const size = (facts: RecipeFacts) => Buffer.byteLength(JSON.stringify(facts))
  const facts = Object.fromEntries(
    Object.entries(told.facts).filter(([, value]) => !Array.isArray(value) || value.length <= MOST),
  )
  const isShort = Object.keys(facts).length === Object.keys(told.facts).length
  if (isShort && size(told) <= most) return told
  const short = { ...told, facts, problem: told.problem ?? TOO_MUCH }
  if (size(short) <= most) return short
  // The longest go first: a version or a name stays.
  const byLength = Object.keys(facts).sort(
    (a, b) => JSON.stringify(facts[b]).length - JSON.stringify(facts[a]).length,
  )
  for (const name of byLength) {
    delete facts[name]
    const rest = { ...told, facts, problem: told.problem ?? TOO_MUCH }
    if (size(rest) <= most) return rest
  }
  return { ...told, facts: {}, problem: told.problem ?? TOO_MUCH }
}

const TOO_MUCH =
  'It found more than an agent may tell; the longest lists are left out here, and backups have them all.'
