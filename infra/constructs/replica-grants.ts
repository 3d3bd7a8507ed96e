import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { storageRoles } from '../deployment.ts'

export interface ReplicaGrantsProps {
  /** The account of the repository. */
  owner: string
  roles: ReturnType<typeof storageRoles>
  bucket: Bucket
  encryptionKey?: Key
}

/** Where the replica belongs to a second account, its bucket and key have to let in the three roles of the first one; nobody else of that account. */
export const letSourceAccountIn = ({
  owner,
  roles: { gateway, maintenance, replication },
  bucket,
  encryptionKey,
}: ReplicaGrantsProps): void => {
  const allow = (who: { arn: string }[], actions: string[], resources: string[]) =>
    new PolicyStatement({
      principals: [new AccountPrincipal(owner)],
      actions,
      resources,
      conditions: { ArnEquals: { 'aws:PrincipalArn': who.map(({ arn }) => arn) } },
    })
  const objects = [bucket.arnForObjects('*')]
  const readers = [gateway, maintenance]
  for (const statement of [
    allow(
      [replication],
      ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
      objects,
    ),
    allow(
      [replication, ...readers],
      ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketVersioning'],
      [bucket.bucketArn],
    ),
    allow(readers, ['s3:GetBucketObjectLockConfiguration'], [bucket.bucketArn]),
    allow(
      readers,
      ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
      objects,
    ),
    // After a take-over backups go on here.
    allow(readers, ['s3:PutObject', 's3:PutObjectRetention'], objects),
    allow([maintenance], ['s3:PutObjectLegalHold', 's3:DeleteObjectVersion'], objects),
  ])
    bucket.addToResourcePolicy(statement)
  for (const [who, actions] of [
    [[replication], ['kms:Encrypt', 'kms:GenerateDataKey']],
    [readers, ['kms:Decrypt', 'kms:GenerateDataKey']],
  ] as const)
    encryptionKey?.addToResourcePolicy(allow([...who], [...actions], ['*']))
}
