import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  type ObjectLockRetention,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import {
  LockModeFixedError,
  LockUnsupportedError,
  ObjectNotFoundError,
  StoreDeniedError,
} from '#core/errors/store.ts'
import type { LockMode, LockSupport, RetainingStore, Retention } from '#core/ports.ts'
import { fulfils, strongerRetention } from '#core/retention.ts'
import { checkObjectKey } from '../object-key.ts'
import { isAbsent } from './absent.ts'
import { describeAwsError } from './aws-error.ts'
import { type BucketPlace, objectAt } from './bucket-place.ts'
import { toStoreError } from './store-error.ts'

const MODES: { [mode: string]: LockMode } = { GOVERNANCE: 'governance', COMPLIANCE: 'compliance' }

/** How a bucket without Object Lock, or a dialect that knows none, answers to questions about it. */
const NO_LOCKS = ['ObjectLockConfigurationNotFoundError', 'InvalidRequest', 'NotImplemented']
const knowsNoLocks = (error: unknown): boolean => {
  const { name, status } = describeAwsError(error)
  return NO_LOCKS.includes(name) || status === 501
}

const DAYS_OF_A_YEAR = 365 // as S3 counts a default retention in years
const SECOND = 1000 // ms; S3 keeps whole seconds

const toRetention = (found: ObjectLockRetention | undefined): Retention | undefined => {
  const mode = MODES[found?.Mode ?? '']
  return mode && found?.RetainUntilDate && { mode, until: found.RetainUntilDate.getTime() }
}

/** RFC 9110, 6.6.1: when the answer was made, by the clock of the server, in whole seconds. NaN without it. */
const dateOf = (response: unknown): number =>
  Date.parse((response as { headers?: { date?: string } } | undefined)?.headers?.date ?? '')

/** The part of an S3 store that locks. Asks never to bypass governance, so S3 itself refuses to shorten. */
export const s3Retention = (
  place: BucketPlace,
): Pick<RetainingStore, 'lockSupport' | 'retain' | 'retention'> => {
  const { client, bucket, address } = place

  const lockConfiguration = async () => {
    try {
      const command = new GetObjectLockConfigurationCommand({ Bucket: bucket })
      return (await client.send(command)).ObjectLockConfiguration
    } catch (error) {
      if (knowsNoLocks(error)) return undefined
      throw toStoreError(error, 'tell whether it locks objects', { address })
    }
  }

  const versioning = async (): Promise<Pick<LockSupport, 'versioning' | 'time'>> => {
    try {
      const command = new GetBucketVersioningCommand({ Bucket: bucket })
      let time = Number.NaN
      command.middlewareStack.add(
        next => async args => {
          const result = await next(args)
          time = dateOf(result.response)
          return result
        },
        { step: 'deserialize' },
      )
      const { Status } = await client.send(command)
      return { versioning: Status === 'Enabled', ...(!Number.isNaN(time) && { time }) }
    } catch (error) {
      if (describeAwsError(error).status === 501) return { versioning: false }
      throw toStoreError(error, 'tell whether it keeps versions', { address })
    }
  }

  const lockSupport = async (): Promise<LockSupport> => {
    const configuration = await lockConfiguration()
    const rule = configuration?.Rule?.DefaultRetention
    const mode = MODES[rule?.Mode ?? '']
    const days = rule?.Days ?? (rule?.Years ?? 0) * DAYS_OF_A_YEAR
    return {
      ...(await versioning()),
      objectLock: configuration?.ObjectLockEnabled === 'Enabled',
      ...(mode && { defaultRetention: { mode, days } }),
    }
  }

  const retention: RetainingStore['retention'] = async (key, version) => {
    checkObjectKey(key)
    const Version = version === undefined ? {} : { VersionId: version }
    try {
      const command = new GetObjectRetentionCommand({ ...objectAt(place, key), ...Version })
      return toRetention((await client.send(command)).Retention)
    } catch (error) {
      if (describeAwsError(error).name === 'NoSuchObjectLockConfiguration' || knowsNoLocks(error))
        return undefined
      const own = toStoreError(error, `tell the lock of "${key}"`, { address, key })
      if (own instanceof StoreDeniedError && (await isAbsent(place, key, version)))
        throw new ObjectNotFoundError(key, error)
      throw own
    }
  }

  const set = async (key: string, { mode, until }: Retention) => {
    const command = new PutObjectRetentionCommand({
      ...objectAt(place, key),
      Retention: {
        Mode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
        RetainUntilDate: new Date(until),
      },
    })
    try {
      await client.send(command)
    } catch (error) {
      if (knowsNoLocks(error))
        throw new LockUnsupportedError(address, 'the bucket has no Object Lock', error)
      throw toStoreError(error, `lock "${key}"`, { address, key })
    }
  }

  const retain: RetainingStore['retain'] = async (key, until, mode) => {
    const asked = { mode, until: Math.ceil(until / SECOND) * SECOND }
    // Some dialects shorten a lock when told a shorter one, so we never do.
    const found = await retention(key)
    if (fulfils(found, asked)) return
    try {
      await set(key, strongerRetention(found, asked))
    } catch (error) {
      // Somebody else may have set a longer one since, and to shorten that is refused.
      if (!(error instanceof StoreDeniedError)) throw error
      const now = await retention(key)
      if (fulfils(now, asked)) return
      if (now?.mode === 'governance' && mode === 'compliance')
        throw new LockModeFixedError(`The object "${key}"`, error)
      throw error
    }
  }

  return { lockSupport, retain, retention }
}
