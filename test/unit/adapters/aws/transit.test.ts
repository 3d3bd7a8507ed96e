import { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { s3Transit } from '#adapters/aws/transit.ts'

const client = new S3Client({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' },
  requestChecksumCalculation: 'WHEN_REQUIRED', // as functions/aws/transit.ts
})
const transit = s3Transit({ client, bucket: 'xenkeep-transit-111122223333-eu-central-1' })
const KEY = 'transit/01J0000000000000000000000A/01J0000000000000000000000B/0'

/** Of a URL, what the console's policy, CORS and the bucket go by. */
const partsOf = (text: string) => {
  const { origin, pathname, searchParams } = new URL(text)
  const of = (name: string) => searchParams.get(`X-Amz-${name}`)
  return {
    ...{ origin, pathname, names: [...searchParams.keys()] },
    ...{ expires: of('Expires'), headers: of('SignedHeaders') },
  }
}
// infra/constructs/transit-bucket.ts names the same in the console's policy.
const origin = 'https://xenkeep-transit-111122223333-eu-central-1.s3.eu-central-1.amazonaws.com'

test('a part is put with its length in the signature, and without a checksum of something else', async () => {
  const { names, ...url } = partsOf(await transit.putUrl(KEY, 8_388_625))
  expect(url).toEqual({
    origin,
    pathname: `/${KEY}`,
    expires: '900',
    headers: 'content-length;host',
  })
  expect(names.filter(name => /checksum/i.test(name))).toEqual([])
})

test('a part is got as bytes that nobody keeps', async () => {
  const url = await transit.getUrl(KEY)
  expect(partsOf(url)).toMatchObject({
    origin,
    pathname: `/${KEY}`,
    expires: '900',
    headers: 'host',
  })
  const query = new URL(url).searchParams
  expect(query.get('response-content-type')).toBe('application/octet-stream')
  expect(query.get('response-cache-control')).toBe('no-store')
})
