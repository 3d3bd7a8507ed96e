import { LIVE, useCall } from './use-call.ts'

/** The recipes that come with the product; one of the site's own is not among them. */
export const useRecipes = () => {
  const { data, error, refetch } = useCall('getRecipes', {}, { every: false })
  return { recipes: data?.recipes, error, retry: () => void refetch() }
}

/** So many guests are looked at for their labels. */
const GUESTS = 1_000

/**
 * The labels of recipes, as they are on each guest; where a guest is not known any more, that of the recipe itself.
 * @returns `labelOf`: left out while labels are not known; a label is never guessed
 */
export const useRecipeLabels = (): {
  labelOf?: (guestUuid: string, recipe: string) => string | undefined
  failed: boolean
} => {
  const listed = useCall('listGuests', { query: { limit: GUESTS } }, { every: LIVE.slow })
  const { recipes, error } = useRecipes()
  if (!listed.data || !recipes) return { failed: (listed.error ?? error) !== null }
  const { items } = listed.data
  return {
    failed: false,
    labelOf(guestUuid, recipe) {
      const guest = items.find(one => one.guestUuid === guestUuid)
      const allowed = guest?.recipes.find(one => one.recipe === recipe)
      return allowed?.label ?? recipes.find(({ name }) => name === recipe)?.label
    },
  }
}
