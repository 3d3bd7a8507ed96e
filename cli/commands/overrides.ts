import { RestoreRule, RuleOverride, RuleOverrides } from '#core/contracts/restore-rules.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/**
 * Reads `RULE=REASON` options that may be repeated.
 * @throws `USAGE`
 */
export const overridesOf = (texts: readonly string[]): RuleOverride[] => {
  const overrides = texts.map(text => {
    const [, rule = '', because = ''] = /^([a-z-]+)=(.*)$/s.exec(text) ?? []
    if (!RestoreRule.options.some(known => known === rule))
      throw new UsageError(
        `${quoted(text)} names no rule: --override reads RULE=REASON.`,
        `Rules are ${RestoreRule.options.join(', ')}.`,
      )
    const override = RuleOverride.safeParse({ rule, because })
    if (!override.success)
      throw new UsageError(
        `The reason to set aside ${rule} has to be a sentence of 10 to 300 characters.`,
        `For instance --override ${rule}="the only copy left; agreed with the head of IT".`,
      )
    return override.data
  })
  if (!RuleOverrides.safeParse(overrides).success)
    throw new UsageError('A rule is set aside once, with one reason.')
  return overrides
}
