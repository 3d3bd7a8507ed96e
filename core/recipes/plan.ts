import type { Step } from '../contracts/recipe-steps.ts'
import type { AllowedRecipe, Phase, Recipe, RecipeParameters } from '../contracts/recipes.ts'
import { PHASES } from '../contracts/recipes.ts'
import {
  RecipeParameterError,
  RecipeSecretMissingError,
  RecipeUnfitError,
} from '../errors/recipes.ts'
import { guardAllowed } from './allow.ts'
import { parametersOf, type Value } from './parameters.ts'

/** What is going to be run, in its order, with all that it asks of the guest's settings. */
export interface RecipePlan {
  recipe: Recipe
  parameters: Record<string, Value>
  steps: { phase: Phase; step: Step }[]
}

export interface PlanRequest {
  phases: readonly Phase[]
  parameters?: RecipeParameters | undefined
  /** What the guest's settings say of this recipe; nothing: it is not allowed. */
  allowed: AllowedRecipe | undefined
  os: 'linux' | 'windows' | 'other'
}

/**
 * Decides whether the phases of a recipe may be run here, and what they run. Nothing is looked at but what is given.
 * @throws `RECIPE_NOT_ALLOWED`, `RECIPE_PARAMETER`, `RECIPE_SECRET_MISSING`, `RECIPE_UNFIT`
 */
export const planOf = (
  recipe: Recipe,
  { phases, parameters = {}, allowed, os }: PlanRequest,
): RecipePlan => {
  const wanted = PHASES.filter(phase => phases.includes(phase))
  const settings = guardAllowed(recipe, wanted, allowed)
  if (recipe.os !== 'any' && recipe.os !== os)
    throw new RecipeUnfitError(recipe.name, `it is made for ${NAMES[recipe.os]}.`)
  for (const name of Object.keys(settings.secrets ?? {}))
    if (!Object.hasOwn(recipe.secrets, name))
      throw new RecipeParameterError(recipe.name, name, 'is none of its secrets')
  for (const [name, { required }] of Object.entries(recipe.secrets))
    if (required && !Object.hasOwn(settings.secrets ?? {}, name))
      throw new RecipeSecretMissingError(recipe.name, name)
  return {
    recipe,
    parameters: parametersOf(recipe, parameters, settings.parameters ?? {}),
    steps: wanted.flatMap(phase => (recipe.phases[phase] ?? []).map(step => ({ phase, step }))),
  }
}

const NAMES = { linux: 'Linux', windows: 'Windows' }

/**
 * The steps of a restore that are asked for.
 * @throws `RECIPE_PARAMETER` where a step is named that there is not
 */
export const chosenSteps = (
  { recipe, steps }: RecipePlan,
  choice: { from: string } | { only: readonly string[] } | undefined,
): RecipePlan['steps'] => {
  if (!choice) return steps
  const ids = steps.flatMap(({ phase, step }) => (phase === 'restore' ? [step.id] : []))
  for (const id of 'from' in choice ? [choice.from] : choice.only)
    if (!ids.includes(id))
      throw new RecipeParameterError(
        recipe.name,
        'steps',
        `names "${id}", which is no step of its restore (${ids.join(', ')})`,
      )
  const chosen = new Set('from' in choice ? ids.slice(ids.indexOf(choice.from)) : choice.only)
  return steps.filter(({ phase, step }) => phase !== 'restore' || chosen.has(step.id))
}

/** Whether a restore uses what the probe finds now. Where it does not, nothing is probed: what is restored may be gone. */
export const restoreNeedsProbe = ({ phases }: Pick<Recipe, 'phases'>): boolean => {
  const { probe = [], restore = [], postcheck = [] } = phases
  const found = probe.flatMap(({ exec, sql, ldap, http, facts }) =>
    [exec, sql, ldap, http, facts].flatMap(action => Object.keys(action?.gives ?? {})),
  )
  const steps = JSON.stringify([...restore, ...postcheck])
  return found.some(name =>
    ['${NAME}', '${NAME|', '"value":"NAME"', '"forEach":"NAME"'].some(use =>
      steps.includes(use.replace('NAME', name)),
    ),
  )
}
