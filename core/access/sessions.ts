import { type PolicyDocument, policyOf } from './policy.ts'

/** Seconds that storage credentials live: the least that AWS STS gives (AssumeRole, `DurationSeconds`). */
export const SESSION_SECONDS = 900

/**
 * How long a revocation stands at the roles, in ms: longer than any session lives that was given out before, or by a call that was under way.
 */
export const REVOCATION_MS = 60 * 60_000

/**
 * The name of a session, in each line of CloudTrail and S3 access logs: `<gateway>.<job>`, 53 of 64 characters (AssumeRole, `RoleSessionName`).
 * @param jobId left out for sessions of no job
 */
export const sessionNameOf = (gatewayId: string, jobId = 'look'): string => `${gatewayId}.${jobId}`

/**
 * Refuses everything to the sessions of one gateway, those included that were given out before. `aws:userid` of a session is
 * `<id of the role>:<name of the session>` (IAM user guide, "global condition keys").
 */
export const revocationPolicy = (gatewayId: string): PolicyDocument =>
  policyOf({
    Sid: 'Revoked',
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { StringLike: { 'aws:userid': `*:${gatewayId}.*` } },
  })

/** Of the inline policy that says so: one for each gateway, so that two revocations at once do not overwrite each other. */
export const revocationPolicyName = (gatewayId: string): string => `xenkeep-revoked-${gatewayId}`
