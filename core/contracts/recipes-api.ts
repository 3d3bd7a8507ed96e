import { z } from 'zod'
import { Parameter, Recipe } from './recipes.ts'

const { name, version, title, description, roles, os, drill, privileges, consistency } =
  Recipe.shape

/** A recipe that comes with the product, for people who choose it, drill it or restore by it. */
export const RecipeView = z.strictObject({
  ...{ name, version, title, description, roles, os, privileges, consistency },
  /** Whether it was ever run on the real thing: `tested` or `not run on Windows`. With a guest stands what was drilled there. */
  label: z.string().max(200),
  /** The exact steps that prove it on the real thing; left out where it is tested. */
  drill,
  /** In the order in which the recipe has them. */
  parameters: z.array(
    Parameter.pick({ description: true, kind: true, required: true, local: true }).extend({
      name: z.string(),
    }),
  ),
  /** Of the phase `restore`, in their order; none of what can only be laid into a folder. */
  restore: z.array(
    z.strictObject({
      id: z.string(),
      does: z.string(),
      /** Who does it. */
      by: z.enum(['agent', 'person']),
      /** It only asks whether this rule holds, which somebody may set aside with a reason. */
      rule: z.string().optional(),
    }),
  ),
})
export type RecipeView = z.infer<typeof RecipeView>

/** GET /v1/recipes: all of them, by name */
export const GetRecipesReply = z.strictObject({ recipes: z.array(RecipeView) })
