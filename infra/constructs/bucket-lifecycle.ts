import { Duration } from 'aws-cdk-lib'
import { type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3'
import type { Context } from '../context/context.ts'

const CLASSES = {
  'intelligent-tiering': StorageClass.INTELLIGENT_TIERING,
  'standard-ia': StorageClass.INFREQUENT_ACCESS,
  'glacier-instant-retrieval': StorageClass.GLACIER_INSTANT_RETRIEVAL,
}

/**
 * What S3 does to a repository's objects by itself: little. Points, intents and the collector's state must never expire
 * (docs/repository-format.md, 10), and older versions of anything but checkpoints are what a repository is restored from after somebody wrote over it: the
 * collector removes those, knowingly.
 */
export const bucketLifecycle = ({
  prefix,
  packs,
}: Pick<Context['repository'], 'prefix' | 'packs'>): LifecycleRule[] => {
  const below = (folder: string) => `${prefix && `${prefix}/`}${folder}/`
  return [
    { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
    {
      id: 'checkpoints', // of jobs that never ended; the collector removes the others
      prefix: below('parts'),
      expiration: Duration.days(30), // also removes its own delete markers, once nothing is under them
      noncurrentVersionExpiration: Duration.days(1),
    },
    ...(packs.class === 'standard'
      ? []
      : [
          {
            id: 'packs',
            prefix: below('packs'),
            transitions: [
              {
                storageClass: CLASSES[packs.class],
                transitionAfter: Duration.days(packs.afterDays),
              },
            ],
          },
        ]),
  ]
}
