import type { LockPolicy } from '../contracts/points.ts'
import { bucketArn, objectsArn, PROOFS, type StoragePlace } from './place.ts'
import { type PolicyDocument, policyOf, type Statement } from './policy.ts'
import type { Purpose } from './purpose.ts'

/** Session policies have at most so many characters (AWS STS, AssumeRole, `Policy`). */
export const SESSION_POLICY_LIMIT = 2_048

/**
 * A lock may end so many days behind what the job asks for: generations add less than 20 (repository/lock/generation.ts). Nobody locks
 * a bucket for a century, which in compliance mode could never be undone.
 */
export const LOCK_SLACK_DAYS = 30

/** ARNs of keys, maybe with wildcards: which keys those are, the policy of the role says. */
export interface KeyPatterns {
  /** That open the key slots of repositories. */
  slots?: string | undefined
  /** With which S3 encrypts what is at rest. */
  storage?: string | undefined
}

export interface SessionPolicyOptions {
  purpose: Purpose
  /** Of the repository; to `compare`, of its second copy. */
  place: StoragePlace
  /** What the job asks for: without it no lock is set or extended. */
  lock?: LockPolicy | undefined
  /** With the repository whose slots may be opened, where it is known for sure. */
  kms?: (KeyPatterns & { repositoryId?: string | undefined }) | undefined
}

/**
 * What a session may do at most: it is cut with the policy of the role (infra/constructs/storage-roles.ts). Long names stand in it twice or three times
 * only, since it is short; so conditions are refusals on `*` beside one permission for the prefix.
 */
export const sessionPolicyOf = (options: SessionPolicyOptions): PolicyDocument => {
  const { purpose, place } = options
  return policyOf(
    { Effect: 'Allow', Action: OBJECT_ACTIONS[purpose](options), Resource: objectsArn(place) },
    ...listing(place, purpose === 'maintenance'),
    {
      Effect: 'Allow',
      Action: ['s3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration'],
      // Of `*`, the buckets of the repository alone, says the role.
      Resource: purpose === 'compare' ? bucketArn(place) : '*',
    },
    ...decryption(options),
    ...refusals(options),
  )
}

const READ = ['s3:GetObject', 's3:GetObjectRetention']

const OBJECT_ACTIONS: Record<Purpose, (options: SessionPolicyOptions) => readonly string[]> = {
  backup: ({ lock }) => ['s3:PutObject', ...READ, ...(lock ? ['s3:PutObjectRetention'] : [])],
  restore: () => READ,
  proof: () => ['s3:PutObject', ...READ],
  look: () => READ,
  // Packs too: where one is missing, maps that lie in others say which points need it.
  compare: () => READ,
  hold: () => [...READ, 's3:PutObjectRetention'],
  // Sets no lock: the collector leaves packs alone that are locked, and what it writes anew comes from packs without one.
  maintenance: () => ['s3:PutObject', ...READ, 's3:GetObjectVersion', 's3:DeleteObjectVersion'],
}

const listing = (place: StoragePlace, versions: boolean): Statement[] => [
  {
    Effect: 'Allow',
    Action: ['s3:ListBucket', ...(versions ? ['s3:ListBucketVersions'] : [])],
    Resource: bucketArn(place),
    ...(place.prefix !== '' && { Condition: { StringLike: { 's3:prefix': `${place.prefix}/*` } } }),
  },
]

const decryption = ({ purpose, kms }: SessionPolicyOptions): Statement[] => [
  // Whoever compares has the keys from the repository itself, and writes nothing.
  ...(kms?.slots && purpose !== 'compare'
    ? [
        {
          Effect: 'Allow' as const,
          Action: 'kms:Decrypt',
          Resource: kms.slots,
          Condition: {
            [kms.repositoryId === undefined ? 'StringLike' : 'StringEquals']: {
              'kms:EncryptionContext:xenkeep:repository': kms.repositoryId ?? '*',
            },
          },
        },
      ]
    : []),
  ...(kms?.storage
    ? [
        {
          Effect: 'Allow' as const,
          Action: ['kms:Decrypt', ...(purpose === 'compare' ? [] : ['kms:GenerateDataKey'])],
          Resource: kms.storage,
          Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
        },
      ]
    : []),
]

/** S3 user guide, "Enforce conditional writes": a put without `If-None-Match` could overwrite. */
const CREATE_ONLY: Statement = {
  Effect: 'Deny',
  Action: 's3:PutObject',
  Resource: '*',
  Condition: { Null: { 's3:if-none-match': 'true' } },
}

/** What ends as the prefix does and goes on with `proofs/`: the whole of two long names would not fit once more. */
const proofsOf = ({ partition = 'aws', prefix }: StoragePlace): string =>
  `arn:${partition}:s3:::*${prefix.slice(-PREFIX_END)}/${PROOFS}*`

const PREFIX_END = 24 // characters

const refusals = ({ purpose, place, lock }: SessionPolicyOptions): Statement[] => {
  switch (purpose) {
    case 'restore':
    case 'compare':
      return []
    case 'look':
      return [{ Effect: 'Deny', Action: 's3:GetObject', Resource: objectsArn(place, 'packs/') }]
    case 'proof':
      return [
        CREATE_ONLY,
        { Effect: 'Deny', Action: 's3:PutObject', NotResource: objectsArn(place, PROOFS) },
      ]
    case 'backup':
      return [
        CREATE_ONLY,
        { Effect: 'Deny', Action: 's3:PutObject', Resource: proofsOf(place) },
        ...(lock ? locksWithin(lock) : []),
      ]
    case 'maintenance':
      return [CREATE_ONLY]
    case 'hold':
      return lock ? [noLongerThan(lock)] : []
  }
}

/** A lock only grows (S3 sees to that without the right to bypass); here: it is not shorter, weaker or much longer than the job asks for. */
const locksWithin = ({ mode, days }: LockPolicy): Statement[] => [
  refuseLock({ NumericLessThan: { [REMAINING]: String(days) } }),
  noLongerThan({ days }),
  ...(mode === 'compliance'
    ? [refuseLock({ StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' } })]
    : []),
]

/** S3 takes it for the lock that is asked for (service authorization reference, PutObjectRetention). */
const REMAINING = 's3:object-lock-remaining-retention-days'

const refuseLock = (Condition: NonNullable<Statement['Condition']>): Statement => ({
  Effect: 'Deny',
  Action: 's3:PutObjectRetention',
  Resource: '*',
  Condition,
})

const noLongerThan = ({ days }: Pick<LockPolicy, 'days'>): Statement =>
  refuseLock({ NumericGreaterThan: { [REMAINING]: String(days + LOCK_SLACK_DAYS) } })
