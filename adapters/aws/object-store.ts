import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { ObjectNotFoundError, StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import type { ByteRange, MaintenanceStore, ObjectStat, ObjectStore } from '#core/ports.ts'
import { checkRange, resolveRange } from '../byte-range.ts'
import { checkObjectKey, isObjectKey } from '../object-key.ts'
import { isAbsent } from './absent.ts'
import { describeAwsError } from './aws-error.ts'
import { type BucketPlace, objectAt } from './bucket-place.ts'
import { putObject } from './put-object.ts'
import { s3Retention } from './retention.ts'
import { toStoreError } from './store-error.ts'
import { s3Versions } from './versions.ts'

/** RFC 9110, 14.1.2: `bytes=0-9`, both ends included, or the last n bytes as `bytes=-n`. */
const rangeHeader = (range: ByteRange): string =>
  'last' in range
    ? `bytes=-${range.last}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`

const isEmptyRange = (range: ByteRange): boolean =>
  'last' in range ? range.last === 0 : range.length === 0

const readBody = async (
  reply: GetObjectCommandOutput,
  memory: Uint8Array | undefined,
): Promise<Uint8Array> => {
  const fits = memory && (reply.ContentLength ?? Number.POSITIVE_INFINITY) <= memory.length
  const bytes = fits
    ? await readInto(memory, reply)
    : ((await reply.Body?.transformToByteArray()) ?? new Uint8Array(0))
  if (reply.ContentLength !== undefined && bytes.length !== reply.ContentLength) {
    throw new StoreUnavailableError(`send all of its ${reply.ContentLength} bytes`)
  }
  return bytes
}

/** Piece by piece to where the bytes are wanted, instead of all pieces and then a copy of them. */
const readInto = async (
  memory: Uint8Array,
  { Body }: GetObjectCommandOutput,
): Promise<Uint8Array> => {
  let length = 0
  for await (const piece of (Body ?? []) as AsyncIterable<Uint8Array>) {
    if (length + piece.length > memory.length)
      throw new StoreUnavailableError('send only what it announced')
    memory.set(piece, length)
    length += piece.length
  }
  return memory.subarray(0, length)
}

/**
 * Objects of an S3 bucket (general purpose: directory buckets list in no order) or of a store that speaks S3.
 *
 * Needs s3:PutObject, s3:GetObject and s3:ListBucket (on its prefix): without the last, nobody can tell an object that is not there from one that is refused.
 * What locking and maintenance need beyond that, the ports tell; a caller that only has the rights of one role uses only its port.
 * The client should make one attempt per call: a repeated conditional put must compare what it finds (`retrying`), which
 * the SDK's own repetition does not.
 *
 * @param prefix `''` or key segments without a slash at the ends
 */
export const s3ObjectStore = ({
  client,
  bucket,
  prefix = '',
}: {
  client: S3Client
  bucket: string
  prefix?: string
}): MaintenanceStore => {
  const base = prefix === '' ? '' : `${prefix}/`
  const address = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
  const place: BucketPlace = { client, bucket, base, address }
  const at = (key: string) => objectAt(place, key)

  const put = async (key: string, parts: readonly Uint8Array[]) => {
    checkObjectKey(key)
    // One buffer is sent as it is; several are joined, since only a whole body can be signed and checksummed ahead.
    const [only = new Uint8Array(0)] = parts
    const body = parts.length < 2 ? only : Buffer.concat(parts)
    await client.send(putObject({ ...at(key), IfNoneMatch: '*' }, body)).catch(error => {
      throw toStoreError(error, `write "${key}"`, { address, key })
    })
  }

  const stat = async (key: string): Promise<ObjectStat | undefined> => {
    checkObjectKey(key)
    try {
      const { ContentLength = 0, LastModified } = await client.send(new HeadObjectCommand(at(key)))
      return { key, size: ContentLength, modified: LastModified?.getTime() ?? 0 }
    } catch (error) {
      const own = toStoreError(error, `look up "${key}"`, { address, key })
      if (own instanceof ObjectNotFoundError) return undefined
      if (own instanceof StoreDeniedError && (await isAbsent(place, key))) return undefined
      throw own
    }
  }

  const read = async (
    key: string,
    range: ByteRange | undefined,
    { version = {}, memory }: { version?: { VersionId?: string }; memory?: Uint8Array | undefined },
  ) => {
    checkObjectKey(key)
    if (range) checkRange(range)
    // No range can name nothing: the first byte is asked for, which tells whether the object is there.
    const Range = range && rangeHeader(isEmptyRange(range) ? { offset: 0, length: 1 } : range)
    try {
      const command = new GetObjectCommand({ ...at(key), ...version, ...(Range && { Range }) })
      const reply = await client.send(command)
      const bytes = await readBody(reply, memory)
      if (range && isEmptyRange(range)) return new Uint8Array(0)
      if (reply.$metadata.httpStatusCode === 206) return bytes
      // RFC 9110, 14.2: a server may ignore the range and send all.
      const { start, end } = resolveRange(bytes.length, range)
      return bytes.subarray(start, end)
    } catch (error) {
      // 416: the object is there, and has no byte in this range.
      if ((error as { name?: unknown }).name === 'InvalidRange') return new Uint8Array(0)
      const own = toStoreError(error, `read "${key}"`, { address, key })
      if (own instanceof StoreDeniedError && (await isAbsent(place, key, version.VersionId)))
        throw new ObjectNotFoundError(key, error)
      throw own
    }
  }

  const get: ObjectStore['get'] = (key, range, memory) => read(key, range, { memory })

  const getVersion: MaintenanceStore['getVersion'] = async (key, version, range) => {
    try {
      return await read(key, range, { version: { VersionId: version } })
    } catch (error) {
      // 405: it is a delete marker; 400: no version could have such a name.
      const { status } = describeAwsError((error as { cause?: unknown }).cause)
      if (status === 405 || status === 400) throw new ObjectNotFoundError(key, error)
      throw error
    }
  }

  const page = (prefixed: string, after: string, token: string | undefined) =>
    client
      .send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefixed,
          ...(after && { StartAfter: base + after }),
          ...(token && { ContinuationToken: token }),
        }),
      )
      .catch(error => {
        throw toStoreError(error, `list "${prefixed}"`, { address })
      })

  async function* list(keyPrefix: string, { after = '' }: { after?: string } = {}) {
    let token: string | undefined
    do {
      const reply = await page(base + keyPrefix, after, token)
      for (const { Key = '', Size = 0, LastModified } of reply.Contents ?? []) {
        const key = Key.slice(base.length)
        // Other tools leave "folder" objects whose name ends with a slash.
        if (isObjectKey(key)) yield { key, size: Size, modified: LastModified?.getTime() ?? 0 }
      }
      token = reply.NextContinuationToken
    } while (token)
  }

  const locks = s3Retention(place)
  return { address, put, get, getVersion, stat, list, ...locks, ...s3Versions(place, locks) }
}
