import type { Recipe } from '#core/contracts/recipes.ts'
import type { RecipeView } from '#core/contracts/recipes-api.ts'
import { evidenceText } from '#core/recipes/evidence-text.ts'
import { recipes } from '#recipes/index.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import { httpHandler } from '../../runtime.ts'

const viewOf = (recipe: Recipe): RecipeView => {
  const { name, version, title, description, roles, os, drill, privileges, consistency } = recipe
  return {
    ...{ name, version, title, description, roles, os, privileges, consistency },
    label: evidenceText(recipe),
    ...(drill && { drill }),
    parameters: Object.entries(recipe.parameters).map(([of, parameter]) => {
      const { description: what, kind, required, local } = parameter
      return {
        ...{ name: of, description: what, kind },
        ...(required !== undefined && { required }),
        ...(local && { local }),
      }
    }),
    restore: (recipe.phases.restore ?? []).map(({ id, does, manual, rule }) => ({
      ...{ id, does, by: manual ? 'person' : 'agent' },
      ...(rule && { rule: rule.name }),
    })),
  }
}

const VIEWS = [...recipes.values()].map(viewOf).sort((a, b) => (a.name < b.name ? -1 : 1))

/** The recipes that come with the product; those of a site are known to its agents alone. */
export const getRecipes = () => async (): Promise<RouteReply<'getRecipes'>> => ({
  recipes: VIEWS,
})

export const handler = httpHandler('getRecipes', getRecipes)
