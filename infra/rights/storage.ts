import { Aws } from 'aws-cdk-lib'
import { type Deployment, storageRoles } from '../deployment.ts'
import type { Right } from './right.ts'

/** Opens sessions of the storage roles, each cut down to one job by its session policy. Only the function with this very role is trusted by them. */
export const openStorageSessions = (deployment: Deployment): Right => {
  const { gateway, maintenance, credentials } = storageRoles(deployment.context)
  const own = credentials.find(({ region }) => region === deployment.region)
  return {
    actions: ['sts:AssumeRole'],
    resources: [gateway.arn, maintenance.arn],
    environment: environmentOf(deployment),
    ...(own && { roleName: own.name }),
  }
}

/**
 * Ends such sessions: a refusal is written to the roles themselves (adapters/aws/revocations.ts). What is written there can only take away, since each role has
 * its own rights for a permissions boundary.
 */
export const revokeStorageSessions = (deployment: Deployment): Right => {
  const { gateway, maintenance } = storageRoles(deployment.context)
  return {
    actions: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
    resources: [gateway.arn, maintenance.arn],
    environment: environmentOf(deployment),
  }
}

const environmentOf = ({ context }: Deployment): Record<string, string> => {
  const { gateway, maintenance } = storageRoles(context)
  return {
    XENKEEP_GATEWAY_STORAGE_ROLE_ARN: gateway.arn,
    XENKEEP_MAINTENANCE_STORAGE_ROLE_ARN: maintenance.arn,
    // Which keys, the roles say by alias; which repository and through which service, each session.
    ...(context.keys.slots && {
      XENKEEP_SLOT_KEYS: `arn:${Aws.PARTITION}:kms:*:${Aws.ACCOUNT_ID}:key/*`,
    }),
    ...(context.repository.encryption === 'kms' && {
      XENKEEP_STORAGE_KEYS: `arn:${Aws.PARTITION}:kms:*:*:key/*`,
    }),
  }
}
