import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { StoreAddressError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { isObjectKey } from '../object-key.ts'
import { systemSleep } from '../system/sleep.ts'
import { retrying } from '../wrap/retrying.ts'
import { s3ObjectStore } from './object-store.ts'

/** How to reach an S3; what is left out comes from the SDK's own places (environment, profile, instance role). */
export interface S3Options {
  region?: string
  /** `https://s3.example.com:9000` of a store that speaks S3. */
  endpoint?: string
  /** Bucket in the path instead of the host name: what most stores but AWS need. Follows `endpoint` unless told. */
  pathStyle?: boolean
  /** Fixed, or a function that fetches fresh ones when they expire. */
  credentials?: NonNullable<S3ClientConfig['credentials']>
  /** Told when S3 says that credentials have ended. */
  expired?: (accessKeyId: string) => void
}

/** Patience with a silent S3. */
const TIMES = {
  connectionTimeout: 10_000, // ms until TLS is up
  socketTimeout: 60_000, // ms without a byte in either direction
}

const s3Client = ({ region, endpoint, pathStyle, credentials, expired }: S3Options) => {
  const client = new S3Client({
    // Only AWS looks at the region.
    ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    maxAttempts: 1, // `retrying` repeats, and knows what a repeated conditional put means
    followRegionRedirects: true,
    requestHandler: TIMES,
    responseChecksumValidation: 'WHEN_REQUIRED', // every byte we read is authenticated by the repository itself
  })
  if (expired)
    client.middlewareStack.add(
      next => async args => {
        try {
          return await next(args)
        } catch (error) {
          const { headers = {} } = args.request as { headers?: Record<string, string> }
          // Signature Version 4: `AWS4-HMAC-SHA256 Credential=<access key id>/…`
          const used = /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]
          if (used && (error as Error).name === 'ExpiredToken') expired(used)
          throw error
        }
      },
      { step: 'deserialize', name: 'expiredCredentials', priority: 'high' },
    )
  return client
}

/** @throws `STORE_ADDRESS_INVALID` */
export const openS3 = (address: string, options: S3Options): MaintenanceStore => {
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(address) ?? []
  if (bucket === undefined) {
    // Not quoted: who types credentials into an address should not find them in a log.
    throw new StoreAddressError('after s3:// comes a bucket name and maybe a prefix, nothing else')
  }
  if (prefix !== '' && !isObjectKey(prefix)) {
    throw new StoreAddressError('the prefix in the bucket may hold only 0-9 A-Z a-z . _ - and /')
  }
  const store = s3ObjectStore({ client: s3Client(options), bucket, prefix })
  return retrying(store, { sleep: systemSleep })
}
