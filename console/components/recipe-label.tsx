import { guests as words } from '../text/guests.ts'
import { Sign } from './sign.tsx'

/**
 * Whether a recipe was ever run on the real thing, in the words of the command line.
 * @param label left out where the agent did not tell of a recipe of the site's own
 */
export const RecipeLabel = ({ label }: { label: string | undefined }) => {
  if (label === undefined) return <Sign type="info">{words.noLabel}</Sign>
  return <Sign type={isProven(label) ? 'success' : 'warning'}>{label}</Sign>
}

/** Of core/recipes/evidence-text.ts: `tested`, `drilled on …`, also of the site's own; all else is not. */
export const isProven = (label: string): boolean =>
  /^(the site's own: )?(tested|drilled on )/.test(label)
