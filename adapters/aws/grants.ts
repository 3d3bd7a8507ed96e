import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts'
import type { GrantRequest, Grants } from '#core/access/grants.ts'
import type { StoragePlace } from '#core/access/place.ts'
import {
  type KeyPatterns,
  SESSION_POLICY_LIMIT,
  sessionPolicyOf,
} from '#core/access/session-policy.ts'
import { SESSION_SECONDS, sessionNameOf } from '#core/access/sessions.ts'
import { GrantRefusedError, GrantsUnavailableError } from '#core/errors/access.ts'
import { describeAwsError } from './aws-error.ts'

export interface GrantRoles {
  /** ARNs. */
  gateway: string
  maintenance: string
}

/** Names of STS and IAM for "not now". */
const PASSING =
  /Throttl|TooManyRequests|RequestLimit|ServiceFailure|ServiceUnavailable|InternalFailure/

/** @returns our error for one of STS or IAM */
export const toGrantError = (what: string, error: unknown): Error => {
  const { name, status, network } = describeAwsError(error)
  if (network || status >= 500 || PASSING.test(name)) return new GrantsUnavailableError(what, error)
  return new GrantRefusedError(what, name || 'it gave no reason', error)
}

/**
 * Sessions of AWS STS, each for one job of one gateway.
 *
 * Needs sts:AssumeRole on both roles, whose trust names this caller. A session that was assumed from the session of a Lambda lives an hour at
 * most ("role chaining"); ours live a quarter of one and are renewed.
 *
 * @param secondCopy of the repository, where there is one: its region is that of its bucket
 * @param kms ARNs of keys, as patterns, where there are any
 */
export const stsGrants = ({
  client,
  place,
  secondCopy,
  roles,
  kms,
  region,
}: {
  client: Pick<STSClient, 'send'>
  place: StoragePlace
  secondCopy?: { place: StoragePlace; region: string | undefined }
  roles: GrantRoles
  kms: KeyPatterns
  region: string | undefined
}): Pick<Grants, 'issue'> => ({
  async issue({ gatewayId, jobId, purpose, lock, repositoryId }: GrantRequest) {
    const what = 'give out storage credentials'
    const target = purpose === 'compare' ? secondCopy : { place, region }
    if (!target) return undefined
    const policy = sessionPolicyOf({
      ...{ purpose, place: target.place, lock, kms: { ...kms, repositoryId } },
    })
    const Policy = JSON.stringify(policy)
    if (Policy.length > SESSION_POLICY_LIMIT)
      throw new GrantRefusedError(
        what,
        `the session policy has ${Policy.length} characters of ${SESSION_POLICY_LIMIT}; the prefix of the repository is too long`,
      )
    const { Credentials: given } = await client
      .send(
        new AssumeRoleCommand({
          RoleArn: purpose === 'maintenance' ? roles.maintenance : roles.gateway,
          RoleSessionName: sessionNameOf(gatewayId, jobId),
          DurationSeconds: SESSION_SECONDS,
          Policy,
        }),
      )
      .catch(error => {
        throw toGrantError(what, error)
      })
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration)
      throw new GrantsUnavailableError(what)
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      expires: given.Expiration.getTime(),
      ...(target.region !== undefined && { region: target.region }),
    }
  },
})
