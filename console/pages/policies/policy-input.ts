import type { Policy, PolicyInput } from '#core/contracts/policies.ts'

/** What may be changed of a policy. */
export const inputOf = ({ policyId: _, ...input }: Policy): PolicyInput => input
