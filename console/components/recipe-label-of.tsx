import { useRecipeLabels } from '../api/use-recipes.ts'
import { guests as words } from '../text/guests.ts'
import { RecipeLabel } from './recipe-label.tsx'

/** The label of a recipe on a guest, wherever one is named. It is asked for once for all of a page. */
export const LabelOf = ({ guestUuid, recipe }: { guestUuid: string; recipe: string }) => {
  const { labelOf, failed } = useRecipeLabels()
  if (failed) return words.labelUnknown
  if (!labelOf) return null
  return <RecipeLabel label={labelOf(guestUuid, recipe)} />
}
