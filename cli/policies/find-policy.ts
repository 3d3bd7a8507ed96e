import type { Client } from '#core/contracts/client.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { PolicyNotFoundError } from '#core/errors/policies.ts'
import { nearNames } from '#core/inventory/resolve.ts'
import { listAll } from '../control-plane.ts'

/** The policy of that name, capitals or not, or of that id. @throws `POLICY_NOT_FOUND` */
export const findPolicy = async (client: Client, wanted: string): Promise<PolicyView> => {
  const known = await listAll(client, 'listPolicies')
  const folded = wanted.trim().toLowerCase()
  const found = known.find(
    ({ policy }) =>
      policy.name.toLowerCase() === folded || policy.policyId === wanted.toUpperCase(),
  )
  if (found) return found
  throw new PolicyNotFoundError(
    wanted,
    nearNames(
      known.map(({ policy }) => policy.name),
      wanted,
    ),
  )
}
