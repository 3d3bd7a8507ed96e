/** Characters of a prefix at most, so that each session policy fits (core/access/session-policy.ts); a test holds the two together. */
export const PREFIX_LIMIT = 200

/** Where the repository lies in S3, as policies name it. */
export interface StoragePlace {
  /** `aws`, `aws-cn`, `aws-us-gov`; `aws` unless told. */
  partition?: string
  bucket: string
  /** `''` or key segments without a slash at the ends. */
  prefix: string
}

/** @returns the parts of `s3://bucket/prefix`; `undefined` for another address, which asks for no credentials */
export const placeOf = (address: string): StoragePlace | undefined => {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/?$/.exec(address) ?? []
  return bucket === undefined ? undefined : { bucket, prefix }
}

/**
 * Beginnings of names (docs/repository-format.md, 1) that no backup or restore writes. Whoever holds the keys of the repository could state there that something
 * is garbage, or damaged, and maintenance would act on it.
 */
export const STEERING = ['gc/', 'verify/', 'lost/', 'keys/', 'repo/'] as const

/** What boot checks found out about points: written by them alone, since whoever reads it relies on it. */
export const PROOFS = 'proofs/'

export const bucketArn = ({ partition = 'aws', bucket }: StoragePlace): string =>
  `arn:${partition}:s3:::${bucket}`

/** @param below begins what stands behind the prefix: `packs/`, `''` for all of the repository */
export const objectsArn = (place: StoragePlace, below = ''): string =>
  `${bucketArn(place)}/${place.prefix === '' ? '' : `${place.prefix}/`}${below}*`
