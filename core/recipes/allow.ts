import type { AllowedRecipe, Phase, Recipe } from '../contracts/recipes.ts'
import { PHASES } from '../contracts/recipes.ts'
import { RecipeNotAllowedError, RecipePointForeignError } from '../errors/recipes.ts'

/** What one phase cannot do without. */
const BRINGS: Partial<Record<Phase, readonly Phase[]>> = {
  capture: ['probe', 'quiesce', 'verify', 'release'],
  quiesce: ['release'],
  restore: ['probe', 'postcheck'],
}

/** Whoever writes a recipe's name alone wants it saved; that others may have its data replaced has to be said. */
const UNNAMED: readonly Phase[] = ['capture']

/** Phases of a recipe that the guest's settings allow: those that are named, and what they cannot do without. Where none is named, nothing that restores. */
export const allowedPhases = ({ phases }: Pick<AllowedRecipe, 'phases'>): Phase[] => {
  const allowed = new Set((phases ?? UNNAMED).flatMap(phase => [phase, ...(BRINGS[phase] ?? [])]))
  return PHASES.filter(phase => allowed.has(phase))
}

/** @throws `RECIPE_NOT_ALLOWED` */
export const guardAllowed = (
  recipe: Pick<Recipe, 'name'>,
  phases: readonly Phase[],
  allowed: AllowedRecipe | undefined,
): AllowedRecipe => {
  if (!allowed) throw new RecipeNotAllowedError(recipe.name, 'anything')
  const may = allowedPhases(allowed)
  for (const phase of phases)
    if (!may.includes(phase)) throw new RecipeNotAllowedError(recipe.name, `the phase "${phase}"`)
  return allowed
}

/**
 * Whether a recovery point may be restored here, by a recipe or into a folder: those of this guest, and of guests that its settings name. Whoever could lead others
 * here would read on one machine what another one keeps from it.
 * @param savedOn as the point's own record says
 * @throws `RECIPE_POINT_FOREIGN`
 */
export const guardOrigin = (
  { name }: Pick<Recipe, 'name'>,
  savedOn: { uuid: string; name: string },
  here: { uuid: string },
  allowed: AllowedRecipe | undefined,
): void => {
  if (savedOn.uuid === here.uuid || allowed?.restoreFrom?.includes(savedOn.uuid)) return
  throw new RecipePointForeignError(name, savedOn)
}
