import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { recordAccess } from '../constructs/access-trail.ts'
import { logBucket } from '../constructs/log-bucket.ts'
import { letSourceAccountIn } from '../constructs/replica-grants.ts'
import { replicate } from '../constructs/replication.ts'
import { watchCopies } from '../constructs/replication-alarms.ts'
import { RepositoryBucket } from '../constructs/repository-bucket.ts'
import { storageKey } from '../constructs/storage-key.ts'
import type { ReplicaContext } from '../context/repository.ts'
import { type Deployment, storageRoles } from '../deployment.ts'

export interface ReplicaStorageStackProps extends StackProps {
  deployment: Deployment
  replica: ReplicaContext
}

/** Where S3 copies the repository to: a bucket with the same locks and the same denials, in the second region and, if the context says so, in a second account. */
export class ReplicaStorageStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, replica, ...props }: ReplicaStorageStackProps,
  ) {
    super(scope, id, props)
    const { context } = deployment
    const { repository, logs } = context
    const owner = context.account ?? Aws.ACCOUNT_ID
    const roles = storageRoles(context, owner)
    const encryptionKey = storageKey(this, context)
    const bucket = new RepositoryBucket(this, 'Replica', {
      bucketName: replica.bucket,
      repository,
      maintenanceRoleArn: roles.maintenance.arn,
      ...(encryptionKey && { encryptionKey }),
      ...(repository.accessLog === 'server-access-logs' && {
        accessLogs: logBucket(this, 'AccessLogs', { days: logs.accessDays }),
      }),
    })
    if (repository.accessLog === 'cloudtrail') recordAccess(this, bucket, logs.accessDays)
    if (replica.account !== undefined)
      letSourceAccountIn({ owner, roles, bucket, ...(encryptionKey && { encryptionKey }) })
    if (replica.bothWays)
      replicate(this, {
        ...{ context, source: bucket, replica, direction: 'back' },
        standbyRegion: deployment.region,
      })
    // A second account has no topic of ours.
    if (replica.account === undefined) watchCopies(this, { deployment, replica })
    new CfnOutput(this, 'ReplicaBucket', { value: bucket.bucketName })
  }
}
