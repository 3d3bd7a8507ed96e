import { DeleteRolePolicyCommand, type IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Grants } from '#core/access/grants.ts'
import { revocationPolicy, revocationPolicyName } from '#core/access/sessions.ts'
import { type GrantRoles, toGrantError } from './grants.ts'

/** `arn:aws:iam::111122223333:role/path/name` -> `name` */
const roleName = (arn: string): string => arn.replace(/^.*\//, '')

/**
 * Ends sessions of a gateway by a refusal at the roles themselves, which holds for sessions that were given out before ("revoking role sessions" in
 * the IAM user guide, by name of the session instead of its time, so that other gateways go on). IAM hands it on within seconds, and says no more
 * than "eventually".
 *
 * Needs iam:PutRolePolicy and iam:DeleteRolePolicy on both roles. Their permissions boundary keeps what a policy could add to what they may
 * already.
 */
export const iamRevocations = ({
  client,
  roles,
}: {
  client: Pick<IAMClient, 'send'>
  roles: GrantRoles
}): Pick<Grants, 'revoke'> => ({
  async revoke(gatewayId, forget) {
    const names = [roles.gateway, roles.maintenance].map(roleName)
    const PolicyDocument = JSON.stringify(revocationPolicy(gatewayId))
    for (const RoleName of names) {
      const PolicyName = revocationPolicyName(gatewayId)
      await client
        .send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
        .catch(error => {
          throw toGrantError('end the sessions of the gateway', error)
        })
    }
    // Inline policies of a role have 10,240 characters together (IAM quota): old ones are of no use any more.
    for (const RoleName of names)
      for (const old of forget)
        await client
          .send(new DeleteRolePolicyCommand({ RoleName, PolicyName: revocationPolicyName(old) }))
          .catch(error => {
            if (describesNothing(error)) return
            throw toGrantError('tidy up former revocations', error)
          })
  },
})

const describesNothing = (error: unknown): boolean =>
  (error as { name?: unknown } | undefined)?.name === 'NoSuchEntityException'
