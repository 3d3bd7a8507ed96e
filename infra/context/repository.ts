import { z } from 'zod'
import { PREFIX_LIMIT } from '#core/access/place.ts'
import { AccountId, BucketName, Days } from './parts.ts'

/** A copy of every object in the second region. */
const ReplicaContext = z.strictObject({
  bucket: BucketName,
  /** Of somebody else than the first one's owner, so that no credentials reach both; the same account unless told. */
  account: AccountId.optional(),
  /** S3 Replication Time Control: 99.99 % of the objects within 15 minutes, for some 0.015 USD a GB more. */
  timeControl: z.boolean().default(false),
  /** What is written in the second region, after a take-over, is copied to the first one too. Both buckets have to be there when it is switched on. */
  bothWays: z.boolean().default(false),
})
export type ReplicaContext = z.infer<typeof ReplicaContext>

/**
 * What packs of data may be moved to. All of these are read at once: a restore waits for no thawing, and the archive classes of S3 are not among them. Only packs
 * are moved; everything else is read in every run.
 */
const PacksContext = z
  .strictObject({
    class: z
      .enum(['standard', 'intelligent-tiering', 'standard-ia', 'glacier-instant-retrieval'])
      .default('standard'),
    afterDays: z.int().min(0).max(3_650).default(30),
  })
  .superRefine(({ class: storageClass, afterDays }, refused) => {
    if (storageClass === 'standard-ia' && afterDays < 30)
      refused.addIssue({
        code: 'custom',
        path: ['afterDays'],
        message: 'must be 30 or more for standard-ia (S3 moves nothing there earlier)',
      })
  })

export const RepositoryContext = z.strictObject({
  bucket: BucketName,
  /** The folder of the repository in its bucket; it stands in the bucket's root unless told. */
  prefix: z
    .string()
    .regex(
      /^([A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*)?$/,
      'must be names joined by slashes, without a slash at the ends',
    )
    .max(PREFIX_LIMIT)
    .default(''),
  /** What every object is locked for from its first second, whatever its policy asks for. A net below the locks of policies. */
  defaultLock: z
    .strictObject({ mode: z.enum(['governance', 'compliance']), days: Days.max(36_500) })
    .optional(),
  replica: ReplicaContext.optional(),
  packs: PacksContext.prefault({}),
  /** `s3`: keys of S3, free. `kms`: a key of this account, 1 USD a month and region. What is in it is encrypted by us in either case. */
  encryption: z.enum(['s3', 'kms']).default('s3'),
  /** Who touched which object: `server-access-logs` into a bucket beside it, `cloudtrail` (0.10 USD for 100,000 calls), or not at all. */
  accessLog: z.enum(['server-access-logs', 'cloudtrail', 'none']).default('server-access-logs'),
})
export type RepositoryContext = z.infer<typeof RepositoryContext>

export const KeysContext = z.strictObject({
  /** A KMS key for the repository's key slots, with its replica in the second region: 1 USD a month each. */
  slots: z.boolean().default(true),
})
