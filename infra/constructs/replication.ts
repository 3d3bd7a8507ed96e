import { Aws } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Context } from '../context/context.ts'
import type { ReplicaContext } from '../context/repository.ts'
import { storageKeyAlias, storageRoles } from '../deployment.ts'
import { acknowledgeWildcards } from './acknowledge.ts'

export interface ReplicationProps {
  context: Context
  source: Bucket
  replica: ReplicaContext
  standbyRegion: string
}

const bucketArn = (name: string): string => `arn:${Aws.PARTITION}:s3:::${name}`

const keysOf = (region: string, account: string): string =>
  `arn:${Aws.PARTITION}:kms:${region}:${account}:key/*`

/**
 * Every object of the repository into the second region, with its lock. Delete markers stay where they are made, and S3 never replicates the removal of a version:
 * what is lost here is still there. The destination has to be there first, with versions and Object Lock.
 */
export const replicate = (
  scope: Construct,
  { context, source, replica, standbyRegion }: ReplicationProps,
): void => {
  const { prefix, encryption } = context.repository
  const account = replica.account ?? Aws.ACCOUNT_ID
  const alias = storageKeyAlias(context)
  // By name: the bucket waits for this role, which must not wait for the bucket.
  const from = bucketArn(context.repository.bucket)
  const target = bucketArn(replica.bucket)
  const role = new Role(scope, 'ReplicationRole', {
    roleName: storageRoles(context).replication.name,
    assumedBy: new ServicePrincipal('s3.amazonaws.com'),
    description: 'S3 copies the repository into the second region',
  })
  const allow = (actions: string[], resources: string[], conditions = {}) =>
    role.addToPolicy(new PolicyStatement({ actions, resources, conditions }))
  allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], [from])
  allow(
    [
      's3:GetObjectVersionForReplication',
      's3:GetObjectVersionAcl',
      's3:GetObjectVersionTagging',
      's3:GetObjectRetention',
      's3:GetObjectLegalHold',
    ],
    [`${from}/*`],
  )
  allow(
    ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
    [`${target}/*`],
  )
  const keys =
    encryption === 'kms'
      ? [keysOf(context.region, Aws.ACCOUNT_ID), keysOf(standbyRegion, account)]
      : []
  const [sourceKeys, targetKeys] = keys
  if (sourceKeys && targetKeys) {
    const named = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } }
    allow(['kms:Decrypt'], [sourceKeys], named)
    allow(['kms:Encrypt', 'kms:GenerateDataKey'], [targetKeys], named)
  }
  acknowledgeWildcards(
    role,
    [`${from}/*`, `${target}/*`, ...keys],
    'All objects of these two buckets, and of no other one; keys only by the alias in the condition.',
  )

  const bucket = source.node.defaultChild as CfnBucket
  bucket.replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: 'second-region',
        priority: 1,
        status: 'Enabled',
        filter: { prefix: prefix && `${prefix}/` },
        deleteMarkerReplication: { status: 'Disabled' },
        ...(encryption === 'kms' && {
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        }),
        destination: {
          bucket: target,
          ...(replica.account !== undefined && {
            account: replica.account,
            accessControlTranslation: { owner: 'Destination' },
          }),
          ...(encryption === 'kms' && {
            encryptionConfiguration: {
              replicaKmsKeyId: `arn:${Aws.PARTITION}:kms:${standbyRegion}:${account}:${alias}`,
            },
          }),
          ...(replica.timeControl && {
            replicationTime: { status: 'Enabled', time: { minutes: 15 } }, // S3 knows no other time
            metrics: { status: 'Enabled', eventThreshold: { minutes: 15 } },
          }),
        },
      },
    ],
  }
  bucket.node.addDependency(role)
}
