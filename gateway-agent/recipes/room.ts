import { join } from 'node:path'
import type { AllowedRecipe, Phase, Recipe, RecipeParameters } from '#core/contracts/recipes.ts'
import type { Clock } from '#core/ports.ts'
import { type PlanRequest, planOf, type RecipePlan } from '#core/recipes/plan.ts'
import type { Patience } from '../control/patience.ts'
import type { Log } from '../log.ts'
import { readSecret } from '../secret-file.ts'
import type { RecipeLibrary } from './library.ts'
import type { OwedReleases } from './owed.ts'
import { owedReleases } from './owed.ts'
import type { StepPorts } from './ports.ts'
import { redactor } from './redact.ts'
import type { StepsRoom } from './run-steps.ts'
import { openStaging, type Staging } from './staging.ts'

/** The guest that recipes are run on. */
export interface GuestMachine {
  uuid: string
  name: string
  os: PlanRequest['os']
  /** As its system calls itself, for people. */
  osName: string
}

/** What every run of a recipe works with. */
export interface RecipeRoom {
  guest: GuestMachine
  library: RecipeLibrary
  /** What the settings allow, by name: asked anew each time, so that a change needs no restart. */
  allowed(name: string): Promise<AllowedRecipe | undefined>
  /** Files of secrets are named relative to it. */
  dataDir: string
  ports: StepPorts
  /** A signal that is aborted after so many ms. */
  timer: (ms: number) => AbortSignal
  clock: Clock
  patience: Patience
  log: Log
}

/** Folders of ours below the data directory. */
export const foldersOf = ({ dataDir }: Pick<RecipeRoom, 'dataDir'>) => {
  const folder = join(dataDir, 'guest')
  return {
    staging: join(folder, 'staging'),
    owed: join(folder, 'owed'),
    /** Programs that are at work. */
    running: join(folder, 'running'),
    /** How restores stand that go on. */
    restores: join(folder, 'restores'),
    /** Where content is laid that nobody restores. */
    restored: join(folder, 'restored'),
  }
}

export const owedOf = (room: Pick<RecipeRoom, 'dataDir'>): OwedReleases =>
  owedReleases(foldersOf(room).owed)

/** @throws as `planOf`; `RECIPE_UNKNOWN`, `RECIPE_INVALID` */
export const planIn = async (
  room: RecipeRoom,
  recipe: Recipe,
  phases: readonly Phase[],
  parameters?: RecipeParameters,
): Promise<RecipePlan> =>
  planOf(recipe, {
    ...{ phases, parameters, os: room.guest.os },
    allowed: await room.allowed(recipe.name),
  })

/**
 * The secrets that the settings name for a recipe, read now.
 * @throws `SECRET_UNREADABLE`
 */
const secretsFor = async (room: RecipeRoom, recipe: Recipe): Promise<Map<string, string>> => {
  const { secrets = {} } = (await room.allowed(recipe.name)) ?? {}
  const values = new Map<string, string>()
  for (const [name, file] of Object.entries(secrets))
    values.set(
      name,
      await readSecret(`secret "${name}" of the recipe "${recipe.name}"`, room.dataDir, file),
    )
  return values
}

export interface OpenedFor {
  /** Names the folder, unless `staging` does. */
  jobId: string
  staging?: string
  recipe: Recipe
  signal: AbortSignal
  /** What an earlier life of the job left in its folder is still needed. */
  goesOn?: boolean
  /** Asked at the end: whether the folder stays for another job. */
  keeps?: () => boolean
}

/**
 * Opens what steps of one job work in, and empties it when the work has ended, however it ended: unless a release is still owed, which may need what lies there.
 */
export const withStepsRoom = async <T>(
  room: RecipeRoom,
  { jobId, staging: folder = jobId, recipe, signal, goesOn = false, keeps }: OpenedFor,
  work: (steps: StepsRoom) => Promise<T>,
): Promise<T> => {
  const secrets = await secretsFor(room, recipe)
  const isNeeded = goesOn || (await owedOf(room).isOwed(jobId))
  const staging: Staging = await openStaging(foldersOf(room).staging, folder, isNeeded)
  const { ports, timer, clock, log } = room
  const redact = redactor(secrets.values())
  try {
    return await work({ ports, staging, secrets, redact, signal, jobId, timer, clock, log })
  } finally {
    if (!keeps?.() && !(await owedOf(room).isOwed(jobId)))
      await staging.empty().catch(error => log.warn(`${staging.path} could not be emptied`, error))
  }
}
