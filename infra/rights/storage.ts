import { type Deployment, storageRoles } from '../deployment.ts'
import type { Right } from './right.ts'

/** Opens sessions of the storage roles, each cut down to one job by its session policy. Only the function with this very role is trusted by them. */
export const openStorageSessions = (deployment: Deployment): Right => {
  const { gateway, maintenance, credentials } = storageRoles(deployment.context)
  const own = credentials.find(({ region }) => region === deployment.region)
  return {
    actions: ['sts:AssumeRole'],
    resources: [gateway.arn, maintenance.arn],
    environment: {
      XENKEEP_GATEWAY_STORAGE_ROLE_ARN: gateway.arn,
      XENKEEP_MAINTENANCE_STORAGE_ROLE_ARN: maintenance.arn,
    },
    ...(own && { roleName: own.name }),
  }
}
