import { Duration, Validations } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Right } from '../rights/right.ts'
import { KEPT } from './kept.ts'

/** A list is read once, when its Map state begins; so long it can still be looked at. */
const LOOKED_AT = Duration.days(7)

/**
 * Where the plan of a run leaves the list of its jobs for a distributed Map: ids alone. Not in the bucket of the repository, where every object would be locked
 * and nobody of the control plane may write.
 */
export class ItemLists extends Construct {
  readonly bucket: IBucket

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        { expiration: LOOKED_AT, abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: KEPT, // empty a week after the last run
    })
    this.bucket = bucket as IBucket // the CDK's optional members do not know exactOptionalPropertyTypes
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Lists of job ids, read by the machines alone and gone after a week; the catalog says who asked for which run.',
    })
  }

  /** Writes lists. */
  get write(): Right {
    return {
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects('items/*')],
      because: 'Lists are named by runs, whose ids are made later.',
      environment: { XENKEEP_ITEMS_BUCKET: this.bucket.bucketName },
    }
  }
}
