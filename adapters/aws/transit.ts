import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { TransitUrlError } from '#core/errors/guest-files.ts'
import type { Transit } from '#core/ports.ts'
import { isTransitKey, TRANSIT_URL_SECONDS } from '#core/ports.ts'
import { toStoreError } from './store-error.ts'

/**
 * Parts as objects of a bucket of their own, under presigned URLs (Signature Version 4 in the query, S3 user guide "Sharing objects with presigned URLs"). A URL
 * carries the rights of this function, which go no further than this prefix, and ends with its credentials if those end before it does.
 *
 * Needs s3:PutObject and s3:GetObject. Nothing is sent by this: the URLs are used elsewhere.
 * @param client with `requestChecksumCalculation: 'WHEN_REQUIRED'`: else the checksum of no bytes at all would be signed
 */
export const s3Transit = ({ client, bucket }: { client: S3Client; bucket: string }): Transit => {
  const signed = async (key: string, sign: () => Promise<string>): Promise<string> => {
    if (!isTransitKey(key)) throw new TransitUrlError('its key is none')
    return sign().catch(error => {
      throw toStoreError(error, `sign for ${key}`, { address: `s3://${bucket}` })
    })
  }
  const options = { expiresIn: TRANSIT_URL_SECONDS }
  return {
    putUrl: (key, bytes) =>
      signed(key, () =>
        getSignedUrl(
          client,
          new PutObjectCommand({ Bucket: bucket, Key: key, ContentLength: bytes }),
          // In the signature: a body of another length is refused.
          { ...options, signableHeaders: new Set(['host', 'content-length']) },
        ),
      ),
    getUrl: key =>
      signed(key, () =>
        getSignedUrl(
          client,
          new GetObjectCommand({
            ...{ Bucket: bucket, Key: key },
            ResponseContentType: 'application/octet-stream',
            ResponseCacheControl: 'no-store',
          }),
          options,
        ),
      ),
  }
}
