import { z } from 'zod'

/**
 * Rules that a restore keeps to unless somebody says why not.
 *
 * `tombstone-life`: no domain controller from a point that is older than what its domain still knows of deleted objects.
 * `generation-id`: no domain controller is written back in a way that it cannot notice.
 * `resume-domain-controller`: no domain controller goes on from an old memory image.
 * `mcs-storage`: no machine of Machine Creation Services on other storage than its catalog names.
 */
export const RestoreRule = z.enum([
  'tombstone-life',
  'generation-id',
  'resume-domain-controller',
  'mcs-storage',
])
export type RestoreRule = z.infer<typeof RestoreRule>

/** That a rule is set aside, and why. The reason is kept with the run and stands in its report. */
export const RuleOverride = z.strictObject({
  rule: RestoreRule,
  /** A sentence of a person, for whoever asks later. */
  because: z.string().trim().min(10).max(300),
})
export type RuleOverride = z.infer<typeof RuleOverride>

export const RuleOverrides = z
  .array(RuleOverride)
  .max(RestoreRule.options.length)
  .refine(overrides => new Set(overrides.map(({ rule }) => rule)).size === overrides.length, {
    message: 'each rule is set aside once, with one reason',
  })
