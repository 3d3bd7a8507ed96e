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

/** What S3 needs of a bucket, and of its key, to copy into it. */
const COPY = {
  objects: ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
  bucket: ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketVersioning'],
  key: ['kms:Encrypt', 'kms:GenerateDataKey'],
}

const allowing =
  (account: string) =>
  (who: readonly { arn: string }[], actions: readonly string[], resources: string[]) =>
    new PolicyStatement({
      principals: [new AccountPrincipal(account)],
      actions: [...actions],
      resources,
      conditions: { ArnEquals: { 'aws:PrincipalArn': who.map(({ arn }) => arn) } },
    })

/** Where the replica belongs to a second account, its bucket and key have to let in the three roles of the first one; nobody else of that account. */
export const letSourceAccountIn = ({
  owner,
  roles: { gateway, maintenance, replication },
  bucket,
  encryptionKey,
}: ReplicaGrantsProps): void => {
  const allow = allowing(owner)
  const objects = [bucket.arnForObjects('*')]
  const readers = [gateway, maintenance]
  for (const statement of [
    allow([replication], COPY.objects, objects),
    allow([replication, ...readers], COPY.bucket, [bucket.bucketArn]),
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
    [[replication], COPY.key],
    [readers, ['kms:Decrypt', 'kms:GenerateDataKey']],
  ] as const)
    encryptionKey?.addToResourcePolicy(allow(who, actions, ['*']))
}

/** The way back: the first region's bucket and key let in the one role of the replica's account that copies what was written there. */
export const letCopiesBackIn = ({
  account,
  role,
  bucket,
  encryptionKey,
}: {
  /** Of the replica. */
  account: string
  role: { arn: string }
  bucket: Bucket
  encryptionKey?: Key
}): void => {
  const allow = allowing(account)
  bucket.addToResourcePolicy(allow([role], COPY.objects, [bucket.arnForObjects('*')]))
  bucket.addToResourcePolicy(allow([role], COPY.bucket, [bucket.bucketArn]))
  encryptionKey?.addToResourcePolicy(allow([role], COPY.key, ['*']))
}
