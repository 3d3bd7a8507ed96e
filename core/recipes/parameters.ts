import type { Parameter, Recipe, RecipeParameters } from '../contracts/recipes.ts'
import { RecipeNotAllowedError, RecipeParameterError } from '../errors/recipes.ts'

/** Text, or a list of texts: what templates are filled with. */
export type Value = string | readonly string[]
export type Values = Readonly<Record<string, Value>>

/** No path and no option can be made of it: "." and ".." are folders. */
const NAME = /^(?!\.{1,2}$)[^-\p{Cc}/\\][^\p{Cc}/\\]*$/u
const PATH = /^(\/|[A-Za-z]:\\|\\\\)[^\p{Cc}]*$/u
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * The effective parameters of a recipe: what the settings of the guest fix, else what the job asks for, else what the recipe says.
 * @throws `RECIPE_PARAMETER`; `RECIPE_NOT_ALLOWED` where the job asks for another value than is fixed, or for one that only the guest may give
 */
export const parametersOf = (
  recipe: Pick<Recipe, 'name' | 'parameters'>,
  asked: RecipeParameters,
  fixed: RecipeParameters,
): Record<string, Value> => {
  for (const name of [...Object.keys(asked), ...Object.keys(fixed)])
    if (!Object.hasOwn(recipe.parameters, name))
      throw new RecipeParameterError(recipe.name, name, 'is unknown to it')
  const values: Record<string, Value> = {}
  for (const [name, parameter] of Object.entries(recipe.parameters)) {
    const isAsked = Object.hasOwn(asked, name)
    const isFixed = Object.hasOwn(fixed, name)
    const told = (from: RecipeParameters) => textOf(recipe.name, name, parameter, from[name])
    if (isAsked && isFixed && !isSame(told(asked), told(fixed)))
      throw new RecipeNotAllowedError(recipe.name, `another value of the parameter "${name}"`)
    if (isAsked && !isFixed && parameter.local)
      throw new RecipeNotAllowedError(
        recipe.name,
        `a job to give the parameter "${name}", which only the guest's settings may give,`,
      )
    const value = told(isFixed ? fixed : isAsked ? asked : { [name]: parameter.default ?? '' })
    if (parameter.required && value.length === 0)
      throw new RecipeParameterError(recipe.name, name, 'is missing')
    values[name] = value
  }
  return values
}

/** @throws `RECIPE_PARAMETER` where the value is none of its kind */
const textOf = (
  recipe: string,
  name: string,
  { kind, pattern }: Parameter,
  value: RecipeParameters[string] | undefined,
): Value => {
  const refuse = (why: string): never => {
    throw new RecipeParameterError(recipe, name, why)
  }
  const isFit = (text: string): boolean =>
    pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)
  const one = (text: string): string => {
    if (text.includes('\0')) refuse('has a character that no program can take (NUL)')
    if (text !== '' && !isFit(text)) refuse(`is not as it has to be (${pattern})`)
    return text
  }
  if (kind === 'list') {
    if (value === undefined || value === '') return []
    return Array.isArray(value) ? value.map(one) : refuse('has to be a list')
  }
  if (Array.isArray(value)) return refuse('has to be one value, and is a list')
  const text = one(String(value ?? ''))
  if (text === '') return text
  if (kind === 'name' && !NAME.test(text))
    refuse('has to be a name: no path, and no hyphen at its beginning')
  if (kind === 'path' && !PATH.test(text)) refuse('has to be an absolute path')
  if (kind === 'number' && !NUMBER.test(text)) refuse('has to be a number')
  return text
}

const isSame = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b)
