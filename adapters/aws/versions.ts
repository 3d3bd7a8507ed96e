import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { ObjectLockedError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectVersion, RetainingStore } from '#core/ports.ts'
import { checkObjectKey, isObjectKey } from '../object-key.ts'
import { type BucketPlace, objectAt } from './bucket-place.ts'
import { putObject } from './put-object.ts'
import { toStoreError } from './store-error.ts'

interface Listed {
  Key?: string | undefined
  VersionId?: string | undefined
  IsLatest?: boolean | undefined
  LastModified?: Date | undefined
  Size?: number | undefined
}

/** The SDK hands over versions and markers of a page in two lists, which loses their common order: newest first again. */
const inOrder = (a: ObjectVersion, b: ObjectVersion): number =>
  (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
  Number(b.latest) - Number(a.latest) ||
  b.modified - a.modified

/** When the store answered, by its own clock; the SDK keeps the answer beside its error. */
const storeTimeOf = (error: unknown): number | undefined => {
  const { $response } = (error ?? {}) as { $response?: { headers?: { date?: string } } }
  const time = Date.parse($response?.headers?.date ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** The part of an S3 store that knows older versions, and removes them. Never sends a bypass header. */
export const s3Versions = (
  place: BucketPlace,
  { retention }: Pick<RetainingStore, 'retention'>,
): Pick<MaintenanceStore, 'versions' | 'remove' | 'supersede'> => {
  const { client, bucket, base, address } = place

  const show =
    (deleteMarker: boolean) =>
    ({
      Key = '',
      VersionId = 'null',
      IsLatest,
      LastModified,
      Size = 0,
    }: Listed): ObjectVersion => ({
      key: Key.slice(base.length),
      size: deleteMarker ? 0 : Size,
      modified: LastModified?.getTime() ?? 0,
      version: VersionId,
      latest: IsLatest === true,
      deleteMarker,
    })

  const page = (prefix: string, from: { KeyMarker?: string; VersionIdMarker?: string }) =>
    client
      .send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: base + prefix, ...from }))
      .catch(error => {
        throw toStoreError(error, `list the versions of "${prefix}"`, { address })
      })

  async function* versions(prefix: string, { after = '' }: { after?: string } = {}) {
    let from: { KeyMarker?: string; VersionIdMarker?: string } =
      after === '' ? {} : { KeyMarker: base + after }
    for (;;) {
      const reply = await page(prefix, from)
      const found = [
        ...(reply.Versions ?? []).map(show(false)),
        ...(reply.DeleteMarkers ?? []).map(show(true)),
      ]
      for (const version of found.sort(inOrder)) {
        // Other tools leave "folder" objects whose name ends with a slash.
        if (isObjectKey(version.key) && version.key > after) yield version
      }
      if (!reply.IsTruncated || reply.NextKeyMarker === undefined) return
      from = {
        KeyMarker: reply.NextKeyMarker,
        ...(reply.NextVersionIdMarker && { VersionIdMarker: reply.NextVersionIdMarker }),
      }
    }
  }

  /** S3 says only AccessDenied, and others have words of their own: what the lock itself says decides. */
  const lockBehind = async (key: string, version: string, error: unknown) => {
    const found = await retention(key, version).catch(() => undefined)
    if (!found || found.until <= (storeTimeOf(error) ?? 0)) return undefined
    return new ObjectLockedError(key, found.until, error)
  }

  const remove: MaintenanceStore['remove'] = async (key, version) => {
    checkObjectKey(key)
    try {
      await client.send(new DeleteObjectCommand({ ...objectAt(place, key), VersionId: version }))
    } catch (error) {
      const own = toStoreError(error, `remove "${key}"`, { address, key })
      if (own instanceof ObjectNotFoundError) return
      if ('retryable' in own && own.retryable) throw own
      throw (await lockBehind(key, version, error)) ?? own
    }
  }

  const supersede: MaintenanceStore['supersede'] = async (key, bytes) => {
    checkObjectKey(key)
    await client.send(putObject(objectAt(place, key), bytes)).catch(error => {
      throw toStoreError(error, `write "${key}"`, { address, key })
    })
  }

  return { versions, remove, supersede }
}
