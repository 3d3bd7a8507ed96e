import type { Recipe } from '../contracts/recipes.ts'

/** That an owner of the real thing went through the drill of a recipe, and it held. */
export interface Drill {
  /** Of the recipe. */
  version: number
  /** ms since 1970 */
  at: number
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

/**
 * The label of a recipe wherever it is shown: whether it was ever run on the real thing, and by whom.
 * @param drill the last one on the guest that is spoken of; of another version of the recipe it proves nothing for this one
 */
export const evidenceText = (
  { evidence, os, version }: Pick<Recipe, 'evidence' | 'os' | 'version'>,
  drill?: Drill,
): string => {
  if (drill?.version === version) return `drilled on ${day(drill.at)}`
  if (evidence === 'tested') return 'tested'
  const label = os === 'windows' ? 'not run on Windows' : 'not run on the real thing'
  return drill ? `${label} (version ${drill.version} was drilled on ${day(drill.at)})` : label
}

/** The label of a recipe that a site wrote itself: what its file says is its owner's word, and no test of ours. */
export const ownEvidenceText = (
  recipe: Pick<Recipe, 'evidence' | 'os' | 'version'>,
  drill?: Drill,
): string => {
  const label = evidenceText(recipe, drill)
  return `the site's own: ${label === 'tested' ? 'tested, says its owner' : label}`
}

/** The same beside a recovery point, which outlives drills: whoever looks at it later finds the label of today with the guest. */
export const UNTRIED =
  'Its recipe was made from documentation and not run on Windows, or whatever it is for, by the makers of XenKeep: do its drill before you count on it (docs/recipes.md).'
