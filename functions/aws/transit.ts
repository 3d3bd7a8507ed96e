import { S3Client } from '@aws-sdk/client-s3'
import { s3Transit } from '#adapters/aws/transit.ts'
import { EnvironmentMissingError } from '#core/errors/settings.ts'
import type { Transit } from '#core/ports.ts'

/** Only the functions behind the routes of answers are told of a bucket. */
export const awsTransit = (bucket: string | undefined): Transit => {
  if (bucket) {
    const client = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    return s3Transit({ client, bucket })
  }
  const refuse = async () => {
    throw new EnvironmentMissingError('XENKEEP_TRANSIT_BUCKET')
  }
  return { putUrl: refuse, getUrl: refuse }
}
