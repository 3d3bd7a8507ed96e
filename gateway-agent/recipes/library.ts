import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Recipe } from '#core/contracts/recipes.ts'
import { asXenkeepError, type XenkeepError } from '#core/errors/base.ts'
import { RecipeInvalidError, RecipeUnknownError } from '#core/errors/recipes.ts'
import { recipes as shipped } from '#recipes/index.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'

export interface RecipeLibrary {
  /** @throws `RECIPE_UNKNOWN`, `RECIPE_INVALID` where the file of just this one cannot be used */
  find(name: string, version?: number): Promise<Recipe>
}

/** Whether a recipe is a file of the site's own. */
export const isOwn = ({ name }: Pick<Recipe, 'name'>): boolean => !shipped.has(name)

/** @returns a library of what comes with the product and of the site's own files, which are read anew each time */
export const recipeLibrary = (recipesDir?: string): RecipeLibrary => ({
  find: async (name, version) => {
    const own = recipesDir === undefined ? undefined : await readOwn(recipesDir, name)
    if (own instanceof Error) throw own
    const known = shipped.get(name)
    if (own && known)
      throw new RecipeInvalidError(
        `${name}.json in ${recipesDir}`,
        'a recipe of this name comes with the product. Give yours another name.',
      )
    const recipe = own ?? known
    if (!recipe) throw new RecipeUnknownError(name, 'it has none of this name.')
    if (version !== undefined && version !== recipe.version)
      throw new RecipeUnknownError(name, `it has version ${recipe.version}, not ${version}.`)
    return recipe
  },
})

/** A site's own recipe is the file of its name. */
const readOwn = async (dir: string, name: string): Promise<Recipe | XenkeepError | undefined> => {
  const file = join(dir, `${name}.json`)
  const where = `in ${file}`
  try {
    if (!(await readdir(dir)).includes(`${name}.json`)) return undefined
    const { mode } = await stat(file)
    // What the agent runs, it runs with its own rights.
    if (process.platform !== 'win32' && (mode & 0o022) !== 0)
      return new RecipeInvalidError(where, 'others than its owner may write it (chmod 0644).')
    const parsed = Recipe.safeParse(JSON.parse(await readFile(file, 'utf8')))
    if (!parsed.success) return new RecipeInvalidError(where, sentences(parsed.error.issues))
    if (parsed.data.name !== name)
      return new RecipeInvalidError(where, `it calls itself "${parsed.data.name}".`)
    return parsed.data
  } catch (error) {
    return new RecipeInvalidError(where, `${asXenkeepError(error).message}`, error)
  }
}

const sentences = (issues: readonly { path: readonly PropertyKey[]; message: string }[]): string =>
  `${issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ')}.`

/** SHA-256 of a recipe as it is used, in hex: which one made a point can be told for ever. */
export const recipeDigest = (recipe: Recipe): string =>
  createHash('sha256').update(canonicalJson(recipe)).digest('hex')
