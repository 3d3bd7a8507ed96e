import type { z } from 'zod'
import { RestoreComponentRequest } from '#core/contracts/component-runs.ts'
import type { RecipeView } from '#core/contracts/recipes-api.ts'

/** What somebody has said so far of a restore of a component. */
export interface RestoreDraft {
  target: 'original' | 'folder'
  /** By name; what is empty is left to the point and the guest. */
  parameters: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Rules that are set aside, with the reason as far as it is typed. */
  aside: Readonly<Record<string, string>>
}

/** A folder harms nothing: who wants more says so. */
export const EMPTY: RestoreDraft = {
  ...{ target: 'folder', parameters: {}, aside: {} },
}

/** @returns the call that a draft comes to; nothing where something is still missing */
export const requestOf = (
  pointId: string,
  { target, parameters, aside }: RestoreDraft,
): z.infer<typeof RestoreComponentRequest> | undefined => {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value.length > 0,
  )
  const overrides = Object.entries(aside).map(([rule, because]) => ({
    rule,
    because: because.trim(),
  }))
  const request = RestoreComponentRequest.safeParse({
    ...{ kind: 'component-restore', pointId, target },
    ...(given.length > 0 && { parameters: Object.fromEntries(given) }),
    ...(target === 'original' && overrides.length > 0 && { overrides }),
  })
  return request.success ? request.data : undefined
}

/** Rules that steps of the restore ask for, each once. */
export const rulesOf = ({ restore }: Pick<RecipeView, 'restore'>): string[] => [
  ...new Set(restore.flatMap(({ rule }) => rule ?? [])),
]
