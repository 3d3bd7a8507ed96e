import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { recordAccess } from '../constructs/access-trail.ts'
import { logBucket } from '../constructs/log-bucket.ts'
import { letCopiesBackIn } from '../constructs/replica-grants.ts'
import { replicate } from '../constructs/replication.ts'
import { watchCopies } from '../constructs/replication-alarms.ts'
import { RepositoryBucket } from '../constructs/repository-bucket.ts'
import { storageKey } from '../constructs/storage-key.ts'
import { StorageRoles } from '../constructs/storage-roles.ts'
import { type Deployment, repositoryAddressOf, storageRoles } from '../deployment.ts'

export interface StorageStackProps extends StackProps {
  deployment: Deployment
}

/** The bucket of the repository, who may touch it, and its way into the second region. */
export class StorageStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: StorageStackProps) {
    super(scope, id, props)
    const { context } = deployment
    const { repository, standbyRegion, logs } = context
    const encryptionKey = storageKey(this, context)
    const accessLogs =
      repository.accessLog === 'server-access-logs'
        ? logBucket(this, 'AccessLogs', { days: logs.accessDays })
        : undefined
    const bucket = new RepositoryBucket(this, 'Repository', {
      bucketName: repository.bucket,
      repository,
      maintenanceRoleArn: storageRoles(context).maintenance.arn,
      ...(encryptionKey && { encryptionKey }),
      ...(accessLogs && { accessLogs }),
    })
    if (repository.accessLog === 'cloudtrail') recordAccess(this, bucket, logs.accessDays)
    new StorageRoles(this, 'Roles', context)
    const { replica } = repository
    if (replica && standbyRegion) {
      replicate(this, { context, source: bucket, replica, standbyRegion })
      watchCopies(this, { deployment, replica })
      if (replica.bothWays && replica.account !== undefined)
        letCopiesBackIn({
          account: replica.account,
          role: storageRoles(context).replicationBack,
          bucket,
          ...(encryptionKey && { encryptionKey }),
        })
    }
    new CfnOutput(this, 'RepositoryAddress', { value: repositoryAddressOf(deployment) })
  }
}
