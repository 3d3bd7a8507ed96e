import type { AllowedRecipe, Phase, Recipe } from '../contracts/recipes.ts'
import { PHASES } from '../contracts/recipes.ts'
import { RecipeNotAllowedError } from '../errors/recipes.ts'

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
