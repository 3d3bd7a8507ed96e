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
  steps: PlannedStep[]
}

export interface PlannedStep {
  phase: Phase
  step: Step
  /** Of a restore: its place among all steps of `restore` and `postcheck`, from 1. */
  number?: number
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

/** Steps of a restore with their numbers: those of the phases `restore` and `postcheck`, from 1. What comes before them has none. */
export const numberedSteps = (steps: readonly PlannedStep[]): PlannedStep[] => {
  let number = 0
  return steps.map(planned =>
    isNumbered(planned.phase) ? { ...planned, number: ++number } : planned,
  )
}

/**
 * Of the steps of a restore those that are asked for; what comes before them is always done, and what checks all of it then not.
 * @throws `RECIPE_PARAMETER` where a step is named that there is not
 */
export const onlySteps = (
  { name }: Pick<Recipe, 'name'>,
  steps: readonly PlannedStep[],
  only: readonly string[] | undefined,
): PlannedStep[] => {
  if (!only) return [...steps]
  const ids = steps.flatMap(({ phase, step }) => (phase === 'restore' ? [step.id] : []))
  for (const id of only)
    if (!ids.includes(id))
      throw new RecipeParameterError(
        name,
        'steps',
        `names "${id}", which is no step of its restore (${ids.join(', ')})`,
      )
  return steps.filter(({ number, step }) => number === undefined || only.includes(step.id))
}

/** @returns 0 where none has a number */
export const lastNumber = (steps: readonly PlannedStep[]): number =>
  steps.reduce((last, { number = 0 }) => Math.max(last, number), 0)

const isNumbered = (phase: Phase): boolean => phase === 'restore' || phase === 'postcheck'

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
