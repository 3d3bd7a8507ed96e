import { Aws } from 'aws-cdk-lib'
import type { Deployment } from '../deployment.ts'
import type { Right } from './right.ts'

/** The bucket that keeps the locked copies of audit records; of one region and account. */
export const auditBucketNameOf = ({ context }: Deployment): string =>
  `${context.name}-audit-${Aws.ACCOUNT_ID}-${Aws.REGION}`

/** Puts copies and locks them; none of them may be changed, unlocked or deleted with these rights. */
export const writeAuditCopy = (deployment: Deployment): Right => {
  const bucket = auditBucketNameOf(deployment)
  const { mode, days } = deployment.context.audit.lock
  return {
    actions: ['s3:PutObject', 's3:GetObject', 's3:PutObjectRetention', 's3:GetObjectRetention'],
    resources: [`arn:${Aws.PARTITION}:s3:::${bucket}/audit/*`],
    because: 'Copies are named by their first record, and there is nothing else below this prefix.',
    environment: {
      XENKEEP_AUDIT_COPY: `s3://${bucket}/audit`,
      XENKEEP_AUDIT_LOCK: `${mode} ${days}`,
    },
  }
}
