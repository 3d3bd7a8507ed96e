import { z } from 'zod'
import { Instant, Ulid } from './ids.ts'
import { Policy, PolicyInput } from './policies.ts'

/** A policy, and what becomes of it next. */
export const PolicyView = z.strictObject({
  policy: Policy,
  /** Grows with each change; a change names the version that it was made from. */
  version: z.int().positive(),
  /** When it was saved last, and by whom. */
  changed: Instant,
  changedBy: z.string().max(200),
  /** When it runs by its schedule next; left out where it does not. */
  nextTime: Instant.optional(),
  /** Deleted policies stay as long as points of theirs are kept under their last retention. */
  deleted: z.strictObject({ at: Instant, by: z.string().max(200) }).optional(),
})
export type PolicyView = z.infer<typeof PolicyView>

/** GET /v1/policies, by age */
export const ListPoliciesQuery = z.strictObject({
  after: z.string().min(1).max(500).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  /** Also those that were deleted. */
  deleted: z.literal('true').optional(),
})
export const ListPoliciesReply = z.strictObject({
  items: z.array(PolicyView),
  next: z.string().optional(),
})

/** POST /v1/policies */
export const CreatePolicyRequest = PolicyInput

/** PUT /v1/policies/{policyId}: the policy as it is to be, whole; `version` of the one that was looked at */
export const PutPolicyRequest = z.strictObject({
  version: z.int().positive(),
  policy: PolicyInput,
})

/** DELETE /v1/policies/{policyId} */
export const DeletePolicyQuery = z.strictObject({ version: z.coerce.number().int().positive() })
export const DeletePolicyReply = z.strictObject({
  policyId: Ulid,
  /** What becomes of its points. */
  line: z.string().max(1_000),
})
