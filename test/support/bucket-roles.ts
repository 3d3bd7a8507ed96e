import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3'

/** docs/object-lock.md, "Roles". */
const WRITER = [
  's3:PutObject',
  's3:GetObject',
  's3:GetObjectRetention',
  's3:PutObjectRetention',
  's3:ListBucket',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
]
const MAINTENANCE = [
  ...WRITER,
  's3:GetObjectVersion',
  's3:ListBucketVersions',
  's3:DeleteObjectVersion',
]
const DENIED = ['s3:DeleteObject', 's3:BypassGovernanceRetention']

/** The rights of a gateway and of the maintenance role, as the bucket policy that the documentation asks for. */
export const grantRoles = async (
  owner: S3Client,
  bucket: string,
  { agent, maintenance }: { agent: string; maintenance: string },
): Promise<void> => {
  const statement = (user: string, Effect: 'Allow' | 'Deny', Action: string[]) => ({
    Effect,
    Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
    Action,
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  })
  const policy = {
    Version: '2012-10-17',
    Statement: [
      statement(agent, 'Allow', WRITER),
      statement(agent, 'Deny', [...DENIED, 's3:DeleteObjectVersion']),
      statement(maintenance, 'Allow', MAINTENANCE),
      statement(maintenance, 'Deny', DENIED),
    ],
  }
  await owner.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }))
}
