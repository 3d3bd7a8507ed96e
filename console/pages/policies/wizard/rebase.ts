import { PolicyInput } from '#core/contracts/policies.ts'
import { policyChanges } from '#core/contracts/policy-changes.ts'

const MEMBERS = Object.keys(PolicyInput.shape) as (keyof PolicyInput)[]

const only = (policy: PolicyInput, member: keyof PolicyInput) =>
  ({ [member]: policy[member] }) as unknown as PolicyInput

const differs = (member: keyof PolicyInput, a: PolicyInput, b: PolicyInput): boolean =>
  policyChanges(only(a, member), only(b, member)).length > 0

/**
 * What one person typed on top of what another saved meanwhile: members that the first did not touch are the other's. Those that both changed are the first's.
 * @param before as both found it
 */
export const rebased = (
  before: PolicyInput,
  { mine, theirs }: { mine: PolicyInput; theirs: PolicyInput },
): { policy: PolicyInput; bothChanged: (keyof PolicyInput)[] } => {
  const touched = MEMBERS.filter(member => differs(member, before, mine))
  const kept = touched.map(member => [member, mine[member]])
  return {
    policy: { ...theirs, ...Object.fromEntries(kept) },
    bothChanged: touched.filter(
      member => differs(member, before, theirs) && differs(member, mine, theirs),
    ),
  }
}
