import { Trail } from 'aws-cdk-lib/aws-cloudtrail'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { logBucket } from './log-bucket.ts'

/** CloudTrail's record of every access to the objects of a bucket: within minutes, signed by digests, 0.10 USD for 100,000 calls. It goes with the setting; what it recorded stays. */
export const recordAccess = (scope: Construct, bucket: Bucket, days: number): void => {
  const trail = new Trail(scope, 'AccessTrail', {
    bucket: logBucket(scope, 'TrailLogs', { days }),
    enableFileValidation: true,
    isMultiRegionTrail: false,
    includeGlobalServiceEvents: false,
  })
  trail.addS3EventSelector([{ bucket }], { includeManagementEvents: false })
}
