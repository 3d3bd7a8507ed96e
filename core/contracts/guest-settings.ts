import { z } from 'zod'
import { BandwidthPlan } from './bandwidth.ts'
import { RECIPES_OF_GUEST } from './guests-api.ts'
import { NameLabel } from './ids.ts'
import { AllowedRecipe, RecipeName } from './recipes.ts'
import { connection, Fingerprint, isReachedOneWay, ONE_WAY, Path } from './settings-parts.ts'

/** A mount point that may be frozen. */
const Mount = z
  .string()
  .max(4_096)
  .regex(/^\/.*$/, 'must be the absolute path of a mount point')

/** Holding still for snapshots, asked for by the gateway of the pool (docs/guest-agent-protocol.md). */
export const FreezeSettings = z
  .strictObject({
    /** `https://` and where the gateway lets guests call. */
    gateway: z.url({ protocol: /^https$/ }),
    fingerprint: Fingerprint.optional(),
    caFile: Path.optional(),
    /** File systems that are frozen, in this order, and thawed in the other. */
    mounts: z.array(Mount).max(50).default([]),
    /** Recipes whose phases `quiesce` and `release` stand around that. */
    recipes: z.array(RecipeName).max(RECIPES_OF_GUEST).default([]),
    /** How long this machine may be held at most, whatever the gateway asks for. Seconds. */
    seconds: z.number().min(1).max(60).default(10),
  })
  .refine(({ fingerprint, caFile }) => (fingerprint === undefined) !== (caFile === undefined), {
    message: 'needs a fingerprint or a caFile, and not both',
  })
  .refine(({ mounts, recipes }) => mounts.length + recipes.length > 0, {
    message: 'names neither mounts nor recipes: nothing could hold still',
  })
export type FreezeSettings = z.infer<typeof FreezeSettings>

/**
 * The agent in a guest (docs/guests.md). It does what stands here and nothing else, whoever asks: a job that asks for more is refused by name.
 */
export const GuestSettings = z
  .strictObject({
    ...connection,
    name: NameLabel.min(1),
    /** Jobs at once. */
    slots: z.int().min(1).max(8).default(1),
    bandwidth: BandwidthPlan.prefault({}),
    /** What may run here, by name of the recipe. */
    recipes: z.record(RecipeName, AllowedRecipe).default({}),
    /** A folder with recipes of the site's own, JSON files; absolute, or relative to the data directory. */
    recipesDir: Path.optional(),
    /** Folders that the recipe `files` saves and restores, where its own parameters name none. */
    fileTrees: z
      .strictObject({ roots: z.array(z.string().min(1).max(4_096)).max(100) })
      .prefault({ roots: [] }),
    freeze: FreezeSettings.optional(),
  })
  .refine(isReachedOneWay, ONE_WAY)
  .refine(({ recipes }) => Object.keys(recipes).length <= RECIPES_OF_GUEST, {
    path: ['recipes'],
    message: `names more than ${RECIPES_OF_GUEST} recipes`,
  })
  .refine(
    ({ recipes, freeze }) => freeze?.recipes.every(name => Object.hasOwn(recipes, name)) ?? true,
    { path: ['freeze', 'recipes'], message: 'names a recipe that stands not under "recipes"' },
  )
export type GuestSettings = z.infer<typeof GuestSettings>
