import { Stack, type StackProps } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { bucketDenials } from '../constructs/bucket-denials.ts'
import { KEPT, keepPolicyOf } from '../constructs/kept.ts'
import { logBucket } from '../constructs/log-bucket.ts'
import type { Deployment } from '../deployment.ts'
import { auditBucketNameOf } from '../rights/audit.ts'

export interface AuditStackProps extends StackProps {
  deployment: Deployment
}

/** Where the chain of audit records is copied to: each copy is locked by who writes it, and nobody at all may remove one. */
export class AuditStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: AuditStackProps) {
    super(scope, id, props)
    const bucket = new Bucket(this, 'Copies', {
      bucketName: auditBucketNameOf(deployment),
      versioned: true,
      objectLockEnabled: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      serverAccessLogsBucket: logBucket(this, 'AccessLogs', {
        days: deployment.context.logs.accessDays,
      }),
      serverAccessLogsPrefix: 'audit/',
      removalPolicy: KEPT,
    })
    for (const denial of bucketDenials({ bucketArn: bucket.bucketArn }))
      bucket.addToResourcePolicy(denial)
    keepPolicyOf(bucket)
  }
}
