import { Duration, Validations } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Context } from '../context/context.ts'
import { bucketDenials } from './bucket-denials.ts'
import { bucketLifecycle } from './bucket-lifecycle.ts'
import { KEPT, keepPolicyOf } from './kept.ts'

export interface RepositoryBucketProps {
  bucketName: string
  repository: Context['repository']
  maintenanceRoleArn: string
  /** With a key of the account instead of one of S3's. */
  encryptionKey?: IKey
  /** Where S3 writes who touched which object. */
  accessLogs?: IBucket
}

/** A bucket for one repository, or for its replica: versions and locks from the first object on, closed to the public, and kept whatever becomes of its stack. */
export class RepositoryBucket extends Bucket {
  constructor(
    scope: Construct,
    id: string,
    {
      bucketName,
      repository,
      maintenanceRoleArn,
      encryptionKey,
      accessLogs,
    }: RepositoryBucketProps,
  ) {
    const { defaultLock } = repository
    const lock = defaultLock && Duration.days(defaultLock.days)
    super(scope, id, {
      bucketName,
      versioned: true,
      objectLockEnabled: true, // can only be chosen at creation without AWS's help
      ...(lock && {
        objectLockDefaultRetention:
          defaultLock.mode === 'compliance'
            ? ObjectLockRetention.compliance(lock)
            : ObjectLockRetention.governance(lock),
      }),
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: bucketLifecycle(repository),
      ...(accessLogs && {
        serverAccessLogsBucket: accessLogs,
        serverAccessLogsPrefix: `${bucketName}/`,
      }),
      removalPolicy: KEPT,
    })
    for (const denial of bucketDenials({ bucketArn: this.bucketArn, maintenanceRoleArn }))
      this.addToResourcePolicy(denial)
    keepPolicyOf(this)
    if (!accessLogs)
      Validations.of(this).acknowledge({
        id: 'AwsSolutions-S1',
        reason:
          repository.accessLog === 'cloudtrail'
            ? 'CloudTrail records every access to its objects instead (repository.accessLog).'
            : 'The owner decided against a record of each access (repository.accessLog: none).',
      })
  }
}
