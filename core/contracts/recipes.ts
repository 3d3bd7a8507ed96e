import { z } from 'zod'
import { XenUuid } from './ids.ts'
import { Consistency } from './points.ts'
import { checkRecipe } from './recipe-check.ts'
import { Pattern, Step, ValueName } from './recipe-steps.ts'
import { SiteRole } from './site-roles.ts'

export const RecipeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a name of small letters, digits and hyphens')

/** In the order of the work. `release` runs whenever `quiesce` was begun, whatever happened since. */
export const PHASES = [
  'probe',
  'quiesce',
  'capture',
  'verify',
  'release',
  'restore',
  'postcheck',
] as const
export const Phase = z.enum(PHASES)
export type Phase = z.infer<typeof Phase>

const ParameterValue = z.union([
  z.string().max(4_096),
  z.number(),
  z.array(z.string().max(4_096)).max(1_000),
])
/** What a job, or the guest's own settings, say for the parameters of a recipe. */
export const RecipeParameters = z.record(ValueName, ParameterValue)
export type RecipeParameters = z.infer<typeof RecipeParameters>

export const Parameter = z.strictObject({
  description: z.string().min(1).max(500),
  /** `name`: no path and no option can be made of it; `path`: absolute. */
  kind: z.enum(['text', 'path', 'name', 'number', 'list']),
  default: ParameterValue.optional(),
  /** What the whole value, or each item of a list, has to look like. */
  pattern: Pattern.optional(),
  required: z.boolean().optional(),
  /** Only the guest's own settings may give it, never a job. */
  local: z.literal(true).optional(),
})
export type Parameter = z.infer<typeof Parameter>

/** How a component of a guest is probed, brought to rest, saved, verified, released and restored (docs/recipes.md). Data, not code. */
export const Recipe = z
  .strictObject({
    name: RecipeName,
    version: z.int().min(1),
    title: z.string().min(1).max(200),
    description: z.string().min(1).max(2_000),
    roles: z.array(SiteRole),
    os: z.enum(['linux', 'windows', 'any']),
    /** `transcript`: never run by us on the real thing, only against answers made from its documentation. */
    evidence: z.enum(['tested', 'transcript']),
    /** For an owner of the real thing: the exact steps that prove the recipe there. */
    drill: z.array(z.string().max(2_000)).max(50).optional(),
    /** What the agent has to be allowed on the guest, one sentence each. */
    privileges: z.array(z.string().max(500)).max(50),
    /** How long work is held up, about. */
    pauseSeconds: z.number().nonnegative().optional(),
    consistency: Consistency.extract(['application', 'file-system', 'crash']),
    parameters: z.record(ValueName, Parameter),
    secrets: z.record(
      ValueName,
      z.strictObject({
        description: z.string().min(1).max(500),
        required: z.boolean().optional(),
      }),
    ),
    phases: z.strictObject({
      probe: z.array(Step).optional(),
      quiesce: z.array(Step).optional(),
      capture: z.array(Step).min(1),
      verify: z.array(Step).optional(),
      release: z.array(Step).optional(),
      restore: z.array(Step).optional(),
      postcheck: z.array(Step).optional(),
    }),
  })
  .superRefine((recipe, context) => {
    for (const { path, message } of checkRecipe(recipe))
      context.addIssue({ code: 'custom', path, message })
  })
export type Recipe = z.infer<typeof Recipe>

/** What the guest's own settings allow of one recipe. Nothing else is run, whoever asks. */
export const AllowedRecipe = z.strictObject({
  /** Left out: `capture`, and so nothing that restores. `capture` brings `probe`, `quiesce`, `verify` and `release` along, `restore` brings `probe` and `postcheck`. */
  phases: z.array(Phase).optional(),
  /** These values stand: a job that asks for others is refused. */
  parameters: RecipeParameters.optional(),
  /** Guests (UUIDs) whose recovery points of this recipe may be restored here, beside its own: their content comes onto this machine. */
  restoreFrom: z.array(XenUuid).max(100).optional(),
  /** By the recipe's names: files with one secret each (mode 0600). */
  secrets: z.record(ValueName, z.string().min(1).max(4_096)).optional(),
})
export type AllowedRecipe = z.infer<typeof AllowedRecipe>
