import { Aws } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Context } from '../context/context.ts'
import type { ReplicaContext } from '../context/repository.ts'
import { storageKeyAlias, storageRoles } from '../deployment.ts'
import { acknowledgeWildcards } from './acknowledge.ts'

/** One end of the way: the bucket's name, and where and whose it is. */
interface End {
  bucket: string
  region: string
  /** Of its owner. */
  account: string
}

export interface ReplicationProps {
  context: Context
  /** The bucket of this stack. */
  source: Bucket
  replica: ReplicaContext
  standbyRegion: string
  /** `back`: from the replica into the first region. */
  direction?: 'out' | 'back'
}

const bucketArn = (name: string): string => `arn:${Aws.PARTITION}:s3:::${name}`

const keysOf = ({ region, account }: End): string =>
  `arn:${Aws.PARTITION}:kms:${region}:${account}:key/*`

/** The rule's id, which is also a dimension of its metrics. */
export const ruleIdOf = (direction: 'out' | 'back'): string =>
  direction === 'out' ? 'second-region' : 'first-region'

/**
 * Every object of the repository into the other region, with its lock. Delete markers stay where they are made, and S3 never replicates the removal of a version:
 * what is lost here is still there. The destination has to be there first, with versions and Object Lock. S3 copies no copies, so two ways do not make a circle.
 */
export const replicate = (
  scope: Construct,
  { context, source, replica, standbyRegion, direction = 'out' }: ReplicationProps,
): void => {
  const { prefix, encryption, bucket: name } = context.repository
  const isForeign = replica.account !== undefined
  const first: End = {
    bucket: name,
    region: context.region,
    account: direction === 'out' ? Aws.ACCOUNT_ID : (context.account ?? Aws.ACCOUNT_ID),
  }
  const second: End = {
    bucket: replica.bucket,
    region: standbyRegion,
    account: replica.account ?? Aws.ACCOUNT_ID,
  }
  const [from, to] = direction === 'out' ? [first, second] : [second, first]
  const alias = storageKeyAlias(context)
  // By name: the bucket waits for this role, which must not wait for the bucket.
  const here = bucketArn(from.bucket)
  const target = bucketArn(to.bucket)
  const roles = storageRoles(context)
  const role = new Role(scope, 'ReplicationRole', {
    roleName: (direction === 'out' ? roles.replication : roles.replicationBack).name,
    // Nobody hands S3 a role of another account (iam:PassRole). Conditions on who asks are not documented for replication; one that S3 does not know would end it.
    assumedBy: new ServicePrincipal('s3.amazonaws.com'),
    description: `S3 copies the repository into the ${direction === 'out' ? 'second' : 'first'} region`,
  })
  const allow = (actions: string[], resources: string[], conditions = {}) =>
    role.addToPolicy(new PolicyStatement({ actions, resources, conditions }))
  allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], [here])
  allow(
    [
      's3:GetObjectVersionForReplication',
      's3:GetObjectVersionAcl',
      's3:GetObjectVersionTagging',
      's3:GetObjectRetention',
      's3:GetObjectLegalHold',
    ],
    [`${here}/*`],
  )
  allow(
    ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
    [`${target}/*`],
  )
  const keys = encryption === 'kms' ? [keysOf(from), keysOf(to)] : []
  const [sourceKeys, targetKeys] = keys
  if (sourceKeys && targetKeys) {
    const named = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } }
    allow(['kms:Decrypt'], [sourceKeys], named)
    allow(['kms:Encrypt', 'kms:GenerateDataKey'], [targetKeys], named)
  }
  acknowledgeWildcards(
    role,
    [`${here}/*`, `${target}/*`, ...keys],
    'All objects of these two buckets, and of no other one; keys only by the alias in the condition.',
  )

  const criteria = {
    ...(encryption === 'kms' && { sseKmsEncryptedObjects: { status: 'Enabled' } }),
    // Locks of copies that are prolonged in one region are prolonged in the other.
    ...(replica.bothWays && { replicaModifications: { status: 'Enabled' } }),
  }
  const bucket = source.node.defaultChild as CfnBucket
  bucket.replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: ruleIdOf(direction),
        priority: 1,
        status: 'Enabled',
        filter: { prefix: prefix && `${prefix}/` },
        deleteMarkerReplication: { status: 'Disabled' },
        ...(Object.keys(criteria).length > 0 && { sourceSelectionCriteria: criteria }),
        destination: {
          bucket: target,
          ...(isForeign && {
            account: to.account,
            accessControlTranslation: { owner: 'Destination' },
          }),
          ...(encryption === 'kms' && {
            encryptionConfiguration: {
              replicaKmsKeyId: `arn:${Aws.PARTITION}:kms:${to.region}:${to.account}:${alias}`,
            },
          }),
          // Without them nobody would hear of objects that do not arrive.
          metrics: {
            status: 'Enabled',
            ...(replica.timeControl && { eventThreshold: { minutes: 15 } }),
          },
          ...(replica.timeControl && {
            replicationTime: { status: 'Enabled', time: { minutes: 15 } }, // S3 knows no other time
          }),
        },
      },
    ],
  }
  bucket.node.addDependency(role)
}
