import type { RestoreRule, RuleOverride } from '../../contracts/restore-rules.ts'
import type { XenkeepError } from '../../errors/base.ts'

/** That a restore, as it is asked for, would break a rule. */
export interface Breach {
  rule: RestoreRule
  error: XenkeepError
}

/**
 * Refuses what nobody has set aside.
 * @returns what goes into the report, one sentence for each rule that was set aside: an override that was not needed is none
 * @throws the error of the first breach without an override
 */
export const guardBreaches = (
  breaches: readonly (Breach | undefined)[],
  overrides: readonly RuleOverride[] = [],
): string[] =>
  breaches.flatMap(breach => {
    if (!breach) return []
    const override = overrides.find(({ rule }) => rule === breach.rule)
    if (!override) throw breach.error
    return [
      `The rule "${breach.rule}" was set aside (${breach.error.code}), because: ${override.because}`,
    ]
  })
