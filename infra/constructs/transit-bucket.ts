import { Aws, Duration, RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { type Deployment, transitBucketNameOf } from '../deployment.ts'

/** Where browsers fetch from it, by its name alone: the header that allows it is made before the bucket. */
export const transitOriginOf = (deployment: Deployment, urlSuffix: string): string =>
  `https://${transitBucketNameOf(deployment)}.s3.${Aws.REGION}.${urlSuffix}`

/**
 * Sealed parts of answers on their way from a gateway to one browser. What lies here nobody can read but the page that asked, and it expires after a day (S3 rounds up to midnight UTC): so no versions,
 * no lock, and nothing is kept when the stack goes.
 * @param origin of the console, the only one whose pages may read it
 */
export const transitBucket = (
  stack: Stack,
  { deployment, origin }: { deployment: Deployment; origin: string },
): Bucket => {
  const bucket = new Bucket(stack, 'Transit', {
    bucketName: transitBucketNameOf(deployment),
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    cors: [{ allowedMethods: [HttpMethods.GET], allowedOrigins: [origin], maxAge: 3_600 }],
    lifecycleRules: [
      { expiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
    removalPolicy: RemovalPolicy.DESTROY,
  })
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Parts of answers, sealed for one page of a browser and gone after a day or two; the audit records say who downloaded what.',
  })
  return bucket
}
