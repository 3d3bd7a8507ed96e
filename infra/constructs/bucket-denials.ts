import { Aws } from 'aws-cdk-lib'
import {
  AnyPrincipal,
  Effect,
  PolicyStatement,
  type PolicyStatementProps,
} from 'aws-cdk-lib/aws-iam'

export interface BucketDenialsProps {
  bucketArn: string
  /** Of the role that alone may remove versions past their lock; nobody may unless told. */
  maintenanceRoleArn?: string
}

/**
 * What nobody may do to a repository's bucket, whatever somebody's own policy allows: a Deny of the bucket holds for administrators too. Lifecycle rules and
 * replication are S3's own doing, which no bucket policy binds; so who may change those rules is bound here.
 */
export const bucketDenials = ({
  bucketArn,
  maintenanceRoleArn,
}: BucketDenialsProps): PolicyStatement[] => {
  const objects = `${bucketArn}/*`
  const deny = (
    sid: string,
    actions: string[],
    resources: string[],
    conditions: PolicyStatementProps['conditions'] = {},
  ) =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      resources,
      conditions,
    })
  const butMaintenance =
    maintenanceRoleArn === undefined
      ? {}
      : { ArnNotLike: { 'aws:PrincipalArn': maintenanceRoleArn } }

  return [
    // The second: replication from a bucket of somebody else's, which brings its delete markers along.
    deny('NobodyHidesObjects', ['s3:DeleteObject', 's3:ReplicateDelete'], [objects]),
    deny('NobodyBypassesLocks', ['s3:BypassGovernanceRetention'], [objects]),
    deny(
      'OnlyMaintenanceRemovesVersions',
      ['s3:DeleteObjectVersion', 's3:PutObjectLegalHold'],
      [objects],
      butMaintenance,
    ),
    // Maintenance writes a sound copy over a damaged object, as a new version (docs/repository-format.md, 11.3).
    deny('OnlyMaintenanceWritesOver', ['s3:PutObject'], [objects], {
      ...butMaintenance,
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    }),
    deny('NobodyDeletesTheBucket', ['s3:DeleteBucket'], [bucketArn]),
    deny(
      'OnlyDeploymentsChangeRules',
      [
        's3:PutBucketVersioning',
        's3:PutLifecycleConfiguration',
        's3:PutReplicationConfiguration',
        's3:PutBucketObjectLockConfiguration',
        's3:PutBucketPolicy',
        's3:DeleteBucketPolicy',
        's3:PutBucketPublicAccessBlock',
        's3:PutBucketOwnershipControls',
        's3:PutEncryptionConfiguration',
      ],
      [bucketArn],
      butDeployments,
    ),
  ]
}

/** The role with which CloudFormation deploys for the CDK (cdk bootstrap). Who may assume it may change all this: docs/security.md. */
const butDeployments = {
  ArnNotLike: {
    'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-cfn-exec-role-*`,
  },
}
