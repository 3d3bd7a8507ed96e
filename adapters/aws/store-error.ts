import { asXenkeepError } from '#core/errors/base.ts'
import { AwsRegionMissingError } from '#core/errors/settings.ts'
import {
  ObjectExistsError,
  ObjectNotFoundError,
  StoreDeniedError,
  StoreFullError,
  StoreMissingError,
  StoreUnavailableError,
  StoreUntrustedError,
} from '#core/errors/store.ts'
import { describeAwsError } from './aws-error.ts'

/** Names of S3 and of its dialects that say more than their status. */
const FULL = ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage', 'InsufficientCapacity']

/**
 * Conditional writes, 409: another put of the key is under way (S3 user guide, "conditional writes"). RequestTimeTooSkewed: the SDK
 * learns the difference of the clocks from the refusal, and the next request is right. ExpiredToken: the next one carries new credentials, where they are renewed.
 */
const RETRY = [
  'SlowDown',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ExpiredToken',
  'ConditionalRequestConflict',
  'OperationAborted',
  'ServiceUnavailable',
  'InternalError',
]

/**
 * @param what was tried, for the sentence: `write "packs/a"`
 * @param at which store and object; `key` only where its absence is an answer
 * @returns the store's own error for one of the SDK
 */
export const toStoreError = (
  error: unknown,
  what: string,
  { address, key = '' }: { address: string; key?: string },
): Error => {
  const { name, status, network, certificate, credentials, regionMissing } = describeAwsError(error)
  const where = `${what} in ${address}`
  if (regionMissing) return new AwsRegionMissingError(error)
  if (certificate) return new StoreUntrustedError(address, error)
  if (credentials) return new StoreDeniedError(where, error)
  if (name === 'NoSuchBucket') return new StoreMissingError(`bucket for ${address}`, error)
  if (status === 507 || FULL.includes(name)) return new StoreFullError(address, error)
  if (network || RETRY.includes(name)) return new StoreUnavailableError(where, error)
  if (status === 412) return new ObjectExistsError(key, error)
  if (status === 404) return new ObjectNotFoundError(key, error)
  if (status === 401 || status === 403) return new StoreDeniedError(where, error)
  if (status === 429 || status >= 500) return new StoreUnavailableError(where, error)
  return asXenkeepError(error)
}
