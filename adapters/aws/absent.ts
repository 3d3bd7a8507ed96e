import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { type BucketPlace, objectAt } from './bucket-place.ts'

/**
 * Whether an object to which S3 answered 403 is not there. S3 says 404 only to those who may list the bucket, and a right to list one prefix (`s3:prefix`) does
 * not count: reading an object carries no prefix. Such a session lists the very name instead.
 * @returns false also where it may not list either: then it was refused
 */
export const isAbsent = async (
  place: BucketPlace,
  key: string,
  version?: string,
): Promise<boolean> => {
  const { Bucket, Key } = objectAt(place, key)
  try {
    if (version === undefined) {
      const { Contents = [] } = await place.client.send(
        new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }),
      )
      return Contents[0]?.Key !== Key
    }
    const { Versions = [] } = await place.client.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: Key }),
    )
    return !Versions.some(found => found.Key === Key && found.VersionId === version)
  } catch {
    return false
  }
}
